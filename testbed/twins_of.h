// The twins of a scenario, and what their lie needs of the network.
#pragma once

#include <cstdint>
#include <optional>

#include "faults/adversary.h"
#include "faults/twins.h"
#include "testbed/scenario/scenario.h"

namespace byzlab {

/// The behavior by which members equivocate, or null.
const scenario::Behavior* equivocation(const scenario::Scenario& scenario);

/// Who runs twice, for whom; none where nobody does.
std::optional<TwinsPlan> twins_of(const scenario::Scenario& scenario, const Adversary& adversary);

/// The scenario with the cut between the audiences (option `cut` of twins) as one more entry of its
/// timeline, so that whoever judges, tells or shows the run knows of it. None where nothing is cut.
std::optional<scenario::Scenario> with_audiences_cut(const scenario::Scenario& scenario,
                                                     std::uint64_t seed);

}  // namespace byzlab
