// What was final, where finality is a matter of depth, and then was not.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace byzlab {

struct Reversal {
  Time made = kNever;        ///< the block that lost its place; kNever: not known
  Time confirmed = kNever;   ///< when it was deep enough
  std::uint64_t deeper = 0;  ///< by how many blocks it was deeper than that in the end
  std::uint64_t height = 0;
};

}  // namespace byzlab
