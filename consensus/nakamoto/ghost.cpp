#include "consensus/nakamoto/ghost.h"

namespace byzlab::nakamoto {

SubtreeWeights::Fork SubtreeWeights::add(const BestChain& chain, BlockId id) {
  weight_.resize(id.value + 1);
  weight(id) = 1;
  BlockId first = id;
  for (BlockId p = chain.tree().parent(id); !chain.contains(p); p = chain.tree().parent(p)) {
    ++weight(p);
    first = p;
  }
  const BlockId base = chain.tree().parent(first);
  const std::uint64_t height = chain.tree().height(base).value;
  const std::uint64_t against = above(chain, height);
  if (against != 0) ++weight(base);
  return {.height = height, .challenger = first, .weight = weight(first), .against = against};
}

SubtreeWeights::Fork SubtreeWeights::fork_of(const BestChain& chain, BlockId id) const {
  BlockId first = kNoBlock;
  for (; !chain.contains(id); id = chain.tree().parent(id)) first = id;
  const std::uint64_t height = chain.tree().height(id).value;
  return {.height = height,
          .challenger = first,
          .weight = first == kNoBlock ? 0 : weight(first),
          .against = above(chain, height)};
}

BlockId SubtreeWeights::prefer(const BestChain& chain, const Fork& fork) {
  // What leaves the best chain weighs its whole subtree from now on.
  std::uint32_t subtree = 0;
  for (std::uint64_t h = chain.height(); h > fork.height; --h) {
    subtree += weight(chain.at(h));
    weight(chain.at(h)) = subtree;
  }
  BlockId tip = chain.at(fork.height);
  weight(tip) += subtree;
  // And what enters it, only what the next block does not.
  for (BlockId next = fork.challenger; next != kNoBlock;) {
    weight(tip) -= weight(next);
    tip = next;
    next = kNoBlock;
    chain.tree().for_each_child(tip, [&](BlockId child) {
      if (next == kNoBlock || weight(child) >= weight(next)) next = child;
    });
  }
  return tip;
}

std::uint32_t SubtreeWeights::tied(const BestChain& chain, const Fork& fork) const {
  std::uint32_t count = 0;
  chain.tree().for_each_child(chain.at(fork.height), [&](BlockId child) {
    count += (chain.contains(child) ? fork.against : weight(child)) == fork.weight ? 1 : 0;
  });
  return count;
}

/// Blocks above a height of the best chain, in its subtree.
std::uint64_t SubtreeWeights::above(const BestChain& chain, std::uint64_t height) const {
  std::uint64_t sum = 0;
  for (std::uint64_t h = chain.height(); h > height; --h) sum += weight(chain.at(h));
  return sum;
}

}  // namespace byzlab::nakamoto
