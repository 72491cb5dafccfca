// The chain with the most work among all blocks one miner knows (Nakamoto 2008 §4, §5).
//
// Every block of a run has the same difficulty, there is no retargeting: the cumulative work of a
// chain is its height. Nothing is ever pruned, since a withheld chain may fork arbitrarily deep.
#pragma once

#include <cstdint>
#include <vector>

#include "consensus/block_tree.h"

namespace byzlab::nakamoto {

class BestChain {
 public:
  explicit BestChain(BlockRef genesis) : tree_(std::move(genesis)), best_{tree_.root()} {}

  BlockId tip() const { return best_.back(); }
  const Block& tip_block() const { return tree_[tip()]; }
  std::uint64_t height() const { return best_.size() - 1; }
  /// The best chain's block at a height up to height().
  BlockId at(std::uint64_t height) const { return best_[height]; }
  bool contains(BlockId id) const {
    const std::uint64_t h = tree_.height(id).value;
    return h < best_.size() && best_[h] == id;
  }

  /// All blocks, of this chain and others.
  const BlockTree<>& tree() const { return tree_; }
  /// Adds a block above `parent`; the best chain stays what it is.
  BlockId insert(BlockRef block, BlockId parent) { return tree_.insert(std::move(block), parent); }

  /// Makes the chain that ends in `id`, with no less work, the best one. Returns the height of the
  /// last block that the old and the new one share. Costs O(blocks adopted).
  std::uint64_t adopt(BlockId id) {
    std::uint64_t h = tree_.height(id).value;
    best_.resize(h + 1, kNoBlock);
    for (; best_[h] != id; id = tree_.parent(id)) best_[h--] = id;
    return h;
  }

  /// True when `ancestor` is `id` or below it. Costs O(1) for blocks of the best chain.
  bool extends(BlockId id, BlockId ancestor) const {
    while (!contains(id) && tree_.height(id) > tree_.height(ancestor)) id = tree_.parent(id);
    return contains(id) && tree_.height(id) >= tree_.height(ancestor) ? contains(ancestor)
                                                                      : id == ancestor;
  }

 private:
  BlockTree<> tree_;
  std::vector<BlockId> best_;  // by height
};

}  // namespace byzlab::nakamoto
