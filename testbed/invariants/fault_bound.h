// What the fault model says of a violation: INSIDE the bound is a bug, BEYOND it was to be
// expected.
//
// Safety is promised while the faulty power is within the engine's bound, and by a synchronous
// engine only while messages arrive in time. Liveness is promised after GST, while a quorum of
// honest replicas is up and connected and messages are not lost.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "testbed/invariants/fault_windows.h"
#include "testbed/judge.h"

namespace byzlab {

class FaultBound {
 public:
  FaultBound(const Case& run, const FaultWindows& windows);

  void on(Time now, const ReplicaState& state);
  /// Notes how much is waiting to leave; asked now and then.
  void look_at_uplinks(Time now);
  void on(Time now, const FaultChanged& event);
  /// A replica that was honest turned Byzantine.
  void turned(Time now, ReplicaId r);

  struct Opinion {
    Bound bound;
    std::string text;  ///< "BEYOND THE BOUND. Expected of …"
  };
  Opinion on_safety(Time at) const;
  /// Of commits that did not come between the two.
  Opinion on_liveness(Time from, Time to);

  /// Who can talk with whom, from `since` on.
  struct Reach {
    Time since;
    Power best_honest = 0;            ///< up, honest, on the best side
    Power best = 0;                   ///< up, on the side with the most power
    std::uint32_t best_replicas = 0;  ///< how many those are
    std::uint32_t sides = 1;          ///< sides with somebody up
    std::uint32_t up = 0;
  };
  const Reach& reach_at(Time t);
  std::uint32_t up(Time now) { return reach_at(now).up; }
  bool is_up(ReplicaId r) const { return !down_[r.value]; }

  Power faulty_power() const { return faulty_power_; }
  Power allowed() const { return allowed_; }
  double faulty_share() const;
  double allowed_share() const;
  bool exceeded() const { return faulty_power_ > allowed_; }
  /// f and the quorum in replicas of mean power.
  std::uint64_t f() const {
    return in_replicas(run_.engine->fault_bound(run_.committee->total_power()));
  }
  std::uint64_t quorum() const;
  /// "2 Byzantine of f = 1 allowed"
  std::string bound_text() const;
  /// "no side has 5 replicas", or empty when one has.
  std::string why_stalled(Time t);

 private:
  std::uint64_t in_replicas(Power p) const;
  bool equal_power() const { return equal_power_; }
  /// Miners ask nobody: whatever part of the power is left makes progress, only slower.
  bool has_quorums() const { return run_.engine->fault_model != FaultModel::hash_power; }
  std::string comparison() const;
  std::string asynchrony_before(Time at) const;
  std::string probability_text() const;
  std::string loss_between(Time from, Time to) const;
  std::string backlog_between(Time from, Time to) const;
  void settle();

  const Case& run_;
  const FaultWindows& windows_;
  std::vector<bool> byzantine_;  // by replica
  std::vector<bool> down_;       // by replica: crashed or paused
  std::vector<bool> wiped_;      // by replica: lost its disk, which counts as a fault
  /// The side of each replica in the partitions and isolations active now, by timeline entry.
  std::vector<std::pair<std::uint32_t, std::vector<std::uint32_t>>> divisions_;
  std::vector<Reach> reach_;
  std::optional<Time> unsettled_;
  /// The longest queue of an honest uplink when somebody looked, where it matters.
  struct Backlog {
    Time at;
    Duration wait;  ///< until what is sent then begins to leave
    ReplicaId replica;
  };
  std::vector<Backlog> backlogs_;
  Power faulty_power_ = 0;
  Power allowed_ = 0;
  bool equal_power_ = true;
};

}  // namespace byzlab
