// The latency model that a scenario's network section describes.
#pragma once

#include "network/latency.h"
#include "testbed/scenario/scenario.h"

namespace byzlab {

/// `replica_of` is by process: a twin stands where its replica does. Throws std::runtime_error with
/// a message for the user when the matrix file can't be read.
LatencyModel latency_of(const scenario::Scenario& scenario,
                        const std::vector<ReplicaId>& replica_of);

/// "normal 40 ± 8 ms": for people.
std::string latency_text(const scenario::Latency& latency);

}  // namespace byzlab
