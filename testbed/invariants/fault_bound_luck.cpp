// Where finality is a matter of depth: what chance explains, what late messages do, and what
// neither does.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "testbed/invariants/fault_bound.h"
#include "testbed/invariants/luck.h"
#include "testbed/invariants/words.h"

namespace byzlab {
namespace {

std::optional<std::uint64_t> confirmations(const scenario::Scenario& s) {
  for (const OptionSpec& spec : s.protocol.options.specs()) {
    if (spec.name == "confirmations") return s.protocol.options.count("confirmations");
  }
  return std::nullopt;
}

std::string chance_text(double chance) {
  if (chance >= 1e-4) return words::share(chance);
  if (chance < 1e-12) return "less than one in a million millions";
  return fmt::format("one in {}", words::count(static_cast<std::uint64_t>(1 / chance)));
}

}  // namespace

/// Whether chance may have done it, and if not, what else happened.
FaultBound::Opinion FaultBound::on_luck(Time at, const Reversal& reversal) const {
  constexpr std::string_view kLuck =
      "INSIDE THE BOUND, but finality by confirmations is probabilistic: ";
  const auto z = confirmations(*run_.scenario);
  if (!z) {
    return {.bound = Bound::inside,
            .text = std::string(kLuck) + "a deep reorganisation is rare, not impossible."};
  }
  const std::uint64_t depth = *z + reversal.deeper;
  const double chance = chance_of(reversal, depth);
  if (chance >= luck::kPlausible) {
    const double q = mining_share();
    const std::string who =
        q > 0 ? fmt::format(
                    "with {} of the power a block with {} is reversed "
                    "with probability {}",
                    words::share(q), words::count(depth, "confirmation"),
                    words::share(luck::reversal(q, depth)))
              : fmt::format("honest miners alone fork {} deep", words::count(depth, "block"));
    return {.bound = Bound::inside,
            .text = fmt::format("{}{}; here some block was by then with a chance of {}.", kLuck,
                                who, chance_text(chance))};
  }
  return {.bound = Bound::inside,
          .text = fmt::format("INSIDE THE BOUND. Chance does not explain {}: it does that with a "
                              "probability of {} in such a run. This is a bug in the protocol or "
                              "in its code here{}.",
                              words::count(depth, "block"), chance_text(chance), absent_until(at))};
}

/// That some block of this run is ever reversed at that depth.
double FaultBound::chance_of(const Reversal& reversal, std::uint64_t depth) const {
  const auto& s = *run_.scenario;
  const Duration interval =
      run_.engine->block_interval ? run_.engine->block_interval(s.protocol.options) : Duration{0};
  const double by_liars = luck::reversal(mining_share(), depth);
  const double by_delay = luck::fork(delays_.slowest(), interval, depth);
  const double tries = static_cast<double>(std::max<std::uint64_t>(reversal.height, 1));
  return luck::ever(std::min(1.0, by_liars + by_delay), tries);
}

/// Who was away for long is the usual reason when nothing was cut.
std::string FaultBound::absent_until(Time at) const {
  std::vector<ReplicaId> absent;
  Time back = kStart;
  std::vector<bool> was_down(run_.committee->n(), false);
  history_.between(kStart, at, [&](Time since, Time, const FaultState& state) {
    for (std::uint32_t r = 0; r < was_down.size(); ++r) {
      if (was_down[r] && !state.down[r]) {
        if (since > back) absent.clear();
        back = since;
        absent.push_back(ReplicaId(r));
      }
      was_down[r] = state.down[r];
    }
    return true;
  });
  if (!absent.empty()) {
    return fmt::format("; {} came back at {} and did not learn of the blocks made meanwhile",
                       words::replicas(absent), words::moment(back));
  }
  for (std::size_t i = run_.scenario->timeline.size(); i-- > 0;) {
    if (FaultWindows::is_mark(run_.scenario->timeline[i])) continue;
    const Spans spans = windows_.of_entry(i, at);
    if (spans.empty() || spans.back().open || spans.back().to > at) continue;
    return fmt::format("; `{}` was over at {}, and the sides did not come together since",
                       run_.scenario->timeline[i].label, words::moment(spans.back().to));
  }
  return {};
}

/// Why blocks may be late by chance, or empty when that would be too much of it.
std::string FaultBound::gap_by_chance(Time from, Time to) const {
  if (has_quorums() || run_.engine->block_interval == nullptr) return {};
  // What is up makes blocks in proportion to its power.
  Power up = run_.committee->total_power();
  history_.between(from, to, [&](Time, Time, const FaultState& state) {
    Power now = 0;
    for (std::uint32_t r = 0; r < state.down.size(); ++r) {
      now += state.down[r] ? 0 : run_.committee->power(ReplicaId(r));
    }
    up = std::min(up, now);
    return true;
  });
  const double share = static_cast<double>(up) / static_cast<double>(run_.committee->total_power());
  const Duration gap = to - from;
  const Duration interval = run_.engine->block_interval(run_.scenario->protocol.options);
  const double blocks = std::max(1.0, seconds(run_.scenario->duration) / seconds(interval));
  const double chance = luck::ever(std::exp(-seconds(gap) * share / seconds(interval)), blocks);
  if (chance < luck::kPlausible) return {};
  return fmt::format(
      "but blocks come at random: some gap of {} or more has a chance of {} in such "
      "a run.",
      words::duration(gap), chance_text(chance));
}

/// What kept messages back while the block was confirmed, if so much that the rest may be chance.
std::string FaultBound::asynchrony_before(Time at, const Reversal& reversal) const {
  const auto& synchrony = run_.scenario->network.synchrony;
  const bool by_depth = run_.engine->finality == Finality::confirmations;
  const auto z = by_depth ? confirmations(*run_.scenario) : std::nullopt;
  const bool known = z && reversal.made != kNever && reversal.confirmed != kNever;
  const Spans disturbed = disturbances(at);
  const Time from = known ? reversal.made : kStart;
  if (!touches(disturbed, from, at)) return {};
  if (known && chance_of(reversal, undisturbed(reversal, *z, disturbed)) < luck::kPlausible) {
    return {};
  }
  if (synchrony && synchrony->gst > from) {
    return "before GST at " + words::moment(synchrony->gst) + " they did not";
  }
  std::string text;
  history_.between(from, at, [&](Time, Time, const FaultState& state) {
    for (const std::uint32_t k : state.active) {
      if (!disturbs(k)) continue;
      const std::size_t entry = history_.link_fault(k).entry();
      const Spans spans = windows_.of_entry(entry, at);
      const auto one = std::ranges::find_if(spans, [&](const Span& s) { return s.to > from; });
      text = fmt::format("`{}` has held some back since {}", run_.scenario->timeline[entry].label,
                         words::moment(one != spans.end() ? one->from : from));
      return false;
    }
    return true;
  });
  return text;
}

/// How many of the block's confirmations were made while messages arrived.
std::uint64_t FaultBound::undisturbed(const Reversal& reversal, std::uint64_t depth,
                                      const Spans& disturbed) const {
  const Span confirming{.from = reversal.made, .to = reversal.confirmed};
  const double all = seconds(confirming.length());
  if (all <= 0) return 0;
  const double held_back = seconds(length(common({confirming}, disturbed)));
  return static_cast<std::uint64_t>(static_cast<double>(depth) * (1 - held_back / all));
}

/// While links between honest replicas lost messages, or held them up for long.
Spans FaultBound::disturbances(Time until) const {
  const auto& promise = run_.scenario->network.synchrony;
  Spans spans;
  if (promise) {  // after GST nothing is lost, and nothing late
    if (promise->gst > kStart) spans.push_back({.from = kStart, .to = promise->gst});
    return spans;
  }
  history_.between(kStart, until, [&](Time from, Time to, const FaultState& state) {
    if (std::ranges::any_of(state.active, [&](std::uint32_t k) { return disturbs(k); })) {
      spans.push_back({.from = from, .to = std::min(to, until + Duration{1})});
    }
    return true;
  });
  return merged(std::move(spans));
}

bool FaultBound::disturbs(std::uint32_t link_fault) const {
  const LinkFault& fault = history_.link_fault(link_fault);
  // A delay matters where it is not small against the time between two blocks.
  constexpr int kSmall = 10;
  const auto pace = run_.engine->block_interval;
  const bool by_depth = run_.engine->finality == Finality::confirmations && pace != nullptr;
  if (fault.is(FaultMeaning::delays) && by_depth &&
      fault.reach().adds * kSmall < pace(run_.scenario->protocol.options)) {
    return false;
  }
  const std::uint32_t n = run_.committee->n();
  const auto lies = history_.lied_until(kNever);
  for (std::uint32_t a = 0; a < n; ++a) {
    for (std::uint32_t b = 0; b < n && !lies[a]; ++b) {
      if (a != b && !lies[b] && fault.meets(a, b)) return true;
    }
  }
  return false;
}

/// The share of the power that mines for liars: each twin mines.
double FaultBound::mining_share() const {
  Power liars = 0, honest = 0;
  for (const ReplicaId r : run_.replica_of) {
    const bool lies = std::ranges::binary_search(run_.byzantine, r);
    (lies ? liars : honest) += run_.committee->power(r);
  }
  return liars == 0 ? 0 : static_cast<double>(liars) / static_cast<double>(liars + honest);
}

}  // namespace byzlab
