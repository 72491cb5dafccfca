// Partition: only processes on the same side hear each other; who is on no side is alone.
//
// Packets sent before the cut still arrive, as on a real wire; what is sent during it is lost.
#pragma once

#include <cstdint>
#include <vector>

#include "network/link.h"

namespace byzlab::links {

class Partition final : public LinkRule {
 public:
  /// Sides must be disjoint, among processes 0 … processes-1.
  Partition(Where where, std::size_t processes, const std::vector<std::vector<ProcessId>>& sides)
      : LinkRule(std::move(where)), side_(processes, kAlone) {
    std::uint16_t number = kAlone;
    for (const auto& side : sides) {
      ++number;
      for (ProcessId p : side) side_.at(p.value) = number;
    }
  }

  void shape(const Message&, Rng, Fates& fates) override {
    const std::uint16_t mine = side_[fates.from.value];
    lose_if(fates, DropReason::partition, [&](ProcessId to) {
      const std::uint16_t theirs = side_[to.value];
      return (theirs != mine) | (theirs == kAlone);
    });
  }

 private:
  static constexpr std::uint16_t kAlone = 0;
  std::vector<std::uint16_t> side_;  // by process
};

}  // namespace byzlab::links
