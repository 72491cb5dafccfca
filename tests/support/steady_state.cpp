#include "tests/support/steady_state.h"

#include <algorithm>

namespace byzlab::testing {

Duration Decision::everywhere() const { return *std::ranges::max_element(committed) - proposed; }

/// A request whenever one is asked for. Replica i's are numbered i, i + n, i + 2n, …
class SteadyState::Well final : public Mempool {
 public:
  Well(const Crypto& crypto, std::uint32_t i, std::uint32_t n)
      : crypto_(crypto), next_(i), step_(n) {}
  bool pending() override { return true; }
  std::vector<Request> batch(BatchLimit, std::span<const BlockRef>) override {
    Request r{.id = RequestId(next_), .client = ClientId(0), .bytes = 100};
    next_ += step_;
    r.auth = crypto_.authenticate(r);
    return {r};
  }

 private:
  const Crypto& crypto_;
  std::uint64_t next_;
  std::uint64_t step_;
};

SteadyState::SteadyState(const EngineInfo& info, std::uint32_t n, const Options& options,
                         LatencyModel latency, std::optional<std::uint64_t> uplink)
    : info_(info),
      committee_(Committee(n).with(info.fault_bound(n), info.quorum(n))),
      crypto_(Crypto::Scheme::modelled, 1, n),
      store_(info_.messages),
      injector_(info_.messages, 1),
      network_(SimNetworkParts{.store = &store_,
                               .injector = &injector_,
                               .latency = std::move(latency),
                               .overlay = Overlay::full(n),
                               .uplinks = Uplinks(n, uplink),
                               .seed = 1}),
      sent_bytes_(n) {
  std::vector<ReplicaId> replica_of;
  for (std::uint32_t i = 0; i < n; ++i) {
    replica_of.push_back(ReplicaId(i));
    wells_.push_back(std::make_unique<Well>(crypto_, i, n));
  }
  events_.add(*this);
  host_ = std::make_unique<ReplicaHost>(
      ReplicaHost::Parts{.committee = &committee_,
                         .crypto = &crypto_,
                         .store = &store_,
                         .network = &network_,
                         .events = &events_,
                         .commits = this,
                         .replica_of = std::move(replica_of),
                         .make_engine = [this, options](ProcessId) { return info_.make(options); },
                         .mempool = [this](ProcessId p) -> Mempool& { return *wells_[p.value]; },
                         .costs = {},
                         .seed = 1});
  host_->start();
  for (std::uint32_t i = 0; i < n; ++i) host_->request_arrives(ProcessId(i), kStart);
}

SteadyState::~SteadyState() = default;

void SteadyState::run_to(std::uint64_t height) {
  while (order_.size() < height && network_.now() < kStart + std::chrono::hours{1}) {
    network_.run_until(network_.now() + std::chrono::milliseconds{100}, *host_);
  }
}

void SteadyState::on(Time now, const Event& event) {
  if (const auto* noted = std::get_if<Noted>(&event)) {
    if (noted->milestone != Milestone::proposed) return;
    auto [at, fresh] = by_digest_.try_emplace(noted->subject);
    if (!fresh) return;
    at->second.proposed = now;
    at->second.proposer = noted->replica;
    at->second.committed.assign(committee_.n(), kNever);
    return;
  }
  const auto& c = std::get<Committed>(event);
  const auto at = by_digest_.find(c.block->digest);
  if (at == by_digest_.end()) return;  // nobody proposed it: a new leader's empty entry
  at->second.committed[c.replica.value] = now;
  if (c.replica != ReplicaId(0)) return;
  at->second.block = BlockRef(c.block);
  for (const KindCounters& kind : counters().kind) at->second.sent += kind.sent;
  order_.push_back(c.block->digest);
}

std::vector<Decision> SteadyState::decisions() const {
  std::vector<Decision> result;
  for (const Digest& digest : order_) {
    const Decision& d = by_digest_.at(digest);
    if (std::ranges::find(d.committed, kNever) == d.committed.end()) result.push_back(d);
  }
  return result;
}

}  // namespace byzlab::testing
