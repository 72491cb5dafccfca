// The way of a unicast over an overlay's links: by as few hops as there are, over what carries
// something now.
//
// Whether a link carries and a process relays is asked when distances are computed; who knows that
// either has changed says forget(). Distances to a destination are kept, 2 bytes a process, up to
// some memory.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/rng.h"
#include "network/overlay.h"

namespace byzlab {

class Routes {
 public:
  /// The neighbour to which a message for `to` goes on from `at`; `draw` picks among those that are
  /// equally near. None when there is no way. usable(p, q): q hears p, and hands on what is not for
  /// it.
  template <class Usable>
  std::optional<ProcessId> next_hop(const Overlay& overlay, ProcessId at, ProcessId to,
                                    std::uint64_t draw, Usable usable) {
    const std::vector<std::uint16_t>& hops = hops_to(overlay, to, usable);
    const std::uint16_t here = hops[at.value];
    if (here == kNoWay || here == 0) return std::nullopt;
    std::uint32_t nearer = 0;
    ProcessId chosen{};
    Rng rng(draw);
    for (std::uint32_t k = 0; k < overlay.degree(at); ++k) {
      const ProcessId q = overlay.neighbor(at, k);
      if (hops[q.value] + 1u != here || !usable(at, q)) continue;
      if (rng.below(++nearer) == 0) chosen = q;
    }
    return nearer == 0 ? std::nullopt : std::optional(chosen);
  }

  void forget() {
    by_destination_.clear();
    kept_ = 0;
  }

 private:
  static constexpr std::uint16_t kNoWay = std::numeric_limits<std::uint16_t>::max();
  static constexpr std::size_t kMostKept = std::size_t{32} << 20;  // entries

  /// By process, how many hops it is from there; breadth first, from the destination.
  template <class Usable>
  const std::vector<std::uint16_t>& hops_to(const Overlay& overlay, ProcessId to, Usable usable) {
    const std::uint32_t n = overlay.processes();
    by_destination_.resize(n);
    if (!by_destination_[to.value].empty()) return by_destination_[to.value];
    if (kept_ + n > kMostKept) {
      forget();
      by_destination_.resize(n);
    }
    std::vector<std::uint16_t>& hops = by_destination_[to.value];
    hops.assign(n, kNoWay);
    hops[to.value] = 0;
    kept_ += n;
    std::vector<ProcessId> edge{to};
    for (std::size_t i = 0; i < edge.size(); ++i) {
      const ProcessId q = edge[i];
      if (hops[q.value] + 1 == kNoWay) break;
      for (std::uint32_t k = 0; k < overlay.degree(q); ++k) {
        const ProcessId p = overlay.neighbor(q, k);
        if (hops[p.value] != kNoWay || !usable(p, q)) continue;
        hops[p.value] = static_cast<std::uint16_t>(hops[q.value] + 1);
        edge.push_back(p);
      }
    }
    return hops;
  }

  std::vector<std::vector<std::uint16_t>> by_destination_;
  std::size_t kept_ = 0;
};

}  // namespace byzlab
