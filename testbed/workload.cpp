#include "testbed/workload.h"

#include <algorithm>

namespace byzlab {

/// One process's mempool: the requests of the table that are visible here and not in its log.
class Workload::View final : public Mempool {
 public:
  View(Workload& workload, ProcessId p)
      : workload_(workload), process_(p), replica_(workload.replica_of_[p.value]) {}

  bool pending() override {
    workload_.catch_up();
    if (rewrites_ != workload_.ledger_.rewrites(process_)) {
      rewrites_ = workload_.ledger_.rewrites(process_);
      first_ = RequestId(0);  // what a reorganisation took back is pending again
    }
    for (; first_.value < workload_.requests_.size(); ++first_) {
      if (workload_.ledger_.committed(process_, first_)) continue;
      // Later ones may have come sooner, by a shorter way.
      for (RequestId id = first_; id.value < workload_.requests_.size(); ++id) {
        if (workload_.requests_[id].submitted > workload_.now()) return false;
        if (visible(id) && !workload_.ledger_.committed(process_, id)) return true;
      }
      return false;
    }
    return false;
  }

  std::vector<Request> batch(BatchLimit limit, std::span<const BlockRef> in_flight) override {
    std::vector<Request> result;
    if (!pending()) return result;
    mark(in_flight);
    std::uint64_t bytes = 0;
    for (RequestId id = first_; id.value < workload_.requests_.size(); ++id) {
      const auto& row = workload_.requests_[id];
      if (result.size() >= limit.requests || row.submitted > workload_.now()) break;
      if (marked(id) || !visible(id) || workload_.ledger_.committed(process_, id)) continue;
      bytes += Request::kHeaderBytes + row.request.bytes;
      if (bytes > limit.bytes) break;
      result.push_back(row.request);
    }
    return result;
  }

 private:
  bool visible(RequestId id) const { return workload_.visible_at(id, replica_) <= workload_.now(); }
  // Requests in flight carry the current stamp, so that marks need no clearing.
  void mark(std::span<const BlockRef> in_flight) {
    ++stamp_;
    if (in_flight.empty()) return;
    stamps_.resize(workload_.requests_.size(), 0);
    for (const BlockRef& block : in_flight) {
      for (const Request& r : block->requests) {
        if (r.id.value < stamps_.size()) stamps_[r.id.value] = stamp_;
      }
    }
  }
  bool marked(RequestId id) const {
    return id.value < stamps_.size() && stamps_[id.value] == stamp_;
  }

  Workload& workload_;
  ProcessId process_;
  ReplicaId replica_;
  RequestId first_;  // all before it are committed here
  std::uint32_t rewrites_ = 0;
  std::uint32_t stamp_ = 0;
  std::vector<std::uint32_t> stamps_;  // by request id
};

/// Who has committed a block, and when: its replies.
struct Workload::Replies {
  BlockRef block;
  std::vector<Time> committed;  // by replica; kNever before it has
  std::uint32_t count = 0;
  bool settled = false;
};

Workload::Workload(Parts parts)
    : description_(*parts.description),
      committee_(*parts.committee),
      crypto_(*parts.crypto),
      latency_(*parts.latency),
      ledger_(*parts.ledger),
      requests_(*parts.requests),
      network_(*parts.network),
      events_(*parts.events),
      announce_(std::move(parts.announce)),
      replica_of_(std::move(parts.replica_of)),
      honest_(std::move(parts.honest)),
      honest_count_(static_cast<std::uint32_t>(std::ranges::count(honest_, true))),
      needed_(1),
      by_confirmation_(parts.by_confirmation),
      end_(parts.end),
      seed_(parts.seed),
      arrivals_(mix(parts.seed, 0xA441)) {
  if (!by_confirmation_) {
    // f+1 replies of equal power; with unequal powers, as many as the mean power makes of the
    // bound.
    needed_ = static_cast<std::uint32_t>(committee_.fault_bound() * committee_.n() /
                                         committee_.total_power()) +
              1;
    needed_ = std::max(1u, std::min(needed_, honest_count_));
  }
  for (std::uint32_t p = 0; p < replica_of_.size(); ++p) {
    views_.push_back(std::make_unique<View>(*this, ProcessId(p)));
  }
}

Workload::~Workload() = default;

Mempool& Workload::mempool(ProcessId p) { return *views_[p.value]; }

// Everything submitted, but what is committed, and of the rest what is still on its way.
std::uint64_t Workload::waiting(ProcessId p) const {
  std::uint64_t count = requests_.size() - ledger_.committed_requests(p);
  for (std::uint64_t k = requests_.size(); k-- > 0;) {
    const RequestId id(k);
    if (requests_[id].submitted + latency_.largest() <= now()) break;
    const bool under_way = visible_at(id, replica_of_[p.value]) > now();
    if (under_way && !ledger_.committed(p, id)) --count;
  }
  return count;
}

void Workload::start() {
  if (description_.clients == 0) return;
  if (description_.mode == scenario::LoopMode::closed) {
    for (std::uint32_t k = 0; k < description_.in_flight; ++k) {
      for (std::uint32_t c = 0; c < description_.clients; ++c) submit(ClientId(c), now());
    }
    return;
  }
  if (description_.rate <= 0) return;
  // Whole nanoseconds do for gaps of 100 µs and more; shorter ones would come out noticeably short.
  const double gap = 1e9 / description_.rate;
  if (gap < 1e5) fraction_bits_ = 20;
  mean_gap_ = static_cast<std::uint64_t>(gap * static_cast<double>(1u << fraction_bits_));
  next_arrival_ = after_gap(now());
  if (announce_) plan_next();
}

Time Workload::after_gap(Time t) {
  const Duration mean{static_cast<std::int64_t>(mean_gap_)};
  const Duration gap =
      description_.arrivals == scenario::Arrivals::constant ? mean : arrivals_.exponential(mean);
  const std::uint64_t all = fraction_ + static_cast<std::uint64_t>(gap.count());
  fraction_ = all & ((std::uint64_t{1} << fraction_bits_) - 1);
  return later(t, Duration{static_cast<std::int64_t>(all >> fraction_bits_)});
}

void Workload::plan_next() {
  if (next_arrival_ > end_) return;
  network_.at(next_arrival_, [this] {
    submit(ClientId(static_cast<std::uint32_t>(next_client_++ % description_.clients)), now());
    next_arrival_ = after_gap(next_arrival_);
    plan_next();
  });
}

void Workload::catch_up() {
  if (announce_) return;
  while (next_arrival_ <= now() && next_arrival_ <= end_) {
    submit(ClientId(static_cast<std::uint32_t>(next_client_++ % description_.clients)),
           next_arrival_);
    next_arrival_ = after_gap(next_arrival_);
  }
}

void Workload::submit(ClientId client, Time at) {
  if (at > end_) return;
  Request request{.id = requests_.next_id(),
                  .client = client,
                  .bytes = static_cast<std::uint32_t>(description_.tx_size)};
  request.auth = crypto_.authenticate(request);
  requests_.add(request, at);
  events_.emit(now(), RequestSubmitted{.id = request.id, .client = client});
  watch_deadlines();
  if (!announce_) return;
  for (std::uint32_t p = 0; p < replica_of_.size(); ++p) {
    announce_(ProcessId(p), visible_at(request.id, replica_of_[p]));
  }
}

Duration Workload::distance(ClientId client, ReplicaId replica, std::uint64_t key) const {
  const ReplicaId home = site(client);
  if (home == replica) return Duration{0};
  return latency_.sample(ProcessId(home.value), ProcessId(replica.value), mix(seed_ ^ key));
}

Time Workload::visible_at(RequestId id, ReplicaId replica) const {
  const auto& row = requests_[id];
  return row.submitted + distance(row.request.client, replica, 2 * id.value);
}

void Workload::committed(ProcessId process, const Block& block) {
  const ReplicaId r = replica_of_[process.value];
  if (process.value >= committee_.n() || !honest_[r.value] || block.requests.empty()) return;
  auto found = by_block_.find(block.digest);
  if (found == by_block_.end()) {
    replies_.push_back(Replies{BlockRef(&block), std::vector<Time>(committee_.n(), kNever)});
    found = by_block_.emplace(block.digest, &replies_.back()).first;
  }
  Replies& replies = *found->second;
  if (replies.settled || replies.committed[r.value] != kNever) return;
  replies.committed[r.value] = now();
  ++replies.count;
  if (by_confirmation_) {
    if (replies.count == honest_count_) settle(replies, now());
  } else if (replies.count >= needed_) {
    plan_completion(replies);
  }
  while (!replies_.empty() && replies_.front().settled) {
    if (replies_.front().count < honest_count_ && replies_.size() < 1024) break;
    by_block_.erase(replies_.front().block->digest);
    replies_.pop_front();
  }
}

// In an open loop one look at the block when its last request is sure to be done is enough; a
// closed loop submits the next request at the very moment, and a later reply may still be a sooner
// one.
void Workload::plan_completion(Replies& replies) {
  const bool closed = description_.mode == scenario::LoopMode::closed;
  if (!closed && replies.count > needed_) return;
  Time last = kStart;
  for (const Request& request : replies.block->requests) {
    if (!requests_.submitted(request)) continue;
    const Time at = accepted_at(replies, request);
    last = std::max(last, at);
    if (closed && !(request.id.value < done_.size() && done_[request.id.value])) {
      network_.at(at, [this, request] { complete(request, now()); });
    }
  }
  if (closed) {
    replies.settled = replies.count == honest_count_;
  } else if (last != kStart) {
    const Digest digest = replies.block->digest;
    network_.at(last, [this, digest] {
      const auto found = by_block_.find(digest);
      if (found != by_block_.end()) settle(*found->second, now());
    });
  }
}

void Workload::settle(Replies& replies, Time upto) {
  if (replies.settled) return;
  replies.settled = true;
  for (const Request& request : replies.block->requests) {
    if (!requests_.submitted(request)) continue;
    const Time at = accepted_at(replies, request);
    if (at <= upto) complete(request, at);
  }
}

// When the client has `needed_` replies: the needed_-th smallest of commit time plus the way back.
Time Workload::accepted_at(const Replies& replies, const Request& request) const {
  if (by_confirmation_) return replies.committed[site(request.client).value];
  boost::container::small_vector<Time, 64> arrivals;
  for (std::uint32_t r = 0; r < replies.committed.size(); ++r) {
    if (replies.committed[r] == kNever) continue;
    arrivals.push_back(replies.committed[r] +
                       distance(request.client, ReplicaId(r), 2 * request.id.value + 1));
  }
  if (arrivals.size() < needed_) return kNever;
  std::nth_element(arrivals.begin(), arrivals.begin() + (needed_ - 1), arrivals.end());
  return arrivals[needed_ - 1];
}

void Workload::complete(const Request& request, Time at) {
  if (request.id.value >= done_.size()) done_.resize(requests_.size(), false);
  if (done_[request.id.value]) return;
  if (description_.timeout > Duration{0} && at > deadline(request.id)) {
    expire(request);
    return;
  }
  done_[request.id.value] = true;
  events_.emit(now(), RequestCompleted{.id = request.id,
                                       .client = request.client,
                                       .latency = at - requests_[request.id].submitted});
  if (description_.mode == scenario::LoopMode::closed) submit(request.client, at);
}

// Requests are in the order of their submission, so their deadlines are, too: one task looks at the
// next of them.
void Workload::watch_deadlines() {
  if (description_.timeout <= Duration{0} || watching_ || waits_.value >= requests_.size()) return;
  watching_ = true;
  network_.at(std::max(deadline(waits_), now()), [this] {
    watching_ = false;
    expire_due();
    watch_deadlines();
  });
}

void Workload::expire_due() {
  for (; waits_.value < requests_.size() && deadline(waits_) <= now(); ++waits_) {
    if (is_done(waits_) || answered(waits_)) continue;
    expire(requests_[waits_].request);
  }
}

void Workload::expire(const Request& request) {
  if (request.id.value >= done_.size()) done_.resize(requests_.size(), false);
  done_[request.id.value] = true;
  events_.emit(now(), RequestExpired{.id = request.id, .client = request.client});
  if (description_.mode == scenario::LoopMode::closed) submit(request.client, now());
}

/// In time, in a block that nobody has looked at since.
bool Workload::answered(RequestId id) const {
  for (const Replies& replies : replies_) {
    if (replies.settled) continue;
    for (const Request& request : replies.block->requests) {
      if (request.id == id && accepted_at(replies, request) <= deadline(id)) return true;
    }
  }
  return false;
}

void Workload::finish() {
  catch_up();
  for (Replies& replies : replies_) {
    if (replies.count >= needed_) settle(replies, now());
  }
}

}  // namespace byzlab
