// Nothing passes because nothing happened: what a scenario asks for and did not get.
#pragma once

#include <vector>

#include "testbed/report.h"
#include "testbed/scenario/scenario.h"

namespace byzlab {

/// An adversary, a behavior, a fault, a lossy network that drew nobody, met nothing, never struck;
/// not those of which the file asks for none: any(0), a probability of 0. `report.behaviors` and
/// `report.faults`, one an entry of the timeline, are what the run came to.
std::vector<Idle> idle_in(const Report& report, const scenario::Scenario& scenario);

/// Whether the file says that it meets nobody, or never strikes.
bool asks_for_nothing(const scenario::Action& action);

}  // namespace byzlab
