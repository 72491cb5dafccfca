#include "testbed/fault_reach.h"

#include <algorithm>
#include <map>

#include "base/overloaded.h"

namespace byzlab {

namespace sc = scenario;

namespace {

std::string list(const std::vector<ReplicaId>& replicas) {
  std::string text;
  for (const ReplicaId r : replicas) {
    text += (text.empty() ? "r" : " r") + std::to_string(r.value);
  }
  return text;
}

/// Each of `who` alone, then all others together.
std::vector<std::vector<ReplicaId>> apart(const std::vector<ReplicaId>& who, std::uint32_t n) {
  std::vector<std::vector<ReplicaId>> sides;
  std::vector<ReplicaId> others;
  for (std::uint32_t r = 0; r < n; ++r) {
    if (!std::ranges::binary_search(who, ReplicaId(r))) others.push_back(ReplicaId(r));
  }
  for (const ReplicaId victim : who) sides.push_back({victim});
  if (!others.empty()) sides.push_back(std::move(others));
  return sides;
}

std::vector<LinkSet> link_sets(const sc::Links& links, const sc::ResolutionContext& context) {
  std::vector<LinkSet> sets;
  sets.push_back({.from = sc::resolve(links.from, context), .to = sc::resolve(links.to, context)});
  if (links.both) sets.push_back({.from = sets[0].to, .to = sets[0].from});
  return sets;
}

FaultReach met(FaultMeaning meaning, const sc::Selector& who,
               const sc::ResolutionContext& context) {
  return {.meaning = meaning, .who = sc::resolve(who, context)};
}

FaultReach on_links(FaultMeaning meaning, const sc::Links& links,
                    const sc::ResolutionContext& context) {
  return {.meaning = meaning, .links = link_sets(links, context)};
}

}  // namespace

FaultReach reach_of(const sc::Action& action, const sc::ResolutionContext& context) {
  using enum FaultMeaning;
  return std::visit(
      Overloaded{
          [&](const sc::Partition& a) -> FaultReach {
            return {.meaning = cuts, .sides = sc::partition_sides(a, context)};
          },
          [&](const sc::Isolate& a) {
            FaultReach reach = met(cuts, a.who, context);
            reach.sides = apart(reach.who, context.n);
            return reach;
          },
          [&](const sc::Cut& a) { return on_links(cuts, a.links, context); },
          [&](const sc::Crash& a) { return met(stops, a.who, context); },
          [&](const sc::Restart& a) { return met(restarts, a.who, context); },
          [&](const sc::Wipe& a) { return met(wipes, a.who, context); },
          [&](const sc::Pause& a) { return met(pauses, a.who, context); },
          [&](const sc::Become& a) { return met(turns, a.who, context); },
          [&](const sc::Delay& a) {
            FaultReach reach = on_links(delays, a.links, context);
            reach.adds = a.add + a.jitter;
            return reach;
          },
          [&](const sc::Drop& a) {
            FaultReach reach = on_links(loses, a.links, context);
            reach.probability = a.probability;
            return reach;
          },
          [&](const sc::Corrupt& a) {
            FaultReach reach = on_links(corrupts, a.links, context);
            reach.probability = a.probability;
            return reach;
          },
          [&](const sc::Duplicate& a) { return on_links(disturbs, a.links, context); },
          [&](const sc::Reorder& a) { return on_links(disturbs, a.links, context); },
          [&](const sc::Throttle& a) { return on_links(throttles, a.links, context); },
          [&](const sc::Mark&) -> FaultReach { return {.meaning = marks}; },
      },
      action);
}

std::string text_of(const FaultReach& reach, std::string said) {
  if (!reach.who.empty()) return list(reach.who);
  if (reach.sides.empty()) return said;
  std::string text;
  for (const auto& side : reach.sides) text += (text.empty() ? "{" : " | ") + list(side);
  return text + "}";
}

std::string text_of(const sc::Action& action) {
  return std::visit(
      [&](const auto& a) -> std::string {
        if constexpr (requires { a.sides; }) {
          std::string text;
          for (const auto& side : a.sides) text += (text.empty() ? "{" : " | ") + sc::to_text(side);
          return text + "}";
        } else if constexpr (requires { a.who; }) {
          return sc::to_text(a.who);
        } else if constexpr (requires { a.links; }) {
          return sc::to_text(a.links);
        } else {
          return a.text;
        }
      },
      action);
}

std::uint64_t count_links(const FaultReach& reach) {
  std::uint64_t pairs = 0;
  std::uint64_t in_sides = 0;
  for (const auto& side : reach.sides) {
    pairs += in_sides * side.size() * 2;
    in_sides += side.size();
  }
  // Senders that are in the same sets have the same receivers.
  std::map<ReplicaId, std::vector<std::size_t>> sets_of;
  for (std::size_t i = 0; i < reach.links.size(); ++i) {
    for (const ReplicaId from : reach.links[i].from) sets_of[from].push_back(i);
  }
  std::map<std::vector<std::size_t>, std::vector<ReplicaId>> senders_of;
  for (const auto& [from, sets] : sets_of) senders_of[sets].push_back(from);
  for (const auto& [sets, senders] : senders_of) {
    std::vector<ReplicaId> receivers;
    for (const std::size_t i : sets) {
      const auto& to = reach.links[i].to;
      receivers.insert(receivers.end(), to.begin(), to.end());
    }
    std::ranges::sort(receivers);
    const auto repeated = std::ranges::unique(receivers);
    receivers.erase(repeated.begin(), repeated.end());
    pairs += senders.size() * receivers.size();
    pairs -= static_cast<std::uint64_t>(std::ranges::count_if(
        senders, [&](ReplicaId r) { return std::ranges::binary_search(receivers, r); }));
  }
  return pairs;
}

}  // namespace byzlab
