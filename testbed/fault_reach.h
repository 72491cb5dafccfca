// Whom an action of the timeline meets when it begins, and how that is told.
#pragma once

#include <memory>
#include <string>

#include "base/fault.h"
#include "faults/fault.h"
#include "testbed/scenario/scenario.h"
#include "testbed/scenario/selectors.h"

namespace byzlab {

/// The action's fault. Throws std::runtime_error with a message for the user when there is none.
std::unique_ptr<Fault> make_fault(const scenario::Action& action);

/// What its selectors mean; `context` says who has a role now.
Targets targets_of(const scenario::Action& action, const scenario::ResolutionContext& context);

FaultReach reach_of(const scenario::Action& action, const scenario::ResolutionContext& context);
/// Of the action's fault, which is there already.
FaultReach reach_of(const scenario::Action& action, const Fault& fault,
                    const scenario::ResolutionContext& context);

/// Whom it met: "{r0 r1 | r2 r3}", "r1 r4"; of what names no replicas what the scenario says.
std::string text_of(const FaultReach& reach, std::string said);

/// Nothing passes the links it names.
bool cuts(const FaultReach& reach);

}  // namespace byzlab
