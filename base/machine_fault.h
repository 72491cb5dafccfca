// What can be wrong with the machine of a process: its disk, its clock.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace byzlab {

/// What is wrong with a disk. Several on one: the slowest sync, the longest loss.
struct DiskFault {
  Duration sync{};     ///< how long a sync takes
  bool fails = false;  ///< a sync fails
  Duration loses{};    ///< a crash loses what was written in the last so much time
  bool tears = false;  ///< a crash leaves a part of what is being written
  bool operator==(const DiskFault&) const = default;
};

/// What is wrong with a clock. Several on one add up.
struct ClockFault {
  Duration skew{};         ///< it was always off by so much
  Duration jump{};         ///< it is set forward or back
  std::int64_t drift = 0;  ///< it runs faster, by so many billionths
  bool operator==(const ClockFault&) const = default;
};

}  // namespace byzlab
