// Engines under full load on a perfect network: what a decision costs and how long it takes.
//
// The replica host and the network are the real ones. Processing is free, nothing is lost, every
// mempool always has another request, so that every leader can always propose.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "consensus/registry.h"
#include "network/sim_network.h"
#include "testbed/replica_host.h"

namespace byzlab::testing {

/// One block's way from its proposal to everywhere.
struct Decision {
  BlockRef block;
  Time proposed;
  ReplicaId proposer;
  std::vector<Time> committed;  ///< by replica; kNever where it was not seen to
  std::uint64_t sent = 0;       ///< replica messages sent in the whole run until r0 committed it

  Duration at_proposer() const { return committed[proposer.value] - proposed; }
  Duration everywhere() const;
};

class SteadyState final : private CommitSink, private Observer {
 public:
  struct Setup {
    std::uint32_t n = 4;
    LatencyModel latency{DelayDistribution::constant(std::chrono::milliseconds{10})};
    std::optional<std::uint64_t> uplink_bits_per_second = std::nullopt;
    std::uint32_t request_bytes = 100;
  };
  SteadyState(const EngineInfo& info, const Options& options, Setup setup);
  ~SteadyState() override;

  /// Runs until r0 has committed so many blocks, or for an hour at most.
  void run_to(std::uint64_t height);
  /// What all replicas have committed so far, in the order r0 did.
  std::vector<Decision> decisions() const;
  const NetworkCounters& counters() const { return network_.counters(); }
  Time now() const { return network_.now(); }
  /// Bytes of a replica's messages that have arrived somewhere.
  std::uint64_t arrived_bytes(ReplicaId r) const { return arrived_bytes_[r.value]; }

 private:
  class Well;

  void committed(ProcessId, const Block&) override {}
  Interest interest() const override { return Interest::in<Committed, Noted, Delivered>(); }
  void on(Time now, const Event& event) override;

  EngineInfo info_;
  Committee committee_;
  Crypto crypto_;
  MessageStore store_;
  FaultInjector injector_;
  EventStream events_;
  std::vector<std::unique_ptr<Well>> wells_;
  SimNetwork<TimingWheel> network_;
  std::unique_ptr<ReplicaHost> host_;

  std::map<Digest, Decision> by_digest_;
  std::vector<Digest> order_;  // as r0 commits
  std::vector<std::uint64_t> arrived_bytes_;
};

}  // namespace byzlab::testing
