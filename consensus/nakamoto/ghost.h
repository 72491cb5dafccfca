// GHOST: Y. Sompolinsky and A. Zohar, "Secure High-Rate Transaction Processing in Bitcoin",
// Financial Cryptography 2015.
//
//   Algorithm 1   from genesis on, go to the child whose subtree holds the most blocks, until there
//                 is no child: that block is mined on
//
// A fork weighs what was mined on either side, not only what ended up in one line, so that blocks
// found side by side in a slow network still defend the chain they stand on.
//
// Incrementally: one number a block. Off the best chain it is the size of the block's subtree; on
// it, the part of the subtree that is not the next block's, so that a block at the tip changes
// nothing below. A new block adds to its branch and to the block the branch leaves the chain at,
// and nowhere else can the choice change: cost O(length of the branch + length of the chain above
// the fork).
#pragma once

#include <cstdint>
#include <vector>

#include "consensus/nakamoto/best_chain.h"

namespace byzlab::nakamoto {

class SubtreeWeights {
 public:
  /// Where the branch of a block leaves the best chain.
  struct Fork {
    std::uint64_t height;   ///< of the last block in common
    BlockId challenger;     ///< the branch's first block
    std::uint64_t weight;   ///< blocks in the challenger's subtree
    std::uint64_t against;  ///< blocks in the subtree of the best chain's block beside it; 0: none
  };

  /// Counts a block that has just entered the chain's tree. When `against` is 0 it extends the best
  /// chain, which the caller then adopts.
  Fork add(const BestChain& chain, BlockId id);
  /// The fork at which a known block's branch leaves the best chain; for a block of the best chain
  /// the challenger is kNoBlock and weighs nothing.
  Fork fork_of(const BestChain& chain, BlockId id) const;
  /// The challenger wins. Returns the tip that Algorithm 1 leads to from it, which the caller then
  /// adopts. Of equally heavy children the oldest is taken.
  BlockId prefer(const BestChain& chain, const Fork& fork);
  /// Children of the block at the fork that are as heavy as the challenger, itself included.
  std::uint32_t tied(const BestChain& chain, const Fork& fork) const;

 private:
  std::uint64_t above(const BestChain& chain, std::uint64_t height) const;
  std::uint32_t& weight(BlockId id) { return weight_[id.value]; }
  std::uint32_t weight(BlockId id) const { return weight_[id.value]; }

  std::vector<std::uint32_t> weight_ = {1};  // by BlockId; genesis is there
};

}  // namespace byzlab::nakamoto
