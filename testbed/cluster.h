// The cluster: everything a scenario describes, put together and ready to run.
//
// This is the composition root. It resolves names through the registries, lays out the processes
// (replica i is process i, twins come behind), and connects clients, hosts, network, faults and the
// event stream. It does not judge: listen() to it.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "consensus/registry.h"
#include "faults/adversary.h"
#include "faults/twins.h"
#include "network/latency.h"
#include "network/link.h"
#include "network/transport.h"
#include "testbed/event_stream.h"
#include "testbed/ledger.h"
#include "testbed/overlay_links.h"
#include "testbed/replica_host.h"
#include "testbed/request_table.h"
#include "testbed/run.h"
#include "testbed/timeline.h"
#include "testbed/workload.h"

namespace byzlab {

class Cluster final : private CommitSink {
 public:
  /// The scenario must outlive the cluster. Throws std::runtime_error with a message for the user
  /// when something in it is not to be had here.
  Cluster(const scenario::Scenario& scenario, const RunOptions& options);
  ~Cluster() override;
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  /// Before start().
  void listen(Observer& observer) { events_.add(observer); }
  /// Engines, clients and timeline begin at time 0.
  void start();
  void run_until(Time end) { network_->run_until(end, *host_); }
  /// Settles what clients still wait for.
  void finish() { workload_->finish(); }

  const EngineInfo& engine() const { return engine_; }
  const Committee& committee() const { return committee_; }
  const Crypto& crypto() const { return crypto_; }
  const Ledger& ledger() const { return ledger_; }
  const RequestTable& requests() const { return requests_; }
  const std::vector<ReplicaId>& replica_of() const { return replica_of_; }
  const std::vector<ReplicaId>& byzantine() const { return byzantine_; }
  /// Who has a link with whom; empty: everybody with everybody.
  ReplicaLinks links() const;
  Network& network() { return *network_; }
  ReplicaHost& host() { return *host_; }
  const Timeline& timeline() const { return *timeline_; }
  Workload& workload() { return *workload_; }
  /// The message path so far: what the network counted and what the hosts refused.
  NetworkCounters counters() const;
  /// What the adversary's behaviors have done so far, in their order; of twins, see the judge. And
  /// what the `become` of timeline entry i has done.
  std::vector<BehaviorResult> behaviors() const;
  std::uint64_t deeds_of_entry(std::size_t i) const;
  /// Deliveries, wake-ups and tasks handled so far.
  std::uint64_t events() const { return network_->events(); }

 private:
  void committed(ProcessId process, const Block& block) override;
  std::unique_ptr<Engine> make_engine(ProcessId p) const;
  std::unique_ptr<Engine> wrap(ProcessId p, std::unique_ptr<Engine> inner) const;
  Overlay overlay() const;
  void make_network(const RunOptions& options);
  std::vector<ReplicaId> lay_out_processes();
  Mempool& mempool(ProcessId p);
  bool is_byzantine(ReplicaId r) const;
  /// It is honest, and a `become` may turn it.
  bool may_turn(ReplicaId r) const { return may_turn_[r.value]; }
  void turn(ReplicaId r);
  /// The protocol's options as this process has them.
  Options own_options(ProcessId p) const;
  bool is_member(ReplicaId r) const;
  void check_kinds(const scenario::Behavior& behavior) const;
  std::uint64_t* deeds(ReplicaId r, std::size_t place) const;
  bool misbehave(ProcessId p, std::size_t entry, bool active);

  const scenario::Scenario& scenario_;
  const EngineInfo& engine_;
  std::uint64_t seed_;
  Committee committee_;
  Crypto crypto_;
  MessageTable messages_;
  MessageStore store_;
  RequestTable requests_;
  FaultInjector injector_;
  EventStream events_;
  std::vector<ReplicaId> byzantine_;  // named so, or turned so by now
  std::vector<bool> may_turn_;        // by replica
  ReplicaSet members_;                // of adversary.members; byzantine_ also has who becomes so
  Adversary adversary_;
  std::optional<TwinsPlan> twins_;
  std::unique_ptr<AudienceRule> audiences_;
  std::vector<std::unique_ptr<TwinMempool>> twin_mempools_;  // by process - n
  std::vector<ReplicaId> replica_of_;                        // by process
  // By replica, empty of those that are always honest: of adversary.behaviors, then of the
  // timeline.
  mutable std::vector<std::vector<std::uint64_t>> deeds_;
  std::vector<bool> become_active_;  // by timeline entry and replica
  Ledger ledger_;
  LatencyModel latency_;
  std::unique_ptr<Network> network_;
  std::unique_ptr<Workload> workload_;
  std::unique_ptr<ReplicaHost> host_;
  std::unique_ptr<Timeline> timeline_;
  Height highest_;
};

}  // namespace byzlab
