// What the judge is made of: shown to judge.cpp, which feeds it, and conclusion.cpp, which answers.
#pragma once

#include <utility>
#include <vector>

#include "testbed/contradictions.h"
#include "testbed/invariants/agreement.h"
#include "testbed/invariants/certified.h"
#include "testbed/invariants/double_spend.h"
#include "testbed/invariants/expectation.h"
#include "testbed/invariants/integrity.h"
#include "testbed/invariants/total_order.h"
#include "testbed/invariants/validity.h"
#include "testbed/judge.h"
#include "testbed/story.h"

namespace byzlab {

struct Judge::Parts {
  explicit Parts(Case c);

  // Events.
  void committed(Time now, const Committed& e);
  void view_entered(const ViewEntered& e);
  void noted(Time now, const Noted& e);
  void state_changed(Time now, const ReplicaState& e);
  void fault_changed(Time now, const FaultChanged& e);
  void turned(Time now, ReplicaId r);
  void sample(Time now);
  RunState state(Time now);

  /// The invariant that decides a property, or null when another check does.
  const SafetyInvariant* invariant(scenario::Property property) const;
  bool decided() const;
  void conclude(Time end, bool interrupted, Report& report);

  Case run;
  std::vector<bool> byzantine;  // by replica
  std::vector<bool> honest;     // by process

  FaultWindows windows;
  FaultBound bound;
  LogTree logs;
  BlockFacts facts;
  Witness witness;
  Agreement agreement;
  Validity validity;
  Integrity integrity;
  TotalOrder total_order;
  Certified certified;
  DoubleSpend double_spend;
  Contradictions contradictions;
  Measurements measurements;
  Story story;

  Growth growth;               // of all honest processes
  std::vector<Growth> among;   // of those that an expectation names
  std::vector<int> growth_of;  // by expectation: index in `among`, or -1

  Duration not_scheduled{}, longest_pause{};  // of this process, in real time

  std::vector<ReplicaResult> replicas;  // by process
  std::vector<SeriesRow> series;

 private:
  void new_block(Time now, const CommitStep& step);
  void grew(Time now, const CommitStep& step);
  void tell_violations(Time now);
  std::uint64_t lowest_height() const;
  std::uint32_t tips() const;
  Time proposal_of(const Block& block) const;
  std::optional<double> chain_quality();

  // Of conclude().
  void measure_final_chain();
  void measure_recoveries(Time end);
  ExpectationResult judge(const scenario::Expectation& e, std::size_t index, const RunFacts& facts);
  void judge_safety(const scenario::Expectation& e, const RunFacts& facts, ExpectationResult& r);
  void judge_double_spend(const scenario::Expectation& e, const RunFacts& facts,
                          ExpectationResult& r);
  void judge_all(const RunFacts& facts, Report& report);
  void fill_metrics(const RunFacts& facts, Report& report);
  void fill_faults(Time end, Report& report) const;
  void fill_idle(Report& report) const;
  void excuse_pauses(Report& report) const;

  // Heights (0 when views go on from height to height) and views, ascending.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> given_up_;
  Height view_height_{};  // of highest_view_
  View highest_view_{};
  std::optional<ReplicaId> leader_;
  std::uint64_t view_changes_ = 0;
  std::vector<bool> left_view_;      // by process: in no view, or in one that it has given up
  std::uint32_t carried_fresh_ = 0;  // requests new to every log, in blocks at old heights
  std::uint64_t transactions_ = 0;
  std::uint64_t commits_seen_ = 0;  // of all honest processes
  std::uint64_t commits_at_sample_ = ~std::uint64_t{0};
  std::uint64_t last_lowest_ = 0;
  SeriesRow last_row_;
  std::uint32_t last_tips_ = 1;
  std::size_t latencies_at_sample_ = 0;
  Time last_growth_ = kNever;
  std::array<std::uint64_t, 2> evidence_{};  // against faulty replicas, against honest ones
  /// The longest honest log when last asked for, with the honest blocks up to each.
  std::vector<std::pair<LogTree::NodeId, std::uint64_t>> chain_;
  std::uint32_t told_violations_ = 0;  // bit: Property
  std::uint32_t tolerated_ = 0;        // bit: Property that may be violated and the run goes on
};

}  // namespace byzlab
