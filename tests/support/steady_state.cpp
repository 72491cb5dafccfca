#include "tests/support/steady_state.h"

#include <algorithm>

namespace byzlab::testing {

Duration Decision::everywhere() const { return *std::ranges::max_element(committed) - proposed; }

/// A request whenever one is asked for. Replica i's are numbered i, i + n, i + 2n, …
class SteadyState::Well final : public Mempool {
 public:
  Well(const Crypto& crypto, std::uint32_t i, const Setup& setup)
      : crypto_(crypto), next_(i), step_(setup.n), bytes_(setup.request_bytes) {}
  bool pending() override { return true; }
  std::vector<Request> batch(BatchLimit, std::span<const BlockRef>) override {
    Request r{.id = RequestId(next_), .client = ClientId(0), .bytes = bytes_};
    next_ += step_;
    r.auth = crypto_.authenticate(r);
    return {r};
  }

 private:
  const Crypto& crypto_;
  std::uint64_t next_;
  std::uint64_t step_;
  std::uint32_t bytes_;
};

SteadyState::SteadyState(const EngineInfo& info, const Options& options, Setup setup)
    : info_(info),
      committee_(Committee(setup.n).with(info.fault_bound(setup.n), info.quorum(setup.n))),
      crypto_(Crypto::Scheme::modelled, 1, setup.n),
      store_(info_.messages),
      injector_(info_.messages, 1),
      network_(SimNetworkParts{.store = &store_,
                               .injector = &injector_,
                               .latency = std::move(setup.latency),
                               .overlay = Overlay::full(setup.n),
                               .uplinks = Uplinks(setup.n, setup.uplink_bits_per_second),
                               .seed = 1}),
      arrived_bytes_(setup.n) {
  std::vector<ReplicaId> replica_of;
  for (std::uint32_t i = 0; i < setup.n; ++i) {
    replica_of.push_back(ReplicaId(i));
    wells_.push_back(std::make_unique<Well>(crypto_, i, setup));
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
  for (std::uint32_t i = 0; i < setup.n; ++i) host_->request_arrives(ProcessId(i), kStart);
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
  if (const auto* arrived = std::get_if<Delivered>(&event)) {
    arrived_bytes_[arrived->message->from().value] += arrived->message->bytes();
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
