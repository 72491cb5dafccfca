// Who every selector means: names that exist, draws of any(...), sides that do not overlap, bounds.
#include <algorithm>
#include <map>
#include <set>

#include "base/rng.h"
#include "testbed/scenario/load_parts.h"
#include "testbed/scenario/nearest.h"
#include "testbed/scenario/selectors.h"
#include "testbed/scenario/text.h"

namespace byzlab::scenario {
namespace {

/// Replicas that all selectors of a file may list together, repeats counted: groups of groups can
/// double at each step.
constexpr std::uint64_t kBudget = 50'000'000;
/// How often one selector may list each replica, on average.
constexpr std::uint64_t kRepeats = 64;

struct Allowed {
  bool roles = true;      // who it means may change during the run
  bool adversary = true;  // honest, byzantine
  bool rest = false;
};

std::string indices(const std::vector<ReplicaId>& replicas) {
  std::string text;
  for (ReplicaId r : replicas) {
    if (text.size() > 60) return text + ", ...";
    text += (text.empty() ? "r" : ", r") + std::to_string(r.value);
  }
  return text;
}

class Binder {
 public:
  Binder(Loading& loading, Scenario& scenario, Unbound& unbound)
      : loading_(loading), scenario_(scenario), unbound_(unbound), n_(scenario.protocol.replicas) {
    if (const ProtocolEntry* entry = protocol_entry(loading.catalogue, scenario.protocol.name))
      f_ = entry->max_faulty(n_);
  }

  void bind() {
    bind_groups();
    if (scenario_.adversary.members)
      bind(*scenario_.adversary.members, "adversary.members", {.roles = false, .adversary = false});
    for (TimelineEntry& entry : scenario_.timeline)
      if (entry.action.meaning == FaultMeaning::turns)
        for (auto& [option, who] : entry.action.selectors)
          bind(who, entry.action.name, {.adversary = false});
    if (exhausted_) return;
    byzantine_ = byzantine_replicas(scenario_);
    for (TimelineEntry& entry : scenario_.timeline) bind_action(entry.action);
    for (Expectation& expectation : scenario_.expectations) {
      if (!expectation.among) continue;
      bind(*expectation.among, "among", {.roles = false});
      expectation.text = expectation_text(expectation);
    }
    bind_power();
    for (OwnOptions& own : scenario_.protocol.options_of)
      bind(own.who, "options_of", {.roles = false});
    bind_options();
  }

 private:
  // Groups may name groups: each is bound after those it names.
  void bind_groups() {
    std::map<std::string, int> state;  // 1: being bound, 2: bound
    const auto visit = [&](const auto& self, Group& group) -> bool {
      int& mine = state[group.name];
      if (mine == 2) return true;
      if (mine == 1) return false;
      mine = 1;
      for (const std::string& name : groups_named(group.members))
        for (Group& other : scenario_.groups)
          if (other.name == name && !self(self, other)) {
            loading_.findings.error("E136", group.members.at, 1,
                                    "group `" + group.name + "` contains itself");
            circular_ = true;
            group.members = {.kind = Selector::Kind::list};
            state[group.name] = 2;
            return true;
          }
      bind(group.members, "groups." + group.name, {});
      costs_[group.name] = cost_of(group.members);
      state[group.name] = 2;
      return true;
    };
    for (Group& group : scenario_.groups) visit(visit, group);
  }

  static std::set<std::string> groups_named(const Selector& who) {
    std::set<std::string> names;
    if (who.kind == Selector::Kind::group) names.insert(who.name);
    for (const Selector& item : who.items) names.merge(groups_named(item));
    return names;
  }

  /// Replicas that resolving it would list, repeats counted.
  std::uint64_t cost_of(const Selector& who) const {
    switch (who.kind) {
      case Selector::Kind::replicas: return std::uint64_t{who.last.value} - who.first.value + 1;
      case Selector::Kind::role:
      case Selector::Kind::rest: return 1;
      case Selector::Kind::all:
      case Selector::Kind::honest:
      case Selector::Kind::byzantine:
      case Selector::Kind::region: return n_;
      case Selector::Kind::group: {
        const auto known = costs_.find(who.name);
        return known == costs_.end() ? 1 : known->second;
      }
      case Selector::Kind::any:
      case Selector::Kind::list: break;
    }
    std::uint64_t cost = who.kind == Selector::Kind::any ? n_ : 1;
    for (const Selector& item : who.items) cost = std::min(cost + cost_of(item), kBudget + 1);
    return cost;
  }

  /// Checks the names, draws any(...), and says if nobody is left. False after an error.
  bool bind(Selector& who, const std::string& what, Allowed allowed) {
    if (exhausted_ || !check(who, what, allowed, true)) return false;
    drew_nobody_ = false;
    if (!affordable(who) || !draw(who)) return false;
    if (asks_for_nobody(who)) return true;
    if (is_dynamic(who, scenario_.groups) || who.kind == Selector::Kind::rest) return true;
    if (resolve(who, context()).empty() && !drew_nobody_ && !circular_) {
      loading_.findings.error("E134", who.at, length_of(who),
                              "`" + cut(to_text(who), 40) + "` matches no replica");
      return false;
    }
    return true;
  }

  ResolutionContext context() const {
    ResolutionContext context;
    context.n = n_;
    context.f = f_;
    context.groups = scenario_.groups;
    context.regions = scenario_.network.regions;
    context.byzantine = byzantine_;
    return context;
  }

  static std::uint32_t length_of(const Selector& who) {
    return std::clamp<std::uint32_t>(code_points(to_text(who)), 1, 60);
  }

  bool affordable(const Selector& who) {
    const std::uint64_t cost = cost_of(who);
    spent_ += cost;
    if (cost <= kRepeats * (n_ + 16) && spent_ <= kBudget) return true;
    loading_.findings.error("E003", who.at, 1, "the selectors unfold to too many replicas");
    exhausted_ = true;
    return false;
  }

  bool check(const Selector& who, const std::string& what, Allowed allowed, bool outermost) {
    const auto fail = [&](const char* code, std::string message, std::string hint = "") {
      loading_.findings.error(code, who.at, length_of(who), std::move(message), std::move(hint));
      return false;
    };
    switch (who.kind) {
      case Selector::Kind::replicas:
        if (who.last.value < n_) return true;
        return fail(
            "E131",
            "`r" + std::to_string(who.first.value < n_ ? who.last.value : who.first.value) +
                "` does not exist: " + std::to_string(n_) +
                (n_ == 1 ? " replica is r0" : " replicas are r0 .. r" + std::to_string(n_ - 1)));
      case Selector::Kind::all: return true;
      case Selector::Kind::honest:
      case Selector::Kind::byzantine:
        return allowed.adversary ||
               fail("E136", "`" + to_text(who) + "` cannot decide who is Byzantine");
      case Selector::Kind::role:
        return allowed.roles || fail("E136", "`" + to_text(who) + "` changes during the run; `" +
                                                 what + "` is fixed at the start");
      case Selector::Kind::rest:
        return (allowed.rest && outermost) ||
               fail("E136",
                    "`rest` has a meaning only as a side of a partition or a line of `power`");
      case Selector::Kind::group: return check_group(who, what, allowed);
      case Selector::Kind::region: return check_region(who);
      case Selector::Kind::list:
      case Selector::Kind::any: break;
    }
    if (who.kind == Selector::Kind::any) {
      allowed.roles = false;
      if (what.starts_with("groups.")) allowed.adversary = false;
    }
    bool right = true;
    for (const Selector& item : who.items) right = check(item, what, allowed, false) && right;
    return right;
  }

  bool check_group(const Selector& who, const std::string& what, Allowed allowed) {
    std::vector<std::string> names;
    for (const Group& group : scenario_.groups) {
      if (group.name != who.name) {
        names.push_back(group.name);
        continue;
      }
      if (!allowed.roles && is_dynamic(who, scenario_.groups)) {
        loading_.findings.error("E136", who.at, length_of(who),
                                "group `" + who.name + "` changes during the run; `" + what +
                                    "` is fixed at the start");
        return false;
      }
      return allowed.adversary || !names_adversary(group.members, who, 0);
    }
    for (const char* word : {"all", "honest", "byzantine", "rest"}) names.emplace_back(word);
    const auto guess = nearest(who.name, names);
    Diagnostic& d =
        loading_.findings.error("E133", who.at, length_of(who), "no group " + ticked(who.name),
                                guess ? "did you mean `" + *guess + "`?" : "");
    d.notes.push_back(
        "a selector is r3, r0..r3, a list, a group, region:NAME, role:leader, honest, byzantine, "
        "all or any(k)");
    return false;
  }

  bool names_adversary(const Selector& members, const Selector& who, int nesting) {
    if (nesting > 64) return false;
    if (members.kind == Selector::Kind::honest || members.kind == Selector::Kind::byzantine) {
      loading_.findings.error("E136", who.at, length_of(who),
                              "group `" + who.name +
                                  "` cannot decide who is Byzantine: it contains `" +
                                  to_text(members) + "`");
      return true;
    }
    if (members.kind == Selector::Kind::group)
      for (const Group& group : scenario_.groups)
        if (group.name == members.name) return names_adversary(group.members, who, nesting + 1);
    return std::any_of(members.items.begin(), members.items.end(), [&](const Selector& item) {
      return names_adversary(item, who, nesting + 1);
    });
  }

  bool check_region(const Selector& who) {
    std::vector<std::string> names;
    for (const Region& region : scenario_.network.regions) {
      if (region.name == who.name) return true;
      names.push_back(region.name);
    }
    const auto guess = nearest(who.name, names);
    loading_.findings.error("E133", who.at, length_of(who), "no region " + ticked(who.name),
                            guess           ? "did you mean `region:" + *guess + "`?"
                            : names.empty() ? "`network.regions` is not set"
                                            : "");
    return false;
  }

  /// Replaces every any(...) by the replicas drawn, innermost first.
  bool draw(Selector& who) {
    for (Selector& item : who.items)
      if (!draw(item)) return false;
    return who.kind != Selector::Kind::any || draw_any(who);
  }

  bool draw_any(Selector& who) {
    std::vector<ReplicaId> pool = resolve(
        who.items.empty() ? Selector{.kind = Selector::Kind::all} : who.items[0], context());
    const std::int64_t least = count_of(who.quantity, pool.size());
    const std::int64_t most = who.up_to ? count_of(*who.up_to, pool.size()) : least;
    const std::string text = to_text(who);
    if (most < least) {
      loading_.findings.error("E135", who.at, length_of(who),
                              "`" + text + "` draws from " + std::to_string(least) + " to " +
                                  std::to_string(most) + ": it ends before it starts");
      return false;
    }
    if (most > static_cast<std::int64_t>(pool.size())) {
      loading_.findings.error("E135", who.at, length_of(who),
                              "`" + text + "` draws " + std::to_string(most) + " of " +
                                  std::to_string(pool.size()) + " replicas");
      return false;
    }
    const std::int64_t wanted =
        least + static_cast<std::int64_t>(bits_for(loading_.seed, who.name + " count") %
                                          static_cast<std::uint64_t>(most - least + 1));
    if (wanted <= 0) {
      drew_nobody_ = true;
      // Asked for as none it is an empty list; else it stays what it was: nobody, and not on
      // purpose.
      loading_.drew = true;
      if (asks_for_none(who.quantity)) {
        who = Selector{.kind = Selector::Kind::list, .at = who.at};
        return true;
      }
      who.name.clear();
      loading_.findings.warning(
          "W211", who.at, length_of(who),
          "selector " + text + " draws nobody: " +
              (who.quantity.kind == Quantity::Kind::faults ? "f = " + std::to_string(f_) + " with "
                                                           : "out of ") +
              std::to_string(n_) + (n_ == 1 ? " replica" : " replicas"));
      return true;
    }
    Rng rng(bits_for(loading_.seed, who.name));
    loading_.drew = true;
    Selector drawn = {.kind = Selector::Kind::list, .at = who.at};
    for (std::int64_t i = 0; i < wanted; ++i) {
      const std::size_t pick =
          static_cast<std::size_t>(i) + rng.below(pool.size() - static_cast<std::size_t>(i));
      std::swap(pool[static_cast<std::size_t>(i)], pool[pick]);
    }
    pool.resize(static_cast<std::size_t>(wanted));
    std::sort(pool.begin(), pool.end());
    for (ReplicaId r : pool)
      drawn.items.push_back(
          {.kind = Selector::Kind::replicas, .first = r, .last = r, .at = who.at});
    who = std::move(drawn);
    return true;
  }

  static bool asks_for_none(const Quantity& quantity) {
    return quantity.number == 0 &&
           (quantity.kind == Quantity::Kind::number || quantity.kind == Quantity::Kind::percent);
  }

  std::int64_t count_of(const Quantity& quantity, std::size_t pool) const {
    switch (quantity.kind) {
      case Quantity::Kind::number: return quantity.number;
      case Quantity::Kind::faults: return static_cast<std::int64_t>(f_) + quantity.number;
      case Quantity::Kind::divided: return static_cast<std::int64_t>(n_) / quantity.number;
      case Quantity::Kind::percent: return static_cast<std::int64_t>(pool) * quantity.number / 100;
    }
    return 0;
  }

  void bind_action(Action& action) {
    if (action.meaning != FaultMeaning::turns)
      for (auto& [option, who] : action.selectors) bind(who, option == "who" ? "who" : "links", {});
    for (Links& links : action.links) {
      bind(links.from, "links", {});
      bind(links.to, "links", {});
    }
    if (!action.sides.empty()) bind_sides(action.sides);
  }

  void bind_sides(std::vector<Selector>& all) {
    bool right = true;
    for (Selector& side : all) right = bind(side, "partition", {.rest = true}) && right;
    if (!right) return;
    const auto is_rest = [](const Selector& s) { return s.kind == Selector::Kind::rest; };
    const auto rests = std::count_if(all.begin(), all.end(), is_rest);
    if (rests > 1) {
      loading_.findings.error("E132", all.back().at, 4, "`rest` is two sides of the partition");
      return;
    }
    for (const Selector& side : all)
      if (is_dynamic(side, scenario_.groups)) return;  // the run decides
    std::map<ReplicaId, const Selector*> sides;
    for (const Selector& side : all)
      for (ReplicaId r : resolve(side, context()))
        if (const auto [first, is_new] = sides.emplace(r, &side); !is_new) {
          loading_.findings.error(
              "E132", side.at, length_of(side),
              "`r" + std::to_string(r.value) + "` is in both sides of the partition (" +
                  cut(to_text(*first->second), 30) + ", " + cut(to_text(side), 30) + ")");
          return;
        }
    if (rests > 0 || sides.size() == n_) return;
    std::vector<ReplicaId> alone;
    for (std::uint32_t r = 0; r < n_ && alone.size() < 50; ++r)
      if (!sides.contains(ReplicaId(r))) alone.push_back(ReplicaId(r));
    loading_.findings.warning(
        "W330", all[0].at, length_of(all[0]),
        "partition leaves " + indices(alone) + " in no side; " +
            (alone.size() == 1 ? "it is treated as isolated" : "they are treated as isolated"),
        "add a side, such as `rest`");
  }

  void bind_power() {
    std::vector<PowerShare>& power = scenario_.protocol.power;
    double total = 0;
    bool equal = false;
    std::size_t named = 0;
    std::vector<bool> seen(n_, false);
    for (PowerShare& line : power) {
      if (!bind(line.who, "power", {.roles = false, .rest = true})) return;
      const bool rest = line.who.kind == Selector::Kind::rest;
      const std::vector<ReplicaId> who = resolve(line.who, context());
      for (ReplicaId r : who) {
        if (seen[r.value]) {
          loading_.findings.error("E139", line.who.at, length_of(line.who),
                                  "`r" + std::to_string(r.value) + "` has two lines in `power`");
          return;
        }
        seen[r.value] = true;
      }
      const std::size_t count =
          rest ? n_ - static_cast<std::size_t>(std::count(seen.begin(), seen.end(), true))
               : who.size();
      named += count;
      equal |= !line.share && count > 0;
      if (line.share) total += *line.share * static_cast<double>(count);
    }
    if (power.empty()) return;
    const Position at = power[0].who.at;
    if (named < n_)
      loading_.findings.error("E139", at, 1, "`power` leaves replicas without a line",
                              "add `rest: equal`");
    else if (total > 1 + 1e-9)
      loading_.findings.error("E139", at, 1, "the shares of `power` add up to more than 1");
    else if (!equal && total < 1 - 1e-9)
      loading_.findings.error("E139", at, 1, "the shares of `power` add up to less than 1",
                              "write `rest: equal`");
  }

  void bind_options() {
    for (UnboundOption& option : unbound_.protocol) bind_option(scenario_.protocol.options, option);
    for (auto& [index, option] : unbound_.own)
      bind_option(scenario_.protocol.options_of[index].options, option);
    for (auto& [index, option] : unbound_.behaviors)
      bind_option(scenario_.adversary.behaviors[index].options, option);
    for (auto& [index, option] : unbound_.timeline)
      bind_option(scenario_.timeline[index].action.behavior->options, option);
  }

  void bind_option(Options& options, UnboundOption& option) {
    if (!bind(option.who, option.option, {.roles = false})) return;
    std::vector<ReplicaId> named = resolve(option.who, context());
    if (named.empty()) {  // to an option nobody named is not nobody: it is the default
      loading_.findings.error(
          "E134", option.who.at, length_of(option.who),
          "`" + option.option + ": " + cut(to_text(option.who), 40) + "` names no replica",
          "leave `" + option.option + "` out to have its default");
      return;
    }
    check_honest(options, option, named);
    options.set_replicas(option.option, std::move(named));
  }

  /// E164: an option that is about honest replicas names others.
  void check_honest(const Options& options, const UnboundOption& option,
                    const std::vector<ReplicaId>& named) {
    const auto spec = std::ranges::find(options.specs(), option.option, &OptionSpec::name);
    if (spec == options.specs().end() || spec->range.empty()) return;
    const auto is_liar = [&](ReplicaId r) { return std::ranges::binary_search(byzantine_, r); };
    const auto fail = [&](std::string message, std::string hint) {
      loading_.findings.error("E164", option.who.at, length_of(option.who), std::move(message),
                              std::move(hint));
    };
    const auto liars = static_cast<std::size_t>(std::ranges::count_if(named, is_liar));
    if (spec->range == "honest") {
      if (liars == 0) return;
      std::uint32_t honest = 0;
      while (honest < n_ && is_liar(ReplicaId(honest))) ++honest;
      fail("`" + option.option + "` must be honest: r" +
               std::to_string(std::ranges::find_if(named, is_liar)->value) + " is Byzantine",
           honest < n_ ? "such as r" + std::to_string(honest) : "");
    } else if (liars == named.size()) {
      fail("`" + option.option + "` names no honest replica: there is nobody to be lied to", "");
    } else if (named.size() - liars + byzantine_.size() == n_) {
      fail("`" + option.option + "` names every honest replica: nobody is left for the other side",
           "");
    }
  }

  Loading& loading_;
  Scenario& scenario_;
  Unbound& unbound_;
  std::uint32_t n_ = 0, f_ = 0;
  std::vector<ReplicaId> byzantine_;
  std::map<std::string, std::uint64_t> costs_;
  std::uint64_t spent_ = 0;
  bool exhausted_ = false;
  bool drew_nobody_ = false;  // the selector being bound has an any(...) of none
  bool circular_ = false;     // some group contains itself: one error is enough
};

}  // namespace

void bind_selectors(Loading& loading, Scenario& scenario, Unbound& unbound) {
  if (scenario.protocol.replicas > 0) Binder(loading, scenario, unbound).bind();
}

}  // namespace byzlab::scenario
