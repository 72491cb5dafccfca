// A message's way over an overlay that is not full: a flood, which everybody relays once, or a
// unicast, which goes from hop to hop.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/message.h"

namespace byzlab {

struct Journey {
  /// A flood among so many processes.
  Journey(Message& m, std::uint32_t processes) : message(&m), seen((processes + 63) / 64, 0) {}
  /// A unicast.
  Journey(Message& m, ProcessId to) : message(&m), to(to) {}

  bool is_flood() const { return !to.has_value(); }

  // Of a flood: who has it.
  bool has(ProcessId p) const { return (seen[p.value / 64] >> (p.value % 64) & 1) != 0; }
  void reached(ProcessId p) { seen[p.value / 64] |= std::uint64_t{1} << (p.value % 64); }
  void missed(ProcessId p) { seen[p.value / 64] &= ~(std::uint64_t{1} << (p.value % 64)); }

  Message* message;
  std::optional<ProcessId> to;
  std::vector<std::uint64_t> seen;
  /// Transmissions under way, loads of uplinks, relays that pause: with the last of them it ends.
  std::uint32_t carriers = 0;
};

}  // namespace byzlab
