// Liveness: after GST commits keep coming, with no gap longer than `within`, and at the end every
// honest replica that is up has caught up.
#include <fmt/format.h>

#include <algorithm>

#include "testbed/invariants/expectation.h"
#include "testbed/invariants/words.h"

namespace byzlab {
namespace {

/// The rounds of the window, cut to the time after GST.
std::vector<Round> rounds_after_gst(const scenario::Expectation& e, const RunFacts& facts) {
  auto rounds = rounds_of(e, facts);
  const auto& synchrony = facts.run.scenario->network.synchrony;
  const Time gst = synchrony ? synchrony->gst : kStart;
  for (Round& round : rounds) round.span.from = std::max(round.span.from, gst);
  std::erase_if(rounds, [](const Round& round) { return round.span.length() == Duration{0}; });
  return rounds;
}

/// Honest replicas that are up and stand below a height.
std::vector<ReplicaId> behind(const Growth& growth, const std::vector<std::uint64_t>& heights,
                              std::uint64_t height, const RunFacts& facts) {
  std::vector<ReplicaId> late;
  for (std::uint32_t p = 0; p < facts.run.committee->n(); ++p) {
    const ReplicaId r = facts.run.replica_of[p];
    const bool honest = !std::ranges::binary_search(facts.run.byzantine, r);
    if (honest && growth.has_member(ProcessId(p)) && facts.bound.is_up(r) && heights[p] < height) {
      late.push_back(r);
    }
  }
  return late;
}

}  // namespace

void check_liveness(const scenario::Expectation& e, const Growth& growth,
                    const std::vector<std::uint64_t>& heights, const RunFacts& facts,
                    ExpectationResult& r) {
  const auto rounds = rounds_after_gst(e, facts);
  if (rounds.empty()) return nothing_to_check(r, facts, "no time after GST was left");
  Growth::Gap longest{};
  Duration shortest_round = rounds.front().span.length();
  for (const Round& round : rounds) {
    const auto gap = growth.longest_gap(round.span);
    if (gap.to - gap.from > longest.to - longest.from) longest = gap;
    shortest_round = std::min(shortest_round, round.span.length());
  }
  // Without a limit it is enough that every round has a commit.
  const Duration gap = longest.to - longest.from;
  const Duration limit = e.within.value_or(shortest_round - Duration{1});
  r.value = seconds(gap);
  r.limit = seconds(limit);
  r.unit = "s";
  r.detail = fmt::format("longest gap {}", words::duration(gap));
  if (gap > limit) {
    r.status = Status::fail;
    r.at = longest.from + limit;
    r.detail += fmt::format(", after {}", words::moment(longest.from));
    explain_stall(r, facts, longest.from, longest.to);
    return;
  }
  if (!facts.complete) return nothing_to_check(r, facts, "the run stopped");
  if (e.within && shortest_round <= *e.within) {
    return nothing_to_check(r, facts, "the time is not longer than the allowed gap");
  }
  const Time checked_at = e.within ? facts.end - *e.within : rounds.back().span.from;
  const auto late = behind(growth, heights, growth.height_at(checked_at), facts);
  if (!late.empty()) {
    r.status = Status::fail;
    r.at = facts.end;
    r.detail = fmt::format("{} did not catch up", words::replicas(late));
    const auto opinion = facts.bound.on_lag(late, checked_at, facts.end);
    r.bound = opinion.bound;
    r.lines.push_back("verdict: " + opinion.text);
    return;
  }
  r.status = Status::pass;
}

}  // namespace byzlab
