// Faults as tests write them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "faults/registry.h"
#include "testbed/scenario/scenario.h"

namespace byzlab::testing {

/// A fault of the registry with the defaults of its row; its plain options as pairs of texts.
inline scenario::Action action(
    std::string_view name,
    std::vector<std::pair<std::string_view, std::string_view>> options = {}) {
  const FaultInfo& row = *find_fault(name);
  scenario::Action action{.name = std::string(name),
                          .meaning = row.meaning,
                          .span = row.span,
                          .brief = std::string(row.brief),
                          .options = Options(row.options)};
  for (const auto& [option, text] : options) action.options = action.options.with(option, text);
  return action;
}

/// Of replicas: crash, restart, wipe, pause, isolate, disk, clock.
inline scenario::Action on(
    std::string_view name, scenario::Selector who,
    std::vector<std::pair<std::string_view, std::string_view>> options = {}) {
  scenario::Action of = action(name, std::move(options));
  of.selectors.emplace_back("who", std::move(who));
  return of;
}

inline scenario::Action crash(scenario::Selector who) { return on("crash", std::move(who)); }
inline scenario::Action pause(scenario::Selector who) { return on("pause", std::move(who)); }
inline scenario::Action isolate(scenario::Selector who) { return on("isolate", std::move(who)); }

inline scenario::Action partition(std::vector<scenario::Selector> sides) {
  scenario::Action of = action("partition");
  of.sides = std::move(sides);
  return of;
}

/// Of links: cut, drop, duplicate, reorder, corrupt, delay, throttle.
inline scenario::Action on_links(
    std::string_view name, scenario::Links links,
    std::vector<std::pair<std::string_view, std::string_view>> options = {}) {
  scenario::Action of = action(name, std::move(options));
  of.links.push_back(std::move(links));
  return of;
}

inline scenario::Action mark(std::string_view text) { return action("mark", {{"text", text}}); }

}  // namespace byzlab::testing
