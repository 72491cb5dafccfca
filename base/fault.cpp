#include "base/fault.h"

#include <algorithm>
#include <map>

namespace byzlab {

std::vector<LinkSet> by_sender(const std::vector<LinkSet>& sets) {
  std::map<ReplicaId, std::vector<std::size_t>> sets_of;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    for (const ReplicaId from : sets[i].from) sets_of[from].push_back(i);
  }
  // Senders that are in the same sets have the same receivers.
  std::map<std::vector<std::size_t>, std::vector<ReplicaId>> senders_of;
  for (const auto& [from, of] : sets_of) senders_of[of].push_back(from);
  std::vector<LinkSet> disjoint;
  for (auto& [of, senders] : senders_of) {
    LinkSet& set = disjoint.emplace_back();
    set.from = std::move(senders);
    for (const std::size_t i : of) {
      set.to.insert(set.to.end(), sets[i].to.begin(), sets[i].to.end());
    }
    std::ranges::sort(set.to);
    const auto repeated = std::ranges::unique(set.to);
    set.to.erase(repeated.begin(), repeated.end());
  }
  return disjoint;
}

std::uint64_t count_links(const FaultReach& reach) {
  std::uint64_t pairs = 0, in_sides = 0;
  for (const auto& side : reach.sides) {
    pairs += in_sides * side.size() * 2;
    in_sides += side.size();
  }
  for (const LinkSet& set : by_sender(reach.links)) {
    pairs += set.from.size() * set.to.size();
    pairs -= static_cast<std::uint64_t>(std::ranges::count_if(
        set.from, [&](ReplicaId r) { return std::ranges::binary_search(set.to, r); }));
  }
  return pairs;
}

}  // namespace byzlab
