#include "testbed/fault_reach.h"

#include <stdexcept>

#include "faults/registry.h"

namespace byzlab {

namespace sc = scenario;

namespace {

const FaultInfo& row_of(const sc::Action& action) {
  const FaultInfo* row = find_fault(action.name);
  if (row == nullptr) throw std::runtime_error("no fault " + action.name);
  return *row;
}

std::string list(const std::vector<ReplicaId>& replicas) {
  std::string text;
  for (const ReplicaId r : replicas) {
    text += (text.empty() ? "r" : " r") + std::to_string(r.value);
  }
  return text;
}

}  // namespace

std::unique_ptr<Fault> make_fault(const sc::Action& action) {
  return row_of(action).make(action.options);
}

Targets targets_of(const sc::Action& action, const sc::ResolutionContext& context) {
  Targets targets{.n = context.n};
  for (const auto& [option, who] : action.selectors) {
    targets.selected.emplace_back(option, sc::resolve(who, context));
  }
  if (!action.sides.empty()) targets.sides = sc::partition_sides(action.sides, context);
  for (const sc::Links& links : action.links) {
    targets.links.push_back(
        {.from = sc::resolve(links.from, context), .to = sc::resolve(links.to, context)});
    if (!links.both) continue;
    LinkSet back{.from = targets.links.back().to, .to = targets.links.back().from};
    targets.links.push_back(std::move(back));
  }
  return targets;
}

FaultReach reach_of(const sc::Action& action, const sc::ResolutionContext& context) {
  return reach_of(action, *make_fault(action), context);
}

FaultReach reach_of(const sc::Action& action, const Fault& fault,
                    const sc::ResolutionContext& context) {
  FaultReach reach = fault.reach(targets_of(action, context));
  reach.meaning = row_of(action).meaning;
  return reach;
}

std::string text_of(const FaultReach& reach, std::string said) {
  if (!reach.who.empty()) return list(reach.who);
  if (reach.sides.empty()) return said;
  std::string text;
  for (const auto& side : reach.sides) text += (text.empty() ? "{" : " | ") + list(side);
  return text + "}";
}

bool cuts(const FaultReach& reach) {
  return !reach.selective && (reach.meaning == FaultMeaning::cuts ||
                              (reach.meaning == FaultMeaning::loses && reach.probability >= 1));
}

}  // namespace byzlab
