// Fetching blocks that a replica has heard of but does not have: shared by every chained engine.
//
// A block that comes before its parent is held here, the parent is asked for, and its parent, until
// the chain meets the tree; then the engine gets the chain, oldest first. Blocks are named by their
// digest, so an answer cannot lie: a block counts only when its digest is the one that was asked
// for. The rest a hostile peer can do is to stay silent or to trickle (another replica is asked),
// to name blocks that do not exist (what one replica can make us hold is bounded, of its chains
// that came to nothing yet the lowest goes first, and what nobody has is given up), or to ask
// without end (each is served so many bytes a second).
//
// Any distance takes bounded memory: of a chain that is longer than may be held, the blocks that
// were fetched give way, and of them the digest of the newest is kept. It is fetched again when the
// chain below it is in: everything comes at most twice.
//
// An engine has one as a member and forwards to it (see streamlet.cpp):
//   BlockRequest  -> sync_.serve(ctx, from, request, tree_)
//   BlockResponse -> sync_.receive(ctx, from, response, tree_), then release
//   a timer of owner BlockSync::kTimerOwner -> sync_.on_timer(ctx, timer)
//   a block whose place is `orphan` -> sync_.hold(ctx, block, from, best height)
//   after every insertion -> sync_.release(ctx, tree_, accept)
#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>  // lookup only
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/block.h"
#include "base/message.h"
#include "consensus/block_tree.h"
#include "consensus/engine.h"

namespace byzlab {

/// Asks for a block and up to count - 1 of its ancestors.
struct BlockRequest {
  static constexpr MessageKind kKind{30};
  Digest block;
  std::uint32_t count = 1;
};
BOOST_DESCRIBE_STRUCT(BlockRequest, (), (block, count))

/// Newest first, each the parent of the one before it. Never empty when honest.
struct BlockResponse {
  static constexpr MessageKind kKind{31};
  std::vector<BlockPayload> blocks;
};
BOOST_DESCRIBE_STRUCT(BlockResponse, (), (blocks))

class BlockSync {
 public:
  /// The owner of its timer.
  static constexpr std::uint8_t kTimerOwner = 30;

  /// Bounds of one response.
  static constexpr std::uint32_t kResponseBlocks = 512;
  static constexpr std::uint32_t kResponseBytes = 1'000'000;
  /// Bounds of what is held: chains altogether and for one replica, blocks and bytes in one, bytes
  /// in all.
  static constexpr std::size_t kChains = 64;
  static constexpr std::size_t kChainsFromOne = 4;
  static constexpr std::size_t kChainBlocks = 65536;
  static constexpr std::uint64_t kChainBytes = 16'000'000;
  static constexpr std::uint64_t kHeldBytes = 256'000'000;
  /// Questions after which a block is taken not to exist.
  static constexpr std::uint32_t kQuestions = 48;
  /// What one replica is served: so many bytes at once, and then so many a second.
  static constexpr std::uint64_t kServedAtOnce = 4'000'000;
  static constexpr std::uint64_t kServedPerSecond = 8'000'000;

  /// Asks somebody else after `retry` without an answer, then waits longer each time, up to 8 times
  /// as long.
  explicit BlockSync(Duration retry) : retry_(retry) {}

  /// Keeps a block whose parent is missing, and fetches that. `from` is asked first. `best` is the
  /// height of the caller's best block: how far behind it is sizes the first request.
  void hold(Context&, const BlockRef& block, ReplicaId from, Height best);
  /// Fetches a block known by its digest and, on the word of `from`, its height.
  void want(Context&, const Digest& block, Height height, ReplicaId from, Height best);

  /// Takes what was asked for out of an answer and asks for more if need be.
  template <class Tree>
  void receive(Context& ctx, ReplicaId from, const BlockResponse& response, const Tree& tree);
  /// Answers from the tree; says nothing when it does not have the block, or when `from` has asked
  /// for too much.
  template <class Tree>
  void serve(Context& ctx, ReplicaId from, const BlockRequest& request, const Tree& tree);

  /// Hands over the chains that have met the tree: calls accept(BlockRef) on each block that is not
  /// in it yet, oldest first, which inserts it and says whether it did. A refusal drops the rest of
  /// that chain.
  template <class Tree, class Accept>
  void release(Context& ctx, const Tree& tree, Accept&& accept);

  /// Whether `to` may be served so much, which then counts. Nobody is served what it was served
  /// last as long as the answer may be under way.
  bool may_serve(ReplicaId to, Time now, const Digest& what, std::uint64_t bytes);

  void on_timer(Context&, Timer);

  /// True when the block is held here. For tests and checks.
  bool holds(const Block& block) const;
  /// Chains incomplete now.
  std::size_t outstanding() const { return chains_.size(); }

 private:
  /// Blocks that hang together and wait for `missing`, the parent of the oldest.
  struct Chain {
    std::deque<BlockRef> blocks{};  // oldest first, heights without gaps; empty after want()
    std::vector<Digest> later{};    // the newest of what gave way, piece by piece; the lowest last
    Digest missing{};
    std::optional<Height> missing_height{};  // when a block here tells it
    Height top{};                            // of the newest block, here or wanted
    ReplicaId source{};                      // on whose word we look for it
    ReplicaId asked{};                       // the last one
    std::vector<ReplicaId> vouching{};       // others who spoke of it: asked before the rest
    bool answered = false;                   // came to something
    bool waits = false;                      // until `asked` may be asked for more
    std::uint64_t order = 0;                 // seeds the order in which others are asked
    std::uint32_t attempts = 0;              // since the last progress
    std::uint32_t count = 1;                 // blocks to ask for
    std::uint64_t bytes = 0;
    Time retry_at = kNever;
  };
  static constexpr std::size_t kVouching = 4;
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  /// Prepends the blocks that link up. Returns how many, or kNone when the chain is impossible.
  std::size_t extend_down(Chain&, std::span<const BlockPayload> blocks);
  /// Remembers that `from`, too, speaks of what this chain is missing.
  static void vouch(Chain&, ReplicaId from);
  void ask(Context&, Chain&, ReplicaId whom);
  /// Asks for more, after an answer of `from`.
  void answered(Context&, Chain&, ReplicaId from, std::span<const BlockPayload> blocks);
  /// Fetches the next piece of what gave way.
  void go_on(Context&, Chain);
  void ask_next(Context&, Chain&);
  /// An answer that nobody asked for: whoever gave it instead of what was asked is passed over.
  void refuse(Context&, ReplicaId from);
  void arm(Context&);
  void add(Context&, Chain);
  /// False when there is none for a chain of this source with this top.
  bool make_room(ReplicaId source, Height top);
  /// What is held of a chain gives way to what is below.
  void set_aside(Chain&);
  void drop(std::size_t chain);
  /// Takes it out, to be handed over.
  Chain take(std::size_t chain);
  bool held(const Digest& digest) const { return held_.contains(digest); }
  void hold_digest(const Digest& digest) { ++held_[digest]; }
  void let_go(const Digest& digest);

  std::vector<Chain> chains_;  // oldest first
  boost::unordered_flat_map<Digest, std::uint32_t, std::hash<Digest>>
      held_;  // lookup only: in how many chains
  /// What was served to whom, and what others served us.
  struct Account {
    Time paid{};  ///< when all of it is paid for
    Digest last{};
    Time at{};  ///< when that was served
  };
  using Accounts = boost::unordered_flat_map<std::uint32_t, Account>;  // lookup only
  Accounts served_, taken_;
  Duration retry_;
  Time armed_ = kNever;
  std::uint64_t bytes_ = 0;
};

template <class Tree>
void BlockSync::serve(Context& ctx, ReplicaId from, const BlockRequest& request, const Tree& tree) {
  BlockResponse response;
  std::uint64_t bytes = 0;
  for (BlockId id = tree.find(request.block); id != kNoBlock; id = tree.parent(id)) {
    const BlockRef& block = tree.ref(id);
    const bool full = response.blocks.size() >= std::min(request.count, kResponseBlocks) ||
                      (!response.blocks.empty() && bytes + block->bytes > kResponseBytes);
    if (full || block->height == Height(0)) break;
    bytes += block->bytes;
    response.blocks.push_back(BlockPayload{block});
  }
  if (response.blocks.empty() || !may_serve(from, ctx.now(), request.block, bytes)) return;
  ctx.send(from, std::move(response));
}

template <class Tree, class Accept>
void BlockSync::release(Context& ctx, const Tree& tree, Accept&& accept) {
  for (std::size_t i = 0; i < chains_.size();) {
    const Chain& chain = chains_[i];
    const bool met = tree.contains(chain.missing);
    // At the root's height or below, but not in the tree: it never will be.
    const bool hopeless =
        !chain.blocks.empty() && chain.blocks.front()->height <= tree.height(tree.root()).next();
    if (!met && !hopeless) {
      ++i;
      continue;
    }
    Chain whole = take(i);
    if (!met) continue;
    const bool taken = std::ranges::all_of(whole.blocks, [&](const BlockRef& block) {
      return tree.contains(block->digest) || accept(block);
    });
    if (taken && !whole.later.empty()) go_on(ctx, std::move(whole));
    i = 0;  // others may have waited for these, and accept() may have changed the list
  }
}

template <class Tree>
void BlockSync::receive(Context& ctx, ReplicaId from, const BlockResponse& response,
                        const Tree& tree) {
  if (response.blocks.empty()) return refuse(ctx, from);
  const std::span<const BlockPayload> blocks = response.blocks;
  for (std::size_t i = 0; i < chains_.size(); ++i) {
    Chain& chain = chains_[i];
    if (chain.missing != blocks.front()->digest || tree.contains(chain.missing)) continue;
    std::size_t wanted = 1;
    while (wanted < blocks.size() && !tree.contains(blocks[wanted]->digest)) ++wanted;
    if (extend_down(chain, blocks.first(wanted)) == kNone) return drop(i);
    if (tree.contains(chain.missing) || held(chain.missing)) return;
    return answered(ctx, chain, from, blocks);
  }
  const Block& newest = *blocks.front();
  if (!tree.contains(newest.digest) && !holds(newest)) refuse(ctx, from);
}

}  // namespace byzlab
