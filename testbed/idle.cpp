#include "testbed/idle.h"

#include <algorithm>

#include "testbed/scenario/selectors.h"

namespace byzlab {

namespace sc = scenario;

namespace {

bool never_strikes(const sc::Behavior& behavior) {
  return behavior.options.has("probability") && behavior.options.probability("probability") == 0;
}

void look_at_adversary(const Report& report, const sc::Scenario& scenario,
                       std::vector<Idle>& idle) {
  const sc::Adversary& adversary = scenario.adversary;
  const auto of_adversary = [&](std::string text) {
    idle.push_back({.what = "adversary", .text = std::move(text)});
  };
  if (!adversary.members) {
    if (!adversary.behaviors.empty()) of_adversary("the adversary has no members");
    return;
  }
  if (sc::resolve(*adversary.members, sc::context_of(scenario)).empty()) {
    if (!sc::asks_for_nobody(*adversary.members)) {
      of_adversary("the adversary, " + sc::to_text(*adversary.members) +
                   ", is nobody (f = " + std::to_string(report.f) + ")");
    }
    return;
  }
  if (adversary.behaviors.empty()) of_adversary("the adversary has no behavior: it was honest");
  for (std::size_t i = 0; i < adversary.behaviors.size(); ++i) {
    const bool acted = i < report.behaviors.size() && report.behaviors[i].total() > 0;
    if (acted || never_strikes(adversary.behaviors[i])) continue;
    idle.push_back({.what = "behavior." + std::to_string(i),
                    .text = "behavior `" + adversary.behaviors[i].name + "` had no effect"});
  }
}

}  // namespace

std::vector<Idle> idle_in(const Report& report, const sc::Scenario& scenario) {
  std::vector<Idle> idle;
  look_at_adversary(report, scenario, idle);
  for (std::size_t i = 0; i < report.faults.size(); ++i) {
    const FaultResult& fault = report.faults[i];
    if (fault.had_effect || fault.asked_for_none) continue;
    idle.push_back({.what = "timeline." + std::to_string(i),
                    .text = "fault `" + fault.label + "` " +
                            (fault.windows.empty() ? "never began" : "had no effect")});
  }
  return idle;
}

bool asks_for_nothing(const sc::Action& action) {
  const auto nobody = [](const sc::Selector& who) { return sc::asks_for_nobody(who); };
  if (std::ranges::any_of(action.selectors, [&](const auto& s) { return nobody(s.second); }) ||
      std::ranges::any_of(action.sides, nobody)) {
    return true;
  }
  if (!action.links.empty() && std::ranges::all_of(action.links, [&](const sc::Links& l) {
        return nobody(l.from) || nobody(l.to);
      })) {
    return true;
  }
  if (action.behavior && never_strikes(*action.behavior)) return true;
  if (action.options.has("probability") && action.options.probability("probability") == 0) {
    return true;
  }
  return action.meaning == FaultMeaning::delays &&
         action.options.duration("add") + action.options.duration("jitter") == Duration{0};
}

}  // namespace byzlab
