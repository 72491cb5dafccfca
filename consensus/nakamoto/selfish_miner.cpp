#include "consensus/nakamoto/selfish_miner.h"

namespace byzlab::nakamoto {

/// Algorithm 1, "on Init": both chains are what is known, there is no private branch.
void SelfishMiner::start(Context& ctx) {
  Nakamoto::start(ctx);
  public_length_ = chain().height();
  give_in();
}

/// Algorithm 1, "on My pool found a block". It mines at the head of the private chain.
void SelfishMiner::found_block(Context& ctx) {
  const bool tied = lead() == 0;
  branch_.push_back(make_block(ctx, branch_.empty() ? *base_ : *branch_.back(), {}));
  const BlockRef& block = branch_.back();
  did();
  ctx.note(Milestone::withheld, View{}, block->height.value, block->digest, block);
  if (tied && branch_.size() == 2) publish_all(ctx);  // "pool wins due to the lead of 1"
}

/// The public chain has a new tip: the others', whenever it is longer than what the pool knew or
/// made of it. Several blocks may come at once, through a network with delays.
void SelfishMiner::tip_moved(Context& ctx) {
  while (!branch_.empty() && public_length_ < chain().height()) others_found_block(ctx);
  if (branch_.empty()) {
    public_length_ = chain().height();
    give_in();
  }
}

/// Algorithm 1, "on Others found a block".
void SelfishMiner::others_found_block(Context& ctx) {
  const std::uint64_t lead_before = lead();
  ++public_length_;
  switch (lead_before) {
    case 0: return give_in();                     // "they win"
    case 1: return publish(ctx, branch_.size());  // "now same length. Try our luck"
    case 2: return publish_all(ctx);              // "pool wins due to the lead of 1"
    default: return publish(ctx, published_ + 1);
  }
}

void SelfishMiner::publish(Context& ctx, std::size_t upto) {
  for (; published_ < upto; ++published_) {
    const BlockRef& block = branch_[published_];
    ctx.note(Milestone::published, View{}, block->height.value, block->digest, block);
    ctx.broadcast(NewBlock{{block}});
  }
}

/// The branch becomes public. Its own copies arrive next, so that the pool, without a branch, goes
/// on from them: tip_moved().
void SelfishMiner::publish_all(Context& ctx) {
  publish(ctx, branch_.size());
  branch_.clear();
  published_ = 0;
}

/// The public chain becomes the private one.
void SelfishMiner::give_in() {
  base_ = chain().tree().ref(chain().tip());
  branch_.clear();
  published_ = 0;
}

}  // namespace byzlab::nakamoto
