// The chain of decided blocks of a protocol that decides one height after the other (Tendermint,
// the Istanbul family), and how a replica that fell behind catches up.
//
// A decision is proven by what a quorum signed, and because blocks name their parents, the proof of
// the last one proves them all: a replica keeps one proof. Who makes no progress says its Status;
// whoever has decided that height answers with its proof, and the blocks below are fetched by
// digest (block_sync.h). What a quorum's signature looks like is the engine's business: it checks a
// Decided before it hands it over.
//
// An engine forwards Status, BlockRequest, BlockResponse and timers of owner
// BlockSync::kTimerOwner, and looks at height() afterwards: it may have grown.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "consensus/block_sync.h"
#include "consensus/block_tree.h"
#include "consensus/options.h"
#include "consensus/ordered_requests.h"

namespace byzlab {

inline constexpr OptionSpec kResendAfterOption{
    .name = "resend_after",
    .type = OptionType::duration,
    .default_text = "250ms",
    .range = "1ms..1h",
    .doc = "how long a replica stands still before it says its last messages again"};

/// Where a replica stands, said when it makes no progress.
struct Status {
  static constexpr MessageKind kKind{28};
  Height height{};  ///< it has decided everything below
  View round{};
};
BOOST_DESCRIBE_STRUCT(Status, (), (height, round))

/// The votes of a quorum that decided a block.
struct Decided {
  static constexpr MessageKind kKind{29};
  Height height{};
  View round{};
  Digest block{};
  AggregateSignature votes{};
};
BOOST_DESCRIBE_STRUCT(Decided, (), (height, round, block, votes))

/// Messages for heights to come, kept until their height begins: a few of each sender, and no more
/// bytes than two honest proposals have, so that no liar fills the memory.
class EarlyMessages {
 public:
  static constexpr std::uint32_t kOfOne = 8;
  static constexpr std::uint64_t kBlocksOfOne = 2;  ///< largest blocks, and what comes with them
  static constexpr std::uint64_t kHeights = 4;

  explicit EarlyMessages(std::uint64_t largest_block) : largest_block_(largest_block) {}

  /// `now` is the height being decided. False when there is no room for it.
  bool keep(Context& ctx, Height now, Height height, const Message& m) {
    if (height <= now || height.value - now.value > kHeights) return false;
    if (!ctx.committee().contains(m.from())) return false;
    kept_.resize(ctx.n());
    Kept& kept = kept_[m.from().value];
    const std::uint64_t room = kBlocksOfOne * (largest_block_ + largest_block_ / 4 + 64 * 1024);
    if (kept.messages == kOfOne || kept.bytes + m.bytes() > room) return false;
    ++kept.messages;
    kept.bytes += m.bytes();
    messages_.emplace_back(ctx.store(), m);
    return true;
  }
  /// All of them, oldest first; those still early are to be kept again.
  std::vector<HeldMessage> take() {
    kept_.clear();
    return std::exchange(messages_, {});
  }
  std::size_t size() const { return messages_.size(); }

 private:
  std::vector<HeldMessage> messages_;
  struct Kept {
    std::uint32_t messages = 0;
    std::uint64_t bytes = 0;
  };
  std::vector<Kept> kept_;  // of messages_, by sender
  std::uint64_t largest_block_;
};

class DecidedChain {
 public:
  /// A peer that does not answer is passed over after `patience`. `largest_block` bounds what is
  /// kept of heights to come.
  explicit DecidedChain(Duration patience, std::uint64_t largest_block = 1'000'000)
      : patience_(patience), sync_(patience), early_(largest_block) {}

  /// Genesis, then the durable blocks below `next`, the height that was being decided, committed
  /// again; `proof` is the last one that was known, of the highest of them or one before.
  void start(Context&, Height next, const Decided& proof);

  /// The last decided height; genesis is 0.
  Height height() const { return tree_.height(tip_); }
  /// The height being decided.
  Height next() const { return height().next(); }
  const Block& last() const { return tree_[tip_]; }
  const Decided& proof() const { return proof_; }
  /// True when `block` fits on the last one and orders nothing twice. Its requests must be
  /// authentic.
  bool extends(const Block& block) {
    return block.parent == last().digest && block.height == height().next() &&
           ordered_.fresh(block, {});
  }
  /// All but genesis, in their order: durable, with the proof.
  std::vector<BlockRef> blocks() const { return tree_.after_root(); }
  /// Blocks committed at this instant: the mempool may not know of them yet.
  std::span<const BlockRef> just_committed(const Context& ctx) const {
    return committed_at_ == ctx.now() ? std::span(committed_) : std::span<const BlockRef>();
  }

  /// Decides a block that fits.
  void append(Context&, BlockRef block, const Decided& proof);
  /// Others decided this; `proof` is checked. Fetches what is missing, beginning with `candidate`,
  /// a block the engine happens to have (or null).
  void learn(Context&, ReplicaId from, const Decided& proof, const BlockRef& candidate);

  void on_status(Context&, ReplicaId from, const Status&);
  void on_request(Context& ctx, ReplicaId from, const BlockRequest& request) {
    sync_.serve(ctx, from, request, tree_);
  }
  void on_response(Context&, ReplicaId from, const BlockResponse&);
  void on_timer(Context& ctx, Timer timer) { sync_.on_timer(ctx, timer); }
  /// True when a message is of the height being decided. One of a height to come is kept until
  /// then, and shows that we may be behind: the sender is asked, now and then.
  bool is_next(Context& ctx, Height height, const Message& m) {
    if (height > next()) [[unlikely]] {
      kept_ = early_.keep(ctx, next(), height, m);
      hear(ctx, m.from(), height);
    }
    return height == next();
  }
  /// Counts what was turned away, because of its height or of its round, where `current` is ours: a
  /// vote of that phase, or a proposal. What is_next() has kept counts when its height begins.
  void tally_misplaced(Context& ctx, ReplicaId from, Height height, View round, View current,
                       std::optional<std::size_t> phase) const {
    if (height > next() && kept_) return;
    const bool over = height < next() || (height == next() && round < current);
    if (phase) {
      ctx.tally(from, *phase, over ? VoteFate::late : VoteFate::early);
    } else {
      ctx.tally(from, over ? ProposalFate::late : ProposalFate::early);
    }
  }
  /// True while blocks that a quorum decided are being fetched.
  bool syncing() const { return sync_.outstanding() != 0; }
  /// What was kept: to be handled again when a height begins.
  std::vector<HeldMessage> take_early() { return early_.take(); }
  std::size_t early() const { return early_.size(); }

 private:
  /// Proofs kept while their blocks are fetched.
  static constexpr std::size_t kAwaited = 8;

  void hear(Context&, ReplicaId from, Height);
  void fetched(Context&);
  bool accept(Context&, const BlockRef&);
  void commit(Context&, const BlockRef&);
  void await(const Decided&);

  Duration patience_;
  BlockTree<> tree_;  // decided blocks only: one chain
  BlockId tip_;
  Decided proof_;
  OrderedRequests ordered_;
  BlockSync sync_;
  EarlyMessages early_;
  bool kept_ = false;  // the last message that was early
  std::vector<Decided> awaited_;
  std::vector<BlockRef> committed_;  // at committed_at_
  Time committed_at_ = kNever;
  Time ask_again_ = kStart;
};

/// Who leads: each replica in turn, in proportion to its power, a height and a round alike.
inline ReplicaId in_turn(Height height, View round, const Committee& committee) {
  return committee.turn(height.value - 1 + round.value);
}

/// What everybody can check of a block for `height`, whatever the chain: made by the leader of its
/// round, within the limits, and every request made by a client.
inline bool well_made(const Context& ctx, Height height, const Block& block, BatchLimit limit) {
  if (block.height != height || block.proposer != in_turn(height, block.view, ctx.committee()))
    return false;
  if (block.requests.size() > limit.requests) return false;
  std::uint64_t bytes = 0;
  for (const Request& request : block.requests) {
    bytes += request.wire_size();
    if (!ctx.crypto().authentic(request)) return false;
  }
  return bytes <= limit.bytes;
}

}  // namespace byzlab
