#include "consensus/decided_chain.h"

#include <algorithm>

namespace byzlab {

void DecidedChain::start(Context& ctx, Height next, const Decided& proof) {
  tree_ = BlockTree<>(ctx.crypto().genesis());
  tip_ = tree_.root();
  for (const BlockRef& block : ctx.recovered().blocks) {
    // Said again: a torn disk may have kept a decision that nobody had been told.
    if (block->height >= next) continue;
    ctx.note(Milestone::certified, block->view, block->height.value, block->digest);
    accept(ctx, block);
  }
  if (tree_.contains(proof.block)) proof_ = proof;
}

void DecidedChain::append(Context& ctx, BlockRef block, const Decided& proof) {
  commit(ctx, block);
  proof_ = proof;
  fetched(ctx);
}

void DecidedChain::learn(Context& ctx, ReplicaId from, const Decided& proof,
                         const BlockRef& candidate) {
  if (proof.height <= height()) return;
  const bool fits = candidate && candidate->digest == proof.block &&
                    candidate->parent == last().digest && candidate->height == height().next();
  if (fits) {
    ctx.note(Milestone::certified, proof.round, proof.height.value, proof.block);
    return append(ctx, candidate, proof);
  }
  await(proof);
  sync_.want(ctx, proof.block, proof.height, from, height());
}

void DecidedChain::on_status(Context& ctx, ReplicaId from, const Status& status) {
  if (from == ctx.self()) return;
  if (status.height <= proof_.height) {
    ctx.send(from, proof_);
  } else {
    hear(ctx, from, status.height);
  }
}

void DecidedChain::on_response(Context& ctx, ReplicaId from, const BlockResponse& response) {
  sync_.receive(ctx, from, response, tree_);
  fetched(ctx);
}

/// An honest sender has decided all below `other`; one more than we is no reason to ask.
void DecidedChain::hear(Context& ctx, ReplicaId from, Height other) {
  if (other.value <= height().value + 2 || ctx.now() < ask_again_) return;
  ask_again_ = ctx.now() + patience_ / 4;
  ctx.send(from, Status{.height = next()});
}

/// Takes in the fetched chains that have met ours. Each ends in a block that was proven.
void DecidedChain::fetched(Context& ctx) {
  const Height before = height();
  sync_.release(ctx, tree_, [&](const BlockRef& block) { return accept(ctx, block); });
  for (const Decided& proof : awaited_) {
    if (proof.height > proof_.height && tree_.contains(proof.block)) proof_ = proof;
  }
  std::erase_if(awaited_, [&](const Decided& proof) { return proof.height <= height(); });
  if (height().value > before.value) {
    ctx.note(Milestone::state_transfer, proof_.round, height().value, last().digest);
  }
}

bool DecidedChain::accept(Context& ctx, const BlockRef& block) {
  if (tree_.contains(block->digest)) return true;
  if (block->parent != last().digest || block->height != height().next()) return false;
  commit(ctx, block);
  return true;
}

void DecidedChain::commit(Context& ctx, const BlockRef& block) {
  if (committed_at_ != ctx.now()) committed_.clear();
  committed_at_ = ctx.now();
  committed_.push_back(block);
  tip_ = tree_.insert(block, tip_);
  ordered_.commit(*block);
  ctx.commit(block);
}

/// Of too many proofs the lowest goes: a higher one proves it, too, once its blocks are here.
void DecidedChain::await(const Decided& proof) {
  if (std::ranges::find(awaited_, proof.block, &Decided::block) != awaited_.end()) return;
  if (awaited_.size() == kAwaited) {
    awaited_.erase(std::ranges::min_element(awaited_, {}, &Decided::height));
  }
  awaited_.push_back(proof);
}

}  // namespace byzlab
