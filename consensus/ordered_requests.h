// Which requests a replica has committed, and whether a block would order one twice.
//
// Integrity is the validator's business too: a Byzantine leader may propose a request again. One
// bit a request (ids are dense); a check costs the requests of the block and of its uncommitted
// ancestors.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "base/block.h"

namespace byzlab {

/// No workload numbers its requests this high.
inline constexpr std::uint64_t kRequestIdEnd = std::uint64_t{1} << 32;

/// Sees most blocks' requests to be new without any memory of the others.
class RisingRequests {
 public:
  /// Takes note of a block's requests, committed or not. True when their ids rise from above those
  /// of all blocks noted before, as they mostly do: then it repeats none of theirs.
  bool note(const Block& block) {
    bool rising = true;
    for (const Request& r : block.requests) {
      if (r.id.value < beyond_ || r.id.value >= kRequestIdEnd) {
        rising = false;
      } else {
        beyond_ = r.id.value + 1;
      }
    }
    return rising;
  }

 private:
  std::uint64_t beyond_ = 0;  // above every id noted
};

class OrderedRequests {
 public:
  /// True when `block` repeats no committed request, none of `ancestors` (those not committed yet)
  /// and none of its own. Its requests must be authentic: ids are dense only if clients made them.
  /// `ancestors` is a range of pointers to blocks.
  template <class Blocks = std::span<const BlockRef>>
  bool fresh(const Block& block, const Blocks& ancestors) {
    if (block.requests.size() <= kFew) return fresh_by_pairs(block, ancestors);
    trial_.clear();
    for (const auto& ancestor : ancestors) {
      for (const Request& r : ancestor->requests) try_insert(r.id);
    }
    bool all_new = true;
    for (const Request& r : block.requests) all_new = try_insert(r.id) && all_new;
    for (const RequestId id : trial_) bits_[id.value / 64] &= ~mask(id);
    return all_new;
  }
  void commit(const Block& block) {
    for (const Request& r : block.requests) insert(r.id);
  }
  bool contains(RequestId id) const {
    return id.value / 64 < bits_.size() && (bits_[id.value / 64] & mask(id)) != 0;
  }

 private:
  /// So few requests are compared with the others one by one: nothing is written that way.
  static constexpr std::size_t kFew = 2;
  static constexpr std::uint64_t mask(RequestId id) { return std::uint64_t{1} << (id.value % 64); }
  template <class Blocks>
  bool fresh_by_pairs(const Block& block, const Blocks& ancestors) const {
    const auto has = [](std::span<const Request> some, RequestId id) {
      return std::ranges::find(some, id, &Request::id) != some.end();
    };
    std::span<const Request> rest = block.requests;
    for (const Request& r : block.requests) {
      rest = rest.subspan(1);
      if (r.id.value >= kRequestIdEnd || contains(r.id) || has(rest, r.id)) return false;
      for (const auto& ancestor : ancestors) {
        if (has(ancestor->requests, r.id)) return false;
      }
    }
    return true;
  }
  /// False as well for an id that no workload reaches.
  bool insert(RequestId id) {
    if (id.value >= kRequestIdEnd) return false;
    if (id.value / 64 >= bits_.size()) bits_.resize(id.value / 64 + 1, 0);
    const bool fresh = (bits_[id.value / 64] & mask(id)) == 0;
    bits_[id.value / 64] |= mask(id);
    return fresh;
  }
  bool try_insert(RequestId id) {
    const bool fresh = insert(id);
    if (fresh) trial_.push_back(id);
    return fresh;
  }

  std::vector<std::uint64_t> bits_;
  std::vector<RequestId> trial_;  // set for the length of one check
};

}  // namespace byzlab
