#include "testbed/invariants/expectation.h"

#include <fmt/format.h>

namespace byzlab {

std::vector<Round> rounds_of(const scenario::Expectation& e, const RunFacts& facts) {
  const Span whole{.from = kStart, .to = facts.end_inclusive()};
  std::vector<Round> rounds;
  if (e.during) {
    for (Span s : facts.windows.of(*e.during, facts.end)) {
      s.from += e.grace;
      rounds.push_back({.span = s, .unfinished = s.open && !facts.complete});
    }
  } else if (e.outside) {
    Spans excluded = facts.windows.of(*e.outside, facts.end);
    for (Span& s : excluded) s.to += e.grace;
    for (const Span& s : without(whole, merged(std::move(excluded)))) rounds.push_back({.span = s});
  } else if (e.after) {
    for (const Time t : references_of(e, facts)) {
      rounds.push_back(
          {.span = {.from = t + e.grace, .to = whole.to}, .unfinished = !facts.complete});
    }
  } else {
    rounds.push_back({.span = whole, .unfinished = !facts.complete});
  }
  return rounds;
}

std::vector<Time> references_of(const scenario::Expectation& e, const RunFacts& facts) {
  if (!e.after) return {kStart};
  std::vector<Time> times;
  for (const Span& s : facts.windows.of(*e.after, facts.end)) {
    // "Of gst" means gst itself: the time before it is a window only to look outside of.
    const bool from_start = e.of_start && e.after->kind != scenario::Window::Kind::gst;
    if (from_start) {
      times.push_back(s.from);
    } else if (!s.open) {
      times.push_back(s.to);
    }
  }
  return times;
}

void nothing_to_check(ExpectationResult& r, const RunFacts& facts, std::string why) {
  r.status = facts.complete ? Status::vacuous : Status::undecided;
  r.detail = facts.complete
                 ? "nothing to check: " + why
                 : "not decided: the run stopped at " + fmt::format("{:.3f} s", seconds(facts.end));
}

void explain_stall(ExpectationResult& r, const RunFacts& facts, Time from, Time to) {
  const auto opinion = facts.bound.on_liveness(from, to);
  r.bound = opinion.bound;
  r.lines.push_back("verdict: " + opinion.text);
}

std::string never_happened(const scenario::Expectation& e) {
  const auto& window = e.during ? e.during : e.after ? e.after : e.outside;
  if (!window) return "the run had no time";
  return fmt::format("`{}` never {}", window->label, e.after && !e.of_start ? "ended" : "happened");
}

}  // namespace byzlab
