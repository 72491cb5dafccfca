// Whom an action of the timeline meets when it begins, and how that is told.
#pragma once

#include <string>

#include "base/fault.h"
#include "testbed/scenario/scenario.h"
#include "testbed/scenario/selectors.h"

namespace byzlab {

/// Resolves its selectors. `context` says who has a role now.
FaultReach reach_of(const scenario::Action& action, const scenario::ResolutionContext& context);

/// Whom an action is about, as the scenario says it: "role:leader", "r0 -> all"; of a mark its
/// text.
std::string text_of(const scenario::Action& action);
/// Whom it met: "{r0 r1 | r2 r3}", "r1 r4"; of what names no replicas what was said.
std::string text_of(const FaultReach& reach, std::string said);

/// Directed links it names, a pair in several sets once. Of `sides`: those between two of them.
std::uint64_t count_links(const FaultReach& reach);

}  // namespace byzlab
