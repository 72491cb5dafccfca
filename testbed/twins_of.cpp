#include "testbed/twins_of.h"

#include <algorithm>

#include "faults/registry.h"
#include "testbed/scenario/selectors.h"

namespace byzlab {

namespace sc = scenario;

namespace {

ReplicaSet byzantine_of(const sc::Scenario& scenario) {
  ReplicaSet set;
  for (const ReplicaId r : sc::byzantine_replicas(scenario)) set.insert(r);
  return set;
}

/// The honest replicas of an audience.
sc::Selector audience(const TwinsPlan& plan, const ReplicaSet& liars, TwinsPlan::Audience which) {
  sc::Selector list{.kind = sc::Selector::Kind::list};
  for (std::uint32_t r = 0; r < plan.n; ++r) {
    if (liars.contains(ReplicaId(r)) || plan.audience_of[r] != which) continue;
    list.items.push_back(
        {.kind = sc::Selector::Kind::replicas, .first = ReplicaId(r), .last = ReplicaId(r)});
  }
  return list;
}

std::string unused_label(const sc::Scenario& scenario, std::string label) {
  const auto used = [&] {
    return std::ranges::any_of(scenario.timeline, [&](const auto& e) { return e.label == label; });
  };
  while (used()) label += "-2";
  return label;
}

}  // namespace

const sc::Behavior* equivocation(const sc::Scenario& scenario) {
  for (const sc::Behavior& behavior : scenario.adversary.behaviors) {
    const BehaviorInfo* info = find_behavior(behavior.name);
    if (info != nullptr && info->kind == BehaviorKind::twins) return &behavior;
  }
  return nullptr;
}

std::optional<TwinsPlan> twins_of(const sc::Scenario& scenario, const Adversary& adversary) {
  const sc::Behavior* behavior = equivocation(scenario);
  if (behavior == nullptr) return std::nullopt;
  std::vector<ReplicaId> twinned;
  if (scenario.adversary.members) {
    twinned = sc::resolve(*scenario.adversary.members, sc::context_of(scenario));
  }
  return plan_twins(scenario.protocol.replicas, twinned, adversary.members(), behavior->options,
                    adversary.mind(0x70145));
}

std::optional<sc::Scenario> with_audiences_cut(const sc::Scenario& scenario, std::uint64_t seed) {
  const sc::Behavior* behavior = equivocation(scenario);
  if (behavior == nullptr) return std::nullopt;
  const Duration length = behavior->options.duration("cut");
  if (length == Duration::zero()) return std::nullopt;
  const ReplicaSet liars = byzantine_of(scenario);
  const auto plan = twins_of(scenario, Adversary(seed, liars));
  if (plan->processes() == plan->n) return std::nullopt;  // nobody lies
  const FaultInfo& row = *find_fault("cut");
  sc::Action cut{.name = std::string(row.name),
                 .meaning = row.meaning,
                 .span = row.span,
                 .brief = std::string(row.brief),
                 .options = Options(row.options)};
  cut.links.push_back({.from = audience(*plan, liars, TwinsPlan::a),
                       .to = audience(*plan, liars, TwinsPlan::b),
                       .both = true});
  sc::Scenario attacked = scenario;
  attacked.timeline.push_back({.label = unused_label(scenario, behavior->name + "-cut"),
                               .start = sc::StartAt{kStart},
                               .length = length,
                               .repeat = std::nullopt,
                               .action = std::move(cut),
                               .at = behavior->at});
  return attacked;
}

}  // namespace byzlab
