// What the fault model says of a violation: INSIDE the bound is a bug, BEYOND it was to be
// expected.
//
// Liveness is promised after GST, while the faulty power is within the engine's bound
// (faulty_power.h says what it is at a moment) and the rest holds a quorum, connected. Safety is
// promised while those who lie or have lost their disk are within it; that somebody is down or cut
// off excuses nothing, but for a synchronous engine, which is safe only while messages arrive in
// time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "testbed/invariants/fault_history.h"
#include "testbed/invariants/fault_windows.h"
#include "testbed/invariants/reversal.h"
#include "testbed/judge.h"
#include "testbed/link_delays.h"

namespace byzlab {

class FaultBound {
 public:
  FaultBound(const Case& run, const FaultWindows& windows);

  void on(Time now, const ReplicaState& state) { history_.on(now, state); }
  void on(Time now, const FaultChanged& event) { history_.on(now, event); }
  /// Notes how much is waiting to leave; asked now and then.
  void look_at_uplinks(Time now);

  struct Opinion {
    Bound bound;
    std::string text;  ///< "BEYOND THE BOUND. Expected of …"
  };
  /// What a broken safety was, where finality is a matter of depth: see Violation.
  Opinion on_safety(Time at, const Reversal& reversal = {}) const;
  /// Of commits that did not come between the two.
  Opinion on_liveness(Time from, Time to) const;
  /// Of honest replicas that are behind the others although those went on.
  Opinion on_lag(const std::vector<ReplicaId>& behind, Time from, Time to) const;

  /// Who can talk with whom, as far as links carry anything at all.
  struct Reach {
    std::uint32_t best_replicas = 0;  ///< up, on the side with the most power
    Power best = 0;
    std::uint32_t sides = 1;  ///< sides with somebody up
    std::uint32_t up = 0;
  };
  const Reach& reach_now();
  std::uint32_t up() { return reach_now().up; }
  bool is_up(ReplicaId r) const { return !history_.now().down[r.value]; }
  /// By replica: so far.
  const std::vector<bool>& lost_disk() const { return history_.diskless(); }

  Power allowed() const { return allowed_; }
  double faulty_share() const;
  double allowed_share() const;
  bool exceeded() const { return lying_power(kNever) > allowed_; }
  /// f and the quorum in replicas of mean power.
  std::uint64_t f() const { return in_replicas(survives()); }
  std::uint64_t quorum() const;
  /// "2 Byzantine of f = 1 allowed"
  std::string bound_text() const;
  /// "no side has 5 replicas", or empty when one has.
  std::string why_stalled(Time t) const;

 private:
  enum class Links : std::uint8_t { cut, impaired, late };  ///< each with those before

  std::uint64_t in_replicas(Power p) const;
  bool equal_power() const { return equal_power_; }
  bool crash_model() const { return run_.engine->fault_model == FaultModel::crash; }
  /// Miners ask nobody: whatever part of the power is left makes progress, only slower.
  bool has_quorums() const { return run_.engine->fault_model != FaultModel::hash_power; }
  /// The faulty power of any kind with which progress is promised.
  Power survives() const { return run_.engine->fault_bound(run_.committee->total_power()); }
  /// Of those who lied or lost their disk up to then.
  Power lying_power(Time t) const;
  bool is_lying(Time t) const;

  Wiring wiring(const FaultState& state, Links which) const;
  bool impairs(const FaultState& state, std::uint32_t from, std::uint32_t to, Links which) const;
  Reach reach(const FaultState& state) const;
  Opinion judge(const FaultState& state, Time since, Power& most) const;

  // Finality by depth.
  Opinion on_luck(Time at, const Reversal& reversal) const;
  double chance_of(const Reversal& reversal, std::uint64_t depth) const;
  std::uint64_t undisturbed(const Reversal& reversal, std::uint64_t depth,
                            const Spans& disturbed) const;
  Spans disturbances(Time until) const;
  bool disturbs(std::uint32_t link_fault) const;
  double mining_share() const;
  std::string gap_by_chance(Time from, Time to) const;
  std::string absent_until(Time at) const;
  std::string asynchrony_before(Time at, const Reversal& reversal) const;

  // Words.
  std::string amount(Power p) const;
  std::string limit_text(Power limit) const;
  std::string who_text(const FaultState& state, const FaultyPower& power) const;
  std::string time_text(const FaultState& state) const;
  std::string comparison(Time at) const;
  std::string backlog_between(Time from, Time to) const;

  const Case& run_;
  const FaultWindows& windows_;
  FaultHistory history_;
  LinkDelays delays_;
  std::optional<Reach> reach_;
  std::size_t reach_of_ = 0;  // changes when reach_ was found
  /// The longest queue of an honest uplink when somebody looked, where it matters.
  struct Backlog {
    Time at;
    Duration wait;  ///< until what is sent then begins to leave
    ReplicaId replica;
  };
  std::vector<Backlog> backlogs_;
  Power allowed_ = 0;  // of those who lie or have lost their disk
  bool equal_power_ = true;
};

}  // namespace byzlab
