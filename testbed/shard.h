// A part of many pieces of work: shard i of n has every n-th block of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

namespace byzlab {

constexpr std::uint64_t kMostShards = 10'000;

struct Shard {
  std::uint64_t index = 1, of = 1;  ///< from 1
  bool all() const { return of == 1; }
  std::string text() const { return std::to_string(index) + "/" + std::to_string(of); }
};

/// Which pieces are whose: in blocks, dealt out like cards, so that every shard has early and late
/// ones of all cells. A function of the numbers only: any machine comes to the same.
class ShardedPieces {
 public:
  ShardedPieces(std::uint64_t pieces, Shard shard) : pieces_(pieces), shard_(shard) {
    block_ = std::clamp<std::uint64_t>(pieces / (shard.of * 16), 1, 1024);
  }

  std::uint64_t count() const {
    const auto round = block_ * shard_.of;
    const auto rest = pieces_ % round, before = (shard_.index - 1) * block_;
    return pieces_ / round * block_ + (rest > before ? std::min(rest - before, block_) : 0);
  }
  /// The shard's piece of that number, from 0.
  std::uint64_t operator[](std::uint64_t number) const {
    return (number / block_ * shard_.of + shard_.index - 1) * block_ + number % block_;
  }
  /// The shard that has a piece, from 1.
  std::uint64_t owner(std::uint64_t piece) const { return piece / block_ % shard_.of + 1; }

 private:
  std::uint64_t pieces_, block_ = 1;
  Shard shard_;
};

}  // namespace byzlab
