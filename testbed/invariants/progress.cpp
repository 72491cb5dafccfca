// Progress: commits happen in the window (some), or not one does (none).
#include <fmt/format.h>

#include "testbed/invariants/expectation.h"
#include "testbed/invariants/words.h"

namespace byzlab {
namespace {

/// True when somebody wanted something committed before `until`: else no progress proves nothing.
bool something_waited(const Span& span, const RunFacts& facts) {
  return facts.measurements.requests_waiting(span.to) > 0 ||
         facts.measurements.count(Series::proposals, {span}) > 0 ||
         facts.measurements.count(Series::timeouts, {span}) > 0;
}

void check_none(const Growth& growth, const std::vector<Round>& rounds, const RunFacts& facts,
                ExpectationResult& r) {
  std::uint64_t commits = 0;
  Duration lasted{0};
  bool unfinished = false, waited = false;
  for (const Round& round : rounds) {
    commits += growth.count_in(round.span);
    lasted += round.span.length();
    unfinished = unfinished || round.unfinished;
    waited = waited || something_waited(round.span, facts);
    if (commits > 0 && !r.at) r.at = growth.after(round.span.from - Duration{1})->at;
  }
  r.value = static_cast<double>(commits);
  r.limit = 0;
  r.detail = fmt::format("{} in {}", words::count(commits, "commit"), words::duration(lasted));
  if (commits > 0) {
    r.status = Status::fail;
    r.detail += fmt::format(", the first at {}", words::moment(*r.at));
  } else if (unfinished) {
    r.status = Status::undecided;
    r.detail += ", then the run stopped";
  } else if (!waited) {
    nothing_to_check(r, facts, "nobody wanted anything committed");
  } else {
    r.status = Status::pass;
  }
}

void check_some(const Growth& growth, const std::vector<Round>& rounds, const RunFacts& facts,
                ExpectationResult& r) {
  std::optional<std::uint64_t> fewest;
  for (const Round& round : rounds) {
    const std::uint64_t commits = growth.count_in(round.span);
    if (commits == 0 && round.unfinished) continue;
    if (commits == 0 && r.lines.empty()) {
      r.lines.push_back(fmt::format("no commit between {} and {}", words::moment(round.span.from),
                                    words::moment(round.span.to)));
      explain_stall(r, facts, round.span.from, round.span.to);
      r.at = round.span.to;
    }
    fewest = std::min(commits, fewest.value_or(commits));
  }
  if (!fewest) return nothing_to_check(r, facts, "the run stopped");
  r.value = static_cast<double>(*fewest);
  r.limit = 1;
  r.status = *fewest > 0 ? Status::pass : Status::fail;
  r.detail = words::count(*fewest, "commit");
  if (rounds.size() > 1) {
    r.detail += fmt::format(" in the worst of {} windows", words::count(rounds.size()));
  }
}

}  // namespace

void check_progress(const scenario::Expectation& e, const Growth& growth, const RunFacts& facts,
                    ExpectationResult& r) {
  std::vector<Round> rounds = rounds_of(e, facts);
  if (rounds.empty()) return nothing_to_check(r, facts, never_happened(e));
  std::erase_if(rounds, [](const Round& round) { return round.span.length() == Duration{0}; });
  if (rounds.empty()) return nothing_to_check(r, facts, "the window is not longer than its grace");
  if (e.outcome == scenario::Outcome::none) {
    check_none(growth, rounds, facts, r);
  } else {
    check_some(growth, rounds, facts, r);
  }
}

}  // namespace byzlab
