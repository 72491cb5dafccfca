#include "consensus/block_sync.h"

#include <algorithm>
#include <numeric>

namespace byzlab {
namespace {

/// How many blocks to ask for first: those between the best we have and the one that is missing.
std::uint32_t first_request(Height missing, Height best) {
  const std::uint64_t behind = missing > best ? missing.value - best.value : 1;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(behind, BlockSync::kResponseBlocks));
}

}  // namespace

void BlockSync::hold(Context& ctx, const BlockRef& block, ReplicaId from, Height best) {
  if (holds(*block)) return;
  for (Chain& chain : chains_) {
    // The block somebody waits for, come by itself.
    if (chain.missing == block->digest) {
      const BlockPayload payload{block};
      if (extend_down(chain, {&payload, 1}) == kNone) {
        return drop(static_cast<std::size_t>(&chain - chains_.data()));
      }
      if (!held(chain.missing)) ask(ctx, chain, from);
      return;
    }
    // The next one of a chain that is held.
    const bool next = !chain.blocks.empty() && chain.blocks.back()->digest == block->parent &&
                      chain.blocks.back()->height.next() == block->height;
    if (next && chain.blocks.size() < kChainBlocks && bytes_ + block->bytes <= kHeldBytes) {
      chain.blocks.push_back(block);
      chain.top = block->height;
      chain.bytes += block->bytes;
      bytes_ += block->bytes;
      return vouch(chain, from);
    }
  }
  if (block->height == Height(0)) return;
  const Height parent(block->height.value - 1);
  add(ctx, Chain{.blocks = {block},
                 .missing = block->parent,
                 .top = block->height,
                 .source = from,
                 .count = first_request(parent, best),
                 .bytes = block->bytes});
}

void BlockSync::want(Context& ctx, const Digest& block, Height height, ReplicaId from,
                     Height best) {
  const auto same = std::ranges::find(chains_, block, &Chain::missing);
  if (same != chains_.end()) return vouch(*same, from);
  if (held(block)) return;
  add(ctx, Chain{.blocks = {},
                 .missing = block,
                 .top = height,
                 .source = from,
                 .count = first_request(height, best)});
}

void BlockSync::on_timer(Context& ctx, Timer timer) {
  if (timer.owner != kTimerOwner) return;
  armed_ = kNever;
  for (Chain& chain : chains_) {
    if (chain.retry_at <= ctx.now()) ask_next(ctx, chain);
  }
  arm(ctx);
}

std::size_t BlockSync::extend_down(Chain& chain, std::span<const BlockPayload> blocks) {
  std::size_t taken = 0;
  for (const BlockPayload& block : blocks) {
    if (block->digest != chain.missing) break;
    // The child names this block by its digest, so a gap in height is the child's fault.
    const bool fits = chain.blocks.empty() || block->height.next() == chain.blocks.front()->height;
    const bool room = chain.blocks.size() < kChainBlocks && bytes_ + block->bytes <= kHeldBytes;
    if (!fits || !room || block->height == Height(0)) return kNone;
    chain.blocks.push_front(block.ref);
    chain.missing = block->parent;
    chain.bytes += block->bytes;
    bytes_ += block->bytes;
    ++taken;
  }
  return taken;
}

void BlockSync::ask(Context& ctx, Chain& chain, ReplicaId whom) {
  const auto patience = retry_ * (1 << std::min(chain.attempts, 3u));
  ++chain.attempts;
  chain.asked = whom;
  chain.retry_at = ctx.now() + patience;
  ctx.send(whom, BlockRequest{.block = chain.missing, .count = chain.count});
  arm(ctx);
}

void BlockSync::refuse(Context& ctx, ReplicaId from) {
  for (Chain& chain : chains_) {
    if (chain.asked == from && chain.attempts > 0) return ask_next(ctx, chain);
  }
}

void BlockSync::vouch(Chain& chain, ReplicaId from) {
  if (from == chain.source || chain.vouching.size() == kVouching) return;
  if (std::ranges::find(chain.vouching, from) == chain.vouching.end()) {
    chain.vouching.push_back(from);
  }
}

// The source first, then who else spoke of the block, then everybody in an order of this chain's
// own: a walk around the committee from a random start with a stride that reaches everyone.
void BlockSync::ask_next(Context& ctx, Chain& chain) {
  const std::uint64_t n = ctx.n();
  // While another chain holds or fetches the same block, this one only waits.
  const auto& first = *std::ranges::find(chains_, chain.missing, &Chain::missing);
  if (n < 2 || &first != &chain || held(chain.missing)) {
    chain.retry_at = ctx.now() + retry_;
    return;
  }
  // Nobody was asked yet: it waited for another chain that is gone.
  if (chain.attempts == 0 && chain.source != ctx.self()) return ask(ctx, chain, chain.source);
  if (!chain.vouching.empty()) {
    const ReplicaId whom = chain.vouching.front();
    chain.vouching.erase(chain.vouching.begin());
    if (whom != ctx.self()) return ask(ctx, chain, whom);
  }
  std::uint64_t stride = 1 + mix(chain.order, 1) % n;
  while (std::gcd(stride, n) != 1) ++stride;
  auto place = [&] {
    return ReplicaId(static_cast<std::uint32_t>((chain.order % n + chain.attempts * stride) % n));
  };
  while (place() == ctx.self() || (place() == chain.asked && n > 2)) ++chain.attempts;
  ask(ctx, chain, place());
}

void BlockSync::arm(Context& ctx) {
  Time first = kNever;
  for (const Chain& chain : chains_) first = std::min(first, chain.retry_at);
  if (first >= armed_) return;
  armed_ = first;
  ctx.set_timer(Timer{.owner = kTimerOwner}, first - ctx.now());
}

void BlockSync::add(Context& ctx, Chain chain) {
  if (!make_room(chain.source, chain.top) || bytes_ + chain.bytes > kHeldBytes) return;
  bytes_ += chain.bytes;
  chain.order = ctx.rng().next();
  const auto same = std::ranges::find(chains_, chain.missing, &Chain::missing);
  if (same != chains_.end()) vouch(*same, chain.source);
  const bool waits = same != chains_.end() || held(chain.missing);
  chains_.push_back(std::move(chain));
  Chain& added = chains_.back();
  if (!waits && added.source != ctx.self()) return ask(ctx, added, added.source);
  added.retry_at = ctx.now() + retry_;
  arm(ctx);
}

bool BlockSync::make_room(ReplicaId source, Height top) {
  const auto of = [&](ReplicaId r) {
    return static_cast<std::size_t>(std::ranges::count(chains_, r, &Chain::source));
  };
  ReplicaId victim = source;
  if (of(source) < kChainsFromOne) {
    if (chains_.size() < kChains) return true;
    for (const Chain& chain : chains_) {
      if (of(chain.source) > of(victim)) victim = chain.source;
    }
    if (of(victim) == 0) return true;
  }
  std::size_t lowest = kNone;  // of equal ones the oldest
  for (std::size_t i = 0; i < chains_.size(); ++i) {
    if (chains_[i].source != victim) continue;
    if (lowest == kNone || chains_[i].top < chains_[lowest].top) lowest = i;
  }
  if (victim == source && top < chains_[lowest].top) return false;
  drop(lowest);
  return true;
}

void BlockSync::drop(std::size_t chain) {
  bytes_ -= chains_[chain].bytes;
  chains_.erase(chains_.begin() + static_cast<std::ptrdiff_t>(chain));
}

bool BlockSync::holds(const Block& block) const {
  return std::ranges::any_of(chains_, [&](const Chain& chain) {
    if (chain.blocks.empty() || block.height < chain.blocks.front()->height) return false;
    const std::uint64_t i = block.height.value - chain.blocks.front()->height.value;
    return i < chain.blocks.size() && chain.blocks[i]->digest == block.digest;
  });
}

bool BlockSync::held(const Digest& digest) const {
  return std::ranges::any_of(chains_, [&](const Chain& chain) {
    return std::ranges::any_of(chain.blocks,
                               [&](const BlockRef& block) { return block->digest == digest; });
  });
}

}  // namespace byzlab
