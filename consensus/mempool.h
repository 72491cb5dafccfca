// What waits to be ordered, as one replica sees it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/block.h"

namespace byzlab {

struct BatchLimit {
  std::uint32_t requests = 0xFFFFFFFF;
  std::uint64_t bytes = ~std::uint64_t{0};
};

/// Requests that have reached this replica and that it has not committed, oldest first.
class Mempool {
 public:
  virtual ~Mempool() = default;
  /// True when some such request exists.
  virtual bool pending() = 0;
  /// Up to `limit` of them, leaving out those in `in_flight` blocks (ordered already but not yet
  /// committed here: the uncommitted ancestors of a proposal, PBFT's unexecuted slots).
  virtual std::vector<Request> batch(BatchLimit limit, std::span<const BlockRef> in_flight) = 0;
};

}  // namespace byzlab
