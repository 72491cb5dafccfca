// Who a selector means.
#include "testbed/scenario/selectors.h"

#include <algorithm>
#include <cmath>

namespace byzlab::scenario {
namespace {

/// Groups cannot refer to themselves in a loaded scenario; a hand-made one ends here.
constexpr int kMaxNesting = 64;

using Replicas = std::vector<ReplicaId>;

void normalise(Replicas& replicas) {
  if (!std::is_sorted(replicas.begin(), replicas.end()))
    std::sort(replicas.begin(), replicas.end());
  replicas.erase(std::unique(replicas.begin(), replicas.end()), replicas.end());
}

void append_range(std::uint32_t first, std::uint32_t last, Replicas& out) {
  for (std::uint32_t r = first; r <= last; ++r) out.push_back(ReplicaId(r));
}

/// Everybody below n who is not in `sorted`.
Replicas complement(const Replicas& sorted, std::uint32_t n) {
  Replicas others;
  auto next = sorted.begin();
  for (std::uint32_t r = 0; r < n; ++r) {
    while (next != sorted.end() && *next < ReplicaId(r)) ++next;
    if (next == sorted.end() || *next != ReplicaId(r)) others.push_back(ReplicaId(r));
  }
  return others;
}

void collect(const Selector& who, const ResolutionContext& context, int nesting, Replicas& out) {
  if (nesting > kMaxNesting) return;
  switch (who.kind) {
    case Selector::Kind::replicas:
      if (who.first.value < context.n)
        append_range(who.first.value, std::min(who.last.value, context.n - 1), out);
      return;
    case Selector::Kind::all:
      if (context.n > 0) append_range(0, context.n - 1, out);
      return;
    case Selector::Kind::honest: {
      const Replicas honest = complement(context.byzantine, context.n);
      out.insert(out.end(), honest.begin(), honest.end());
      return;
    }
    case Selector::Kind::byzantine:
      out.insert(out.end(), context.byzantine.begin(), context.byzantine.end());
      return;
    case Selector::Kind::group:
      for (const Group& group : context.groups)
        if (group.name == who.name) return collect(group.members, context, nesting + 1, out);
      return;
    case Selector::Kind::region: {
      std::uint32_t first = 0;
      for (const Region& region : context.regions) {
        if (region.name == who.name && region.replicas > 0)
          append_range(first, first + region.replicas - 1, out);
        first += region.replicas;
      }
      return;
    }
    case Selector::Kind::role:
      if (context.role) {
        const Replicas holders = context.role(who.role);
        out.insert(out.end(), holders.begin(), holders.end());
      }
      return;
    case Selector::Kind::list:
      for (const Selector& item : who.items) collect(item, context, nesting + 1, out);
      return;
    case Selector::Kind::rest:  // meaningful among siblings only: partition_sides(), power_units()
    case Selector::Kind::any:   // the loader has drawn it: nobody
      return;
  }
}

std::string quantity_text(const Quantity& quantity) {
  const std::string number = std::to_string(quantity.number);
  switch (quantity.kind) {
    case Quantity::Kind::number: return number;
    case Quantity::Kind::faults:
      return quantity.number == 0 ? "f" : quantity.number > 0 ? "f+" + number : "f" + number;
    case Quantity::Kind::divided: return "n/" + number;
    case Quantity::Kind::percent: return number + "%";
  }
  return number;
}

std::string_view role_name(Role role) {
  switch (role) {
    case Role::leader: return "leader";
    case Role::next_leader: return "next_leader";
    case Role::follower: return "follower";
  }
  return "";
}

bool is_rest(const Selector& who) { return who.kind == Selector::Kind::rest; }

}  // namespace

ResolutionContext context_of(const Scenario& scenario) {
  ResolutionContext context;
  context.n = scenario.protocol.replicas;
  context.groups = scenario.groups;
  context.regions = scenario.network.regions;
  context.byzantine = byzantine_replicas(scenario);
  return context;
}

std::vector<ReplicaId> resolve(const Selector& who, const ResolutionContext& context) {
  Replicas replicas;
  collect(who, context, 0, replicas);
  normalise(replicas);
  return replicas;
}

std::vector<std::vector<ReplicaId>> partition_sides(const std::vector<Selector>& named_sides,
                                                    const ResolutionContext& context) {
  std::vector<Replicas> sides(named_sides.size());
  Replicas named;
  const auto fill = [&](std::size_t i, const Replicas& wanted) {
    std::set_difference(wanted.begin(), wanted.end(), named.begin(), named.end(),
                        std::back_inserter(sides[i]));
    named.insert(named.end(), sides[i].begin(), sides[i].end());
    normalise(named);
  };
  for (std::size_t i = 0; i < sides.size(); ++i)
    if (!is_rest(named_sides[i])) fill(i, resolve(named_sides[i], context));
  for (std::size_t i = 0; i < sides.size(); ++i)
    if (is_rest(named_sides[i])) fill(i, complement(named, context.n));
  for (ReplicaId alone : complement(named, context.n)) sides.push_back({alone});
  return sides;
}

std::vector<ReplicaId> byzantine_replicas(const Scenario& scenario) {
  ResolutionContext context;
  context.n = scenario.protocol.replicas;
  context.groups = scenario.groups;
  context.regions = scenario.network.regions;
  Replicas replicas;
  if (scenario.adversary.members) collect(*scenario.adversary.members, context, 0, replicas);
  for (const TimelineEntry& entry : scenario.timeline)
    if (const Selector* who = who_turns(entry.action)) collect(*who, context, 0, replicas);
  normalise(replicas);
  return replicas;
}

const Selector* who_turns(const Action& action) {
  return action.meaning == FaultMeaning::turns ? action.selector("who") : nullptr;
}

Options options_of(const Protocol& protocol, ReplicaId r, const ResolutionContext& context) {
  Options options = protocol.options;
  for (const OwnOptions& own : protocol.options_of) {
    const Replicas who = resolve(own.who, context);
    if (!std::binary_search(who.begin(), who.end(), r)) continue;
    for (const std::string& name : own.names) options.copy(name, own.options);
  }
  return options;
}

std::vector<std::uint64_t> power_units(const Scenario& scenario) {
  const std::uint32_t n = scenario.protocol.replicas;
  const std::vector<PowerShare>& map = scenario.protocol.power;
  if (map.empty()) return std::vector<std::uint64_t>(n, 1);
  constexpr std::uint64_t kTotal = 1'000'000'000;
  std::vector<std::uint64_t> units(n, 0);
  const ResolutionContext context = context_of(scenario);
  Replicas named;
  for (const PowerShare& line : map) {
    const Replicas who = resolve(line.who, context);
    named.insert(named.end(), who.begin(), who.end());
  }
  normalise(named);
  std::uint64_t given = 0;
  Replicas equal;
  for (const PowerShare& line : map) {
    const Replicas who = is_rest(line.who) ? complement(named, n) : resolve(line.who, context);
    if (!line.share) equal.insert(equal.end(), who.begin(), who.end());
    for (ReplicaId r : who) {
      if (!line.share) continue;
      units[r.value] = static_cast<std::uint64_t>(*line.share * static_cast<double>(kTotal) + 0.5);
      given += units[r.value];
    }
  }
  const std::uint64_t left = given < kTotal ? kTotal - given : 0;
  for (ReplicaId r : equal) units[r.value] = left / equal.size();
  return units;
}

bool is_dynamic(const Selector& who, std::span<const Group> groups) {
  const auto asks = [&](const auto& self, const Selector& s, int nesting) -> bool {
    if (nesting > kMaxNesting) return false;
    if (s.kind == Selector::Kind::role) return true;
    if (s.kind == Selector::Kind::group)
      for (const Group& group : groups)
        if (group.name == s.name) return self(self, group.members, nesting + 1);
    return std::any_of(s.items.begin(), s.items.end(),
                       [&](const Selector& item) { return self(self, item, nesting + 1); });
  };
  return asks(asks, who, 0);
}

bool asks_for_nobody(const Selector& who) {
  return who.kind == Selector::Kind::list &&
         std::all_of(who.items.begin(), who.items.end(), asks_for_nobody);
}

std::string to_text(const Selector& who) {
  switch (who.kind) {
    case Selector::Kind::replicas: {
      const std::string first = "r" + std::to_string(who.first.value);
      return who.first == who.last ? first : first + "..r" + std::to_string(who.last.value);
    }
    case Selector::Kind::all: return "all";
    case Selector::Kind::honest: return "honest";
    case Selector::Kind::byzantine: return "byzantine";
    case Selector::Kind::rest: return "rest";
    case Selector::Kind::group: return who.name;
    case Selector::Kind::region: return "region:" + who.name;
    case Selector::Kind::role: return "role:" + std::string(role_name(who.role));
    case Selector::Kind::any:
      return "any(" + quantity_text(who.quantity) +
             (who.up_to ? ".." + quantity_text(*who.up_to) : "") +
             (who.items.empty() ? "" : " of " + to_text(who.items[0])) + ")";
    case Selector::Kind::list: break;
  }
  std::string list;
  for (const Selector& item : who.items) list += (list.empty() ? "" : ", ") + to_text(item);
  return "[" + list + "]";
}

std::string to_text(const Links& links) {
  return to_text(links.from) + (links.both ? " <-> " : " -> ") + to_text(links.to);
}

std::string to_text(const Action& action) {
  const auto joined = [](const auto& items, std::string_view between) {
    std::string text;
    for (const auto& item : items)
      text += (text.empty() ? "" : std::string(between)) + to_text(item);
    return text;
  };
  if (!action.sides.empty()) return "{" + joined(action.sides, " | ") + "}";
  if (const Selector* who = action.selector("who")) return to_text(*who);
  const Selector* from = action.selector("from");
  const Selector* to = action.selector("to");
  if (from && to)
    return to_text(*from) + (action.options.flag("one_way") ? " -> " : " <-> ") + to_text(*to);
  if (!action.links.empty()) return joined(action.links, ", ");
  for (const OptionSpec& spec : action.options.specs())
    if (spec.type == OptionType::text) return action.options.text(spec.name);
  return "";
}

}  // namespace byzlab::scenario
