// Who every selector means: names that exist, draws of any(...), sides that do not overlap, bounds.
#include <algorithm>
#include <map>
#include <numeric>
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
    if (const ProtocolEntry* entry = protocol_entry(loading.catalogue, scenario.protocol.name)) {
      protocol_ = entry;
      f_ = entry->max_faulty(n_);
    }
  }

  void bind() {
    bind_groups();
    if (scenario_.adversary.members)
      bind(*scenario_.adversary.members, "adversary.members", {.roles = false, .adversary = false});
    for (TimelineEntry& entry : scenario_.timeline)
      if (Become* become = std::get_if<Become>(&entry.action))
        bind(become->who, "become", {.adversary = false});
    if (exhausted_) return;
    byzantine_ = byzantine_replicas(scenario_);
    for (TimelineEntry& entry : scenario_.timeline)
      std::visit([&](auto& action) { bind_action(action); }, entry.action);
    for (Expectation& expectation : scenario_.expectations) {
      if (!expectation.among) continue;
      bind(*expectation.among, "among", {});
      expectation.text = expectation_text(expectation);
    }
    bind_power();
    bind_options();
    check_bound();
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
    if (who.kind == Selector::Kind::list && who.items.empty() && !drew_nobody_) {
      loading_.findings.warning("W211", who.at, length_of(who), "an empty list is nobody");
      return true;
    }
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
    const std::int64_t wanted = count_of(who.quantity, pool.size());
    const std::string text = to_text(who);
    if (wanted > static_cast<std::int64_t>(pool.size())) {
      loading_.findings.error("E135", who.at, length_of(who),
                              "`" + text + "` draws " + std::to_string(wanted) + " of " +
                                  std::to_string(pool.size()) + " replicas");
      return false;
    }
    if (wanted <= 0) {
      drew_nobody_ = true;
      loading_.findings.warning(
          "W211", who.at, length_of(who),
          "selector " + text + " draws nobody: " +
              (who.quantity.kind == Quantity::Kind::faults ? "f = " + std::to_string(f_) + " with "
                                                           : "out of ") +
              std::to_string(n_) + (n_ == 1 ? " replica" : " replicas"));
    }
    Rng rng(bits_for(loading_.seed, who.name));
    loading_.drew = true;
    Selector drawn = {.kind = Selector::Kind::list, .at = who.at};
    for (std::int64_t i = 0; i < wanted; ++i) {
      const std::size_t pick =
          static_cast<std::size_t>(i) + rng.below(pool.size() - static_cast<std::size_t>(i));
      std::swap(pool[static_cast<std::size_t>(i)], pool[pick]);
    }
    pool.resize(static_cast<std::size_t>(std::max<std::int64_t>(0, wanted)));
    std::sort(pool.begin(), pool.end());
    for (ReplicaId r : pool)
      drawn.items.push_back(
          {.kind = Selector::Kind::replicas, .first = r, .last = r, .at = who.at});
    who = std::move(drawn);
    return true;
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

  template <class Act>
  void bind_action(Act& action) {
    if constexpr (std::is_same_v<Act, Partition>)
      bind_partition(action);
    else if constexpr (std::is_same_v<Act, Mark> || std::is_same_v<Act, Become>)
      return;
    else if constexpr (requires { action.who; })
      bind(action.who, "who", {});
    else
      bind_links(action.links);
  }

  void bind_links(Links& links) {
    bind(links.from, "links", {});
    bind(links.to, "links", {});
  }

  void bind_partition(Partition& partition) {
    bool right = true;
    for (Selector& side : partition.sides) right = bind(side, "partition", {.rest = true}) && right;
    if (!right) return;
    const auto is_rest = [](const Selector& s) { return s.kind == Selector::Kind::rest; };
    const auto rests = std::count_if(partition.sides.begin(), partition.sides.end(), is_rest);
    if (rests > 1) {
      loading_.findings.error("E132", partition.sides.back().at, 4,
                              "`rest` is two sides of the partition");
      return;
    }
    for (const Selector& side : partition.sides)
      if (is_dynamic(side, scenario_.groups)) return;  // the run decides
    std::map<ReplicaId, const Selector*> sides;
    for (const Selector& side : partition.sides)
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
        "W330", partition.sides[0].at, length_of(partition.sides[0]),
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
    const auto set = [&](Options& options, UnboundOption& option) {
      if (bind(option.who, option.option, {.roles = false}))
        options.set_replicas(option.option, resolve(option.who, context()));
    };
    for (UnboundOption& option : unbound_.protocol) set(scenario_.protocol.options, option);
    for (auto& [index, option] : unbound_.behaviors)
      set(scenario_.adversary.behaviors[index].options, option);
    for (auto& [index, option] : unbound_.timeline)
      if (Become* become = std::get_if<Become>(&scenario_.timeline[index].action))
        set(become->behavior.options, option);
  }

  /// More Byzantine power than the protocol tolerates is allowed if the file says that it is the
  /// point.
  void check_bound() {
    if (!protocol_ || byzantine_.empty() || scenario_.adversary.beyond_bound ||
        loading_.findings.errors() > 0)
      return;
    Position at = scenario_.adversary.members ? scenario_.adversary.members->at : Position{};
    if (at.line == 0)
      for (const TimelineEntry& entry : scenario_.timeline)
        if (const Become* become = std::get_if<Become>(&entry.action)) at = become->who.at;
    if (protocol_->crash_only) {
      for (const Behavior& behavior : scenario_.adversary.behaviors)
        loading_.findings.error("E161", behavior.at,
                                static_cast<std::uint32_t>(behavior.name.size()),
                                protocol_->name + " has no defence against `" + behavior.name + "`",
                                "add `beyond_bound: true` if that is the point");
      return;
    }
    const std::vector<std::uint64_t> power = power_units(scenario_);
    const std::uint64_t total = std::accumulate(power.begin(), power.end(), std::uint64_t{0});
    std::uint64_t theirs = 0;
    for (ReplicaId r : byzantine_) theirs += power[r.value];
    if (theirs * protocol_->fault_denominator < total * protocol_->fault_numerator) return;
    const std::string count = std::to_string(byzantine_.size()) + " Byzantine replica" +
                              (byzantine_.size() == 1 ? "" : "s");
    const bool equal = scenario_.protocol.power.empty();
    loading_.findings.warning(
        "W310", at, 1,
        equal ? count + (byzantine_.size() == 1 ? " exceeds" : " exceed") +
                    " the bound f = " + std::to_string(f_) + " of n = " + std::to_string(n_)
              : count + " with " + std::to_string(theirs * 100 / total) + " % of the power " +
                    (byzantine_.size() == 1 ? "exceeds" : "exceed") + " the bound of " +
                    protocol_->name,
        "set `beyond_bound: true` to accept");
  }

  Loading& loading_;
  Scenario& scenario_;
  Unbound& unbound_;
  const ProtocolEntry* protocol_ = nullptr;
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
