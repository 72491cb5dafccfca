// The overlay as a graph of replicas: for whoever asks who can reach whom.
#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "network/overlay.h"
#include "testbed/scenario/scenario.h"

namespace byzlab {

/// By replica, with whom it has a link.
using ReplicaLinks = std::vector<std::vector<std::uint32_t>>;

/// What the scenario's topology is; the same for the same seed.
Overlay overlay_of(const scenario::Scenario& scenario, std::uint32_t processes, std::uint64_t seed);

/// Two replicas have a link when processes of theirs have one. Empty: everybody has with everybody.
ReplicaLinks links_of(Overlay& overlay, const std::vector<ReplicaId>& replica_of);

/// How many links a message passes at most, with everybody up: the diameter. Of a graph of more
/// than a thousand it is the longest way from one of them, which is at least half of that.
std::uint32_t hops_of(const ReplicaLinks& links);

}  // namespace byzlab
