// What the checks of expectations have in common: the facts of a run that is over.
#pragma once

#include "testbed/invariants/fault_bound.h"
#include "testbed/invariants/fault_windows.h"
#include "testbed/invariants/growth.h"
#include "testbed/measurements.h"

namespace byzlab {

struct RunFacts {
  const Case& run;
  const FaultWindows& windows;
  FaultBound& bound;
  const Measurements& measurements;
  Time end;       ///< when the run ended
  bool complete;  ///< it lasted as long as the scenario says
  Time end_inclusive() const { return end + Duration{1}; }
};

/// One round of the window of an expectation, as far as the run got.
struct Round {
  Span span;
  bool unfinished = false;  ///< the run was stopped before it was over
};

/// The time an expectation is about, one round a repetition: `during` without its grace, what is
/// `outside`, from `after` to the end, or the whole run. Empty when the window never happened.
std::vector<Round> rounds_of(const scenario::Expectation& e, const RunFacts& facts);
/// Where `after` counts from, once a repetition. Empty when the window never happened or, counting
/// from its end, has not ended.
std::vector<Time> references_of(const scenario::Expectation& e, const RunFacts& facts);

/// Sets a result that could not be: undecided when the run was cut short, else vacuous.
void nothing_to_check(ExpectationResult& r, const RunFacts& facts, std::string why);
/// Adds the bound and its explanation to a failure of liveness.
void explain_stall(ExpectationResult& r, const RunFacts& facts, Time from, Time to);
/// "`split` never happened"
std::string never_happened(const scenario::Expectation& e);

// The checks: each fills status, detail, value and the rest of a result that has its id and text.
void check_progress(const scenario::Expectation& e, const Growth& growth, const RunFacts& facts,
                    ExpectationResult& r);
void check_recovery(const scenario::Expectation& e, const Growth& growth, const RunFacts& facts,
                    ExpectationResult& r);
/// `heights`: of each process, at the end.
void check_liveness(const scenario::Expectation& e, const Growth& growth,
                    const std::vector<std::uint64_t>& heights, const RunFacts& facts,
                    ExpectationResult& r);
void check_threshold(const scenario::Expectation& e, const RunFacts& facts, ExpectationResult& r);

}  // namespace byzlab
