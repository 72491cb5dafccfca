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

/// How long it takes to be served so much.
Duration time_for(std::uint64_t bytes) {
  return Duration{static_cast<std::int64_t>(bytes * 1'000'000'000 / BlockSync::kServedPerSecond)};
}

template <class Accounts>
Time owes_until(const Accounts& accounts, ReplicaId r, Time now) {
  const auto at = accounts.find(r.value);
  return at == accounts.end() ? now : std::max(now, at->second.paid);
}

template <class Accounts>
auto& pay(Accounts& accounts, ReplicaId r, Time now, std::uint64_t bytes) {
  if (accounts.size() >= 64) {
    erase_if(accounts, [&](const auto& account) { return account.second.paid <= now; });
  }
  auto& account = accounts[r.value];
  account.paid = std::max(account.paid, now) + time_for(bytes);
  return account;
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
    const bool next = !chain.blocks.empty() && chain.later.empty() &&
                      chain.blocks.back()->digest == block->parent &&
                      chain.blocks.back()->height.next() == block->height;
    if (next && chain.blocks.size() < kChainBlocks && chain.bytes + block->bytes <= kChainBytes &&
        bytes_ + block->bytes <= kHeldBytes) {
      hold_digest(block->digest);
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
                 .missing_height = parent,
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
  for (std::size_t i = 0; i < chains_.size();) {
    Chain& chain = chains_[i];
    if (chain.retry_at > ctx.now()) {
      ++i;
    } else if (chain.waits) {
      ask(ctx, chain, chain.asked);
      ++i;
    } else if (chain.attempts >= kQuestions) {
      drop(i);
    } else {
      ask_next(ctx, chain);
      ++i;
    }
  }
  arm(ctx);
}

std::size_t BlockSync::extend_down(Chain& chain, std::span<const BlockPayload> blocks) {
  std::size_t taken = 0;
  for (const BlockPayload& block : blocks) {
    if (block->digest != chain.missing) break;
    // The child names this block by its digest, so a gap in height is the child's fault.
    const bool fits = !chain.missing_height || *chain.missing_height == block->height;
    if (!fits || block->height == Height(0)) return kNone;
    if (chain.blocks.size() == kChainBlocks || chain.bytes + block->bytes > kChainBytes ||
        bytes_ + block->bytes > kHeldBytes) {
      set_aside(chain);
    }
    if (bytes_ + block->bytes > kHeldBytes) return kNone;
    hold_digest(block->digest);
    chain.blocks.push_front(block.ref);
    chain.missing = block->parent;
    chain.missing_height = Height(block->height.value - 1);
    chain.bytes += block->bytes;
    bytes_ += block->bytes;
    ++taken;
  }
  return taken;
}

/// The upper half, so that what is fetched again is short of the bound when it meets the tree.
void BlockSync::set_aside(Chain& chain) {
  if (chain.blocks.empty()) return;
  chain.later.push_back(chain.blocks.back()->digest);
  hold_digest(chain.later.back());  // who needs it waits for this chain
  const std::size_t blocks = chain.blocks.size() / 2;
  const std::uint64_t bytes = chain.bytes / 2;
  while (!chain.blocks.empty() && (chain.blocks.size() > blocks || chain.bytes > bytes)) {
    let_go(chain.blocks.back()->digest);
    chain.bytes -= chain.blocks.back()->bytes;
    bytes_ -= chain.blocks.back()->bytes;
    chain.blocks.pop_back();
  }
}

void BlockSync::go_on(Context& ctx, Chain chain) {
  chain.missing = chain.later.back();
  chain.later.pop_back();
  chain.missing_height.reset();
  chain.blocks.clear();
  chain.bytes = 0;
  chain.attempts = 0;
  chain.count = kResponseBlocks;
  add(ctx, std::move(chain));
}

// Who answers with less than was asked for, though an answer may be larger, is not asked again; of
// others who spoke of the block each has its turn.
void BlockSync::answered(Context& ctx, Chain& chain, ReplicaId from,
                         std::span<const BlockPayload> blocks) {
  std::uint64_t bytes = 0;
  for (const BlockPayload& block : blocks) bytes += block->bytes;
  pay(taken_, from, ctx.now(), bytes);
  const bool trickles = blocks.size() < chain.count && bytes < kResponseBytes / 2;
  chain.count = std::min(chain.count * 2, kResponseBlocks);
  chain.answered = true;
  chain.attempts = trickles ? 1 : 0;
  if (trickles) return ask_next(ctx, chain);
  if (chain.vouching.empty()) return ask(ctx, chain, from);
  const ReplicaId next = chain.vouching.front();
  chain.vouching.erase(chain.vouching.begin());
  chain.vouching.push_back(from);
  ask(ctx, chain, next);
}

// Not before `whom` serves us again: one who is asked for too much says nothing.
void BlockSync::ask(Context& ctx, Chain& chain, ReplicaId whom) {
  const Time served = owes_until(taken_, whom, ctx.now()) - time_for(kServedAtOnce / 2);
  chain.waits = served > ctx.now();
  if (chain.waits) {
    chain.asked = whom;
    chain.retry_at = served;
    return arm(ctx);
  }
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
  for (const BlockRef& block : chain.blocks) hold_digest(block->digest);
  for (const Digest& digest : chain.later) hold_digest(digest);
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
  std::size_t lowest = kNone;  // of those that came to nothing yet; of equal ones the oldest
  for (std::size_t i = 0; i < chains_.size(); ++i) {
    if (chains_[i].source != victim || chains_[i].answered) continue;
    if (lowest == kNone || chains_[i].top < chains_[lowest].top) lowest = i;
  }
  if (lowest == kNone || (victim == source && top < chains_[lowest].top)) return false;
  drop(lowest);
  return true;
}

void BlockSync::drop(std::size_t chain) { take(chain); }

BlockSync::Chain BlockSync::take(std::size_t i) {
  Chain chain = std::move(chains_[i]);
  chains_.erase(chains_.begin() + static_cast<std::ptrdiff_t>(i));
  bytes_ -= chain.bytes;
  for (const BlockRef& block : chain.blocks) let_go(block->digest);
  for (const Digest& digest : chain.later) let_go(digest);
  return chain;
}

void BlockSync::let_go(const Digest& digest) {
  const auto at = held_.find(digest);
  if (--at->second == 0) held_.erase(at);
}

// A bucket that leaks: what was served is paid for at the rate, and nobody is served who owes more
// than the bucket holds.
bool BlockSync::may_serve(ReplicaId to, Time now, const Digest& what, std::uint64_t bytes) {
  if (owes_until(served_, to, now) > now + time_for(kServedAtOnce)) return false;
  const auto before = served_.find(to.value);
  if (before != served_.end() && before->second.last == what &&
      now < before->second.at + 8 * retry_) {
    return false;
  }
  auto& account = pay(served_, to, now, bytes);
  account.last = what;
  account.at = now;
  return true;
}

bool BlockSync::holds(const Block& block) const { return held(block.digest); }

}  // namespace byzlab
