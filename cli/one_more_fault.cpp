// One more entry in a timeline.
#include "cli/one_more_fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "base/quantity.h"
#include "faults/registry.h"
#include "testbed/run.h"
#include "testbed/scenario/load.h"
#include "testbed/scenario/lock.h"
#include "testbed/scenario/selectors.h"

namespace byzlab {
namespace {

namespace sc = scenario;

sc::Selector one(std::uint32_t replica) {
  sc::Selector who;
  who.kind = sc::Selector::Kind::replicas;
  who.first = who.last = ReplicaId(replica);
  return who;
}

sc::Action action_of(const FaultCommand& command) {
  static constexpr std::string_view kCommands[] = {"crash", "restart", "isolate", "become"};
  const FaultInfo* row = find_fault(command.what);
  if (row == nullptr || std::ranges::find(kCommands, command.what) == std::end(kCommands)) {
    throw std::invalid_argument("There is no command `" + command.what + "`.");
  }
  sc::Action action{.name = command.what,
                    .meaning = row->meaning,
                    .span = row->span,
                    .brief = std::string(row->brief),
                    .options = Options(row->options)};
  action.selectors.emplace_back("who", one(command.replica));
  if (row->meaning != FaultMeaning::turns) return action;
  const BehaviorInfo* behavior = find_behavior(command.behavior);
  if (behavior == nullptr) {
    throw std::invalid_argument("There is no behavior `" + command.behavior + "`.");
  }
  action.behavior = sc::Behavior{
      .name = std::string(behavior->name), .options = Options(behavior->options), .at = {}};
  return action;
}

/// Whether an entry cuts this replica off at that moment.
bool cuts_off(const sc::Scenario& scenario, const sc::TimelineEntry& entry, std::uint32_t replica,
              Time at) {
  const auto* start = std::get_if<sc::StartAt>(&entry.start);
  if (start == nullptr || entry.repeat || start->at >= at) return false;
  if (entry.length && start->at + *entry.length <= at) return false;
  if (!entry.action.sides.empty()) return true;
  const sc::Selector* who = entry.action.selector("who");
  if (who == nullptr || entry.action.meaning != FaultMeaning::cuts) return false;
  return std::ranges::count(sc::resolve(*who, sc::context_of(scenario)), ReplicaId(replica)) > 0;
}

std::string fresh_label(const sc::Scenario& scenario) {
  for (std::size_t i = 1;; ++i) {
    const auto label = "live-" + std::to_string(i);
    if (std::ranges::find(scenario.timeline, label, &sc::TimelineEntry::label) ==
        scenario.timeline.end()) {
      return label;
    }
  }
}

}  // namespace

ForkedScenario with_fault(const sc::Scenario& base, std::uint64_t seed, Time at,
                          const FaultCommand& command) {
  if (command.replica >= base.protocol.replicas) {
    throw std::invalid_argument(fmt::format("r{} does not exist: {} replicas are r0 .. r{}",
                                            command.replica, base.protocol.replicas,
                                            base.protocol.replicas - 1));
  }
  if (at >= kStart + base.duration) throw std::invalid_argument("The run is over by then.");
  sc::Scenario changed = base;
  changed.seed = seed;
  const std::string when = duration_text(at - kStart);
  std::string yaml;
  if (command.what == "heal") {
    std::size_t healed = 0;
    for (auto& entry : changed.timeline) {
      if (!cuts_off(base, entry, command.replica, at)) continue;
      ++healed;
      entry.length = at - std::get<sc::StartAt>(entry.start).at;
      yaml += (yaml.empty() ? "" : "\n") + entry.label + ": for: " + duration_text(*entry.length);
    }
    if (healed == 0) {
      throw std::invalid_argument(fmt::format("Nothing cuts r{} off.", command.replica));
    }
  } else {
    sc::TimelineEntry entry;
    entry.label = fresh_label(base);
    entry.start = sc::StartAt{at};
    entry.action = action_of(command);
    yaml = fmt::format("- {{ at: {}, label: {}, {}: {} }}", when, entry.label, command.what,
                       command.what == "become" ? fmt::format("{{ who: r{}, behavior: {} }}",
                                                              command.replica, command.behavior)
                                                : fmt::format("r{}", command.replica));
    changed.timeline.push_back(std::move(entry));
  }
  const auto loaded =
      sc::load_text(sc::lock_text(changed), base.file, catalogue(), {.sets = {}, .seed = seed});
  if (!loaded.scenario) {
    throw std::invalid_argument(sc::to_text(loaded.diagnostics, loaded.source, {}));
  }
  ForkedScenario forked{.scenario = *loaded.scenario, .yaml = yaml};
  forked.scenario.runs = base.runs;
  return forked;
}

}  // namespace byzlab
