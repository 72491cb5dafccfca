#include "testbed/overlay_links.h"

#include <algorithm>

namespace byzlab {

Overlay overlay_of(const scenario::Scenario& scenario, std::uint32_t processes,
                   std::uint64_t seed) {
  const auto* random = std::get_if<scenario::RandomOverlay>(&scenario.network.topology);
  return random != nullptr ? Overlay::random(processes, random->degree, seed)
                           : Overlay::full(processes);
}

ReplicaLinks links_of(Overlay& overlay, const std::vector<ReplicaId>& replica_of) {
  if (overlay.is_full()) return {};
  ReplicaLinks links;
  for (std::uint32_t p = 0; p < overlay.processes(); ++p) {
    const std::uint32_t r = replica_of[p].value;
    if (r >= links.size()) links.resize(r + 1);
    for (const ProcessId q : overlay.neighbors(ProcessId(p))) {
      if (replica_of[q.value].value != r) links[r].push_back(replica_of[q.value].value);
    }
  }
  for (auto& to : links) {
    std::ranges::sort(to);
    to.erase(std::unique(to.begin(), to.end()), to.end());
  }
  return links;
}

std::uint32_t hops_of(const ReplicaLinks& links) {
  constexpr std::size_t kMany = 1000;
  std::uint32_t most = 1;
  std::vector<std::uint32_t> distance, reached;
  for (std::uint32_t from = 0; from < links.size(); ++from) {
    distance.assign(links.size(), 0);
    reached.assign(1, from);
    for (std::size_t i = 0; i < reached.size(); ++i) {
      for (const std::uint32_t to : links[reached[i]]) {
        if (to == from || distance[to] != 0) continue;
        distance[to] = distance[reached[i]] + 1;
        most = std::max(most, distance[to]);
        reached.push_back(to);
      }
    }
    if (links.size() > kMany) break;
  }
  return most;
}

}  // namespace byzlab
