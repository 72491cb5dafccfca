// The clients: they submit requests, and know when one is done.
//
// Client c sits at the site of replica c mod n. Its request reaches every replica's mempool after
// that site's latency (its own at once); clients are outside the faults and their traffic is not
// counted. A request is done when f+1 honest replicas' replies have reached the client, or, where
// finality is a matter of confirmations, when its own site has committed it. With
// `workload.timeout` a client gives up by itself; what is committed after that is no success of
// its.
#pragma once

#include <deque>
#include <functional>
#include <unordered_map>
#include <vector>

#include "base/crypto.h"
#include "consensus/committee.h"
#include "consensus/mempool.h"
#include "network/latency.h"
#include "network/transport.h"
#include "testbed/event_stream.h"
#include "testbed/ledger.h"
#include "testbed/request_table.h"
#include "testbed/scenario/scenario.h"

namespace byzlab {

class Workload {
 public:
  struct Parts {
    const scenario::Workload* description = nullptr;
    const Committee* committee = nullptr;
    const Crypto* crypto = nullptr;
    const LatencyModel* latency = nullptr;
    const Ledger* ledger = nullptr;
    RequestTable* requests = nullptr;
    Network* network = nullptr;
    EventStream* events = nullptr;
    /// Tells a process that a request reaches its mempool then. Null when the engine pulls requests
    /// as it proposes: arrivals then cost no events.
    std::function<void(ProcessId, Time)> announce;
    std::vector<ReplicaId> replica_of;  ///< by process
    std::vector<bool> honest;           ///< by replica
    bool by_confirmation = false;       ///< a request is done when the client's own site commits it
    Time end = kNever;                  ///< nothing is submitted after it
    std::uint64_t seed = 0;
  };
  explicit Workload(Parts parts);
  ~Workload();

  void start();
  /// A process committed a block: replies go out.
  void committed(ProcessId process, const Block& block);
  /// Brings submissions that nobody had to be told of up to now.
  void catch_up();
  /// Settles what can be settled at the end of the run.
  void finish();
  Mempool& mempool(ProcessId p);
  /// Requests in that mempool: they have reached the process, and its log does not hold them.
  std::uint64_t waiting(ProcessId p) const;

 private:
  class View;
  struct Replies;

  Time now() const { return network_.now(); }
  ReplicaId site(ClientId c) const { return ReplicaId(c.value % committee_.n()); }
  /// How long a request, or a reply, is on its way between a client's site and a replica.
  Duration distance(ClientId client, ReplicaId replica, std::uint64_t key) const;
  Time visible_at(RequestId id, ReplicaId replica) const;
  void submit(ClientId client, Time at);
  void plan_next();
  Time after_gap(Time t);
  void settle(Replies& replies, Time upto);
  void complete(const Request& request, Time at);
  // Clients that wait no longer; nothing happens without a timeout.
  Time deadline(RequestId id) const { return requests_[id].submitted + description_.timeout; }
  void watch_deadlines();
  void expire_due();
  void expire(const Request& request);
  bool is_done(RequestId id) const { return id.value < done_.size() && done_[id.value]; }
  bool answered(RequestId id) const;
  Time accepted_at(const Replies& replies, const Request& request) const;
  void plan_completion(Replies& replies);

  const scenario::Workload description_;
  const Committee& committee_;
  const Crypto& crypto_;
  const LatencyModel& latency_;
  const Ledger& ledger_;
  RequestTable& requests_;
  Network& network_;
  EventStream& events_;
  std::function<void(ProcessId, Time)> announce_;
  std::vector<ReplicaId> replica_of_;
  std::vector<bool> honest_;
  std::uint32_t honest_count_;
  std::uint32_t needed_;  // replies that make a request done
  bool by_confirmation_;
  Time end_;
  std::uint64_t seed_;
  Rng arrivals_;
  Time next_arrival_ = kNever;
  // Gaps between arrivals are counted in 2^-fraction_bits_ ns.
  unsigned fraction_bits_ = 0;
  std::uint64_t mean_gap_ = 0;
  std::uint64_t fraction_ = 0;  // of a nanosecond, past next_arrival_
  std::uint64_t next_client_ = 0;
  std::vector<bool> done_;  // by request id: accepted, or given up
  RequestId waits_;         // all before it are done, or past their deadline
  bool watching_ = false;   // a look at its deadline is planned

  std::vector<std::unique_ptr<View>> views_;
  std::deque<Replies> replies_;                    // blocks whose requests wait for replies
  std::unordered_map<Digest, Replies*> by_block_;  // lookup only
};

}  // namespace byzlab
