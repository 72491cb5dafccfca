// Who forwards to whom. An engine says broadcast; the overlay says which links that uses.
//
// `full`: everyone is everyone's neighbour, a broadcast is n-1 sends. `random`: a connected graph
// of a given degree, over which a broadcast floods. The graph is undirected and has no loops or
// double edges.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/ids.h"

namespace byzlab {

class Overlay {
 public:
  /// Every process a neighbour of every other.
  static Overlay full(std::uint32_t processes);

  /// A random graph, the same for the same seed. Each process has `degree` neighbours; one of them
  /// has one less when processes × degree is odd. Degrees below 2 count as 2, degrees of processes
  /// - 1 and above give the full graph. Connected by construction: a random cycle through all is in
  /// it.
  static Overlay random(std::uint32_t processes, std::uint32_t degree, std::uint64_t seed);

  bool is_full() const { return full_; }
  std::uint32_t processes() const { return processes_; }
  std::uint64_t links() const;  ///< undirected

  /// How many neighbours, and the k-th of them in ascending order.
  std::uint32_t degree(ProcessId p) const {
    return full_ ? processes_ - 1 : first_[p.value + 1] - first_[p.value];
  }
  ProcessId neighbor(ProcessId p, std::uint32_t k) const {
    return full_ ? ProcessId(k < p.value ? k : k + 1) : neighbors_[first_[p.value] + k];
  }

  /// Ascending. The span is good until the next call.
  std::span<const ProcessId> neighbors(ProcessId p) {
    if (first_.empty()) return others(p);
    return {neighbors_.data() + first_[p.value], first_[p.value + 1] - first_[p.value]};
  }

 private:
  /// Up to so many processes the full overlay is written out: it takes little memory then.
  static constexpr std::uint32_t kTabulated = 64;

  /// Everyone but p, in a large full overlay. One array for all: going from p to q rewrites the |p
  /// - q| entries that differ, always less than the broadcast it is for.
  std::span<const ProcessId> others(ProcessId p) {
    for (; hole_ < p.value; ++hole_) neighbors_[hole_] = ProcessId(hole_);
    for (; hole_ > p.value; --hole_) neighbors_[hole_ - 1] = ProcessId(hole_);
    return neighbors_;
  }

  bool full_ = true;
  std::uint32_t processes_ = 0;
  std::uint32_t hole_ = 0;            // who is missing from neighbors_, where first_ is empty
  std::vector<std::uint32_t> first_;  // CSR offsets, processes + 1 of them
  std::vector<ProcessId> neighbors_;
};

}  // namespace byzlab
