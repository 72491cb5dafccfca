// Recovery: the first new commit comes within the bound after the window.
//
// Counted from a window's start, what was already on its way when the fault struck does not count:
// the block must have been proposed later.
#include <fmt/format.h>

#include "testbed/invariants/expectation.h"
#include "testbed/invariants/words.h"

namespace byzlab {
namespace {

const Growth::Step* first_new(const Growth& growth, Time reference, bool proposed_after) {
  const Growth::Step* step = growth.after(reference);
  if (!proposed_after) return step;
  const Growth::Step* const end = growth.steps().data() + growth.steps().size();
  while (step != nullptr && step->proposed <= reference)
    step = step + 1 == end ? nullptr : step + 1;
  return step;
}

}  // namespace

void check_recovery(const scenario::Expectation& e, const Growth& growth, const RunFacts& facts,
                    ExpectationResult& r) {
  const auto references = references_of(e, facts);
  if (references.empty()) return nothing_to_check(r, facts, never_happened(e));
  const Duration bound = e.bound.value_or(Duration{0});
  std::optional<Duration> slowest;
  bool undecided = false;
  for (const Time t : references) {
    const Growth::Step* step = first_new(growth, t, e.of_start && e.after);
    if (step == nullptr && facts.end - t < bound) {
      undecided = true;  // there was still time
      continue;
    }
    const Duration took = (step != nullptr ? step->at : facts.end) - t;
    if (took > bound && r.status != Status::fail) {
      r.status = Status::fail;
      r.at = t + bound;
      r.detail = step != nullptr
                     ? words::duration(took)
                     : fmt::format("no commit in the {} until the end", words::duration(took));
      explain_stall(r, facts, t, t + bound);
    }
    if (took <= bound && !r.at) r.at = step->at;
    slowest = std::max(took, slowest.value_or(took));
  }
  r.limit = seconds(bound);
  r.unit = "s";
  if (slowest) r.value = seconds(*slowest);
  if (r.status == Status::fail) return;
  if (undecided) {
    r.status = Status::undecided;
    r.detail = facts.complete
                   ? "no commit yet when the run ended"
                   : fmt::format("not decided: the run stopped at {}", words::moment(facts.end));
    return;
  }
  r.status = Status::pass;
  r.detail = words::duration(*slowest);
  if (references.size() > 1) {
    r.detail += fmt::format(", the slowest of {}", words::count(references.size()));
  }
}

}  // namespace byzlab
