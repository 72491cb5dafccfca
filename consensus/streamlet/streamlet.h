// Streamlet: B. Y. Chan and E. Shi, "Streamlet: Textbook Streamlined Blockchains", AFT 2020.
//
// The partially synchronous protocol, §3 of the paper. Time is cut into epochs of 2Δ; each has a
// leader that a public hash function names. A block is (parent, epoch, requests); a chain is
// notarized when every block of it has votes of a quorum, and genesis (epoch 0) always is. In every
// epoch:
//
//   Propose   the leader proposes a block that extends one of the longest notarized chains it has
//   seen; Vote      every replica votes for the first proposal of the epoch from its leader, if
//   that extends
//             one of the longest notarized chains the replica has seen;
//   Finalize  when three adjacent blocks of a notarized chain have consecutive epochs, the chain up
//   to
//             the second of the three is final.
//
// Safe always with f < n/3 Byzantine replicas, live after GST. The paper's 2n/3 votes are
// Committee::quorum(): the smallest power of which any two sets share an honest replica.
//
// Where this differs from the paper, and why that keeps its guarantees:
//  - No implicit echo. The paper relays every message to everybody, O(n^3) messages an epoch, so
//  that
//    what one honest replica has seen all have seen Δ later. Here a replica hands on what the
//    others demonstrably lack: a proposal carries the votes that notarize its parent; a replica
//    that does not vote because it knows a longer notarized chain broadcasts that chain's
//    notarization; and blocks that are missing are fetched (block_sync.h, one more round trip).
//    Safety never needed the echo. Liveness needs that the next honest leader learns of the longest
//    notarized chain that keeps an honest replica from voting: it does, within Δ of the refusal,
//    and has the blocks 2Δ later. The paper's five epochs with honest leaders after GST become a
//    few more when votes were withheld or lost before.
//  - A replica that has seen the proposed block notarized before it gets to vote on it still votes:
//    the longer chain that it knows is the proposed one. Others may lack a Byzantine vote that it
//    has, which the paper's echo would bring them. No block becomes notarized by this that was not,
//    so nothing else changes.
//  - A notarization speaks for its ancestors. A quorum voted for a block only if an honest replica
//  did,
//    which had seen the parent notarized, and so on down: whoever holds the votes for a block may
//    treat its whole chain as notarized.
//  - Only blocks whose parent's notarization is shown enter the tree, and one proposal an epoch;
//  any
//    other block is fetched once it is notarized itself. So liars cannot fill the tree.
//
// An honest replica that restarts must not vote twice in an epoch, nor forget the longest notarized
// chain it voted on: both are durable before the vote leaves. Clocks agree: epochs are a function
// of now().
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "consensus/block_limit.h"
#include "consensus/block_sync.h"
#include "consensus/block_tree.h"
#include "consensus/ordered_requests.h"
#include "consensus/protocol.h"
#include "consensus/quorum.h"
#include "consensus/registry.h"

namespace byzlab::streamlet {

/// The paper's e; 1 is the first, genesis has 0.
using Epoch = View;

/// A signed vote for a block. The height is the block's: it tells whoever lacks the block how far
/// behind it is.
struct Vote {
  static constexpr MessageKind kKind{2};
  Epoch epoch{};
  Height height{};
  Digest block{};
  bool operator==(const Vote&) const = default;
};
BOOST_DESCRIBE_STRUCT(Vote, (), (epoch, height, block))

/// Votes of a quorum for one block.
struct Notarization {
  static constexpr MessageKind kKind{3};
  Epoch epoch{};
  Height height{};
  Digest block{};
  AggregateSignature votes{};
  Vote vote() const { return Vote{.epoch = epoch, .height = height, .block = block}; }
};
BOOST_DESCRIBE_STRUCT(Notarization, (), (epoch, height, block, votes))

/// The leader's block, and why its parent may be extended.
struct Proposal {
  static constexpr MessageKind kKind{1};
  Epoch epoch{};
  BlockPayload block{};
  Notarization parent{};
};
BOOST_DESCRIBE_STRUCT(Proposal, (), (epoch, block, parent))

/// One record of the durable log; the last one tells what was promised.
struct Durable {
  Epoch proposed{};                         ///< the last epoch this replica proposed in
  Epoch voted{};                            ///< the last epoch this replica voted in
  std::optional<Notarization> notarized{};  ///< a block, durable too, that this record adds
};
BOOST_DESCRIBE_STRUCT(Durable, (), (proposed, voted, notarized))

/// The steps it votes in, and those it has progress timers for: see EngineInfo.
inline constexpr std::string_view kVotePhases[] = {"vote"};

inline constexpr OptionSpec kOptions[] = {
    {.name = "delta",
     .type = OptionType::duration,
     .default_text = "100ms",
     .range = "1us..1h",
     .doc = "Δ, the longest a message takes after GST; an epoch lasts 2Δ",
     .agreed = true},
    {.name = "leader",
     .type = OptionType::choice,
     .default_text = "hash",
     .range = "hash|round_robin",
     .doc = "who leads an epoch: the paper's public hash function, or each replica in turn",
     .agreed = true},
    kMaxBlockRequestsOption,
    kMaxBlockSizeOption,
};

/// §2: a proposal and the votes on it take an epoch of 2Δ.
inline constexpr ClockNeed kClockNeeds[] = {
    {.option = "delta",
     .reason = "a message has to arrive within Δ",
     .delays = 1,
     .longest = [](const Options& o) { return o.duration("delta"); }},
};

class Streamlet final
    : public Protocol<Streamlet, Proposal, Vote, Notarization, BlockRequest, BlockResponse> {
 public:
  explicit Streamlet(const Options&);

  void start(Context&) override;
  void on_timer(Context&, Timer) override;
  bool syncing() const override { return sync_.outstanding() != 0; }
  void on(Context&, ReplicaId from, const Proposal&, const Message&);
  void on(Context&, ReplicaId from, const Vote&, const Message&);
  void on(Context&, ReplicaId from, const Notarization&, const Message&);
  void on(Context&, ReplicaId from, const BlockRequest&, const Message&);
  void on(Context&, ReplicaId from, const BlockResponse&, const Message&);

 private:
  struct Mark {
    bool notarized = false;
  };
  using Tree = BlockTree<Mark>;
  /// Votes for one block.
  struct Ballot {
    Vote vote;
    CertifiedVotes votes;
  };
  /// Votes for older epochs are not counted any more; a notarization still tells.
  static constexpr std::uint64_t kOpenEpochs = 8;
  /// Notarizations kept while their blocks are fetched.
  static constexpr std::size_t kAwaited = 64;

  void enter_epoch(Context&);
  void propose(Context&);
  void vote(Context&, BlockId);
  void finalize(Context&, BlockId);
  void learn(Context&, ReplicaId from, const Notarization&);
  void await(const Notarization&);
  std::vector<BlockId> notarize(Context&, BlockId, const Notarization&);
  bool insert(Context&, const BlockRef&);
  void connect(Context&);
  void recover(Context&);
  bool valid(Context&, ReplicaId from, const Proposal&) const;
  bool valid(Context&, const Notarization&) const;
  bool first_of_its_epoch(Epoch);
  Ballot* ballot_for(Context&, ReplicaId voter, const Vote&, bool& conflicts);
  std::vector<BlockRef> uncommitted(BlockId) const;
  Epoch epoch(const Context&) const;
  ReplicaId leader(const Context&, Epoch) const;

  Duration epoch_length_;  // 2Δ
  bool round_robin_;
  BatchLimit limit_;

  Tree tree_;
  BlockId longest_;             // tip of a longest notarized chain
  Notarization longest_votes_;  // what notarized it
  BlockId final_;               // the last final block
  OrderedRequests ordered_;     // in final blocks
  Durable durable_;
  std::vector<Ballot> ballots_;        // of the last kOpenEpochs epochs
  std::vector<Notarization> awaited_;  // their blocks are being fetched
  std::array<Epoch, kOpenEpochs> proposals_seen_{};
  BlockSync sync_;
};

inline constexpr EngineInfo kInfo{
    .name = "streamlet",
    .paper = "B. Y. Chan, E. Shi: Streamlet: Textbook Streamlined Blockchains, AFT 2020",
    .summary = "propose, vote, and three notarized blocks of consecutive epochs finalize",
    .fault_model = FaultModel::byzantine,
    .finality = Finality::immediate,
    .synchrony = Synchrony::partial,
    .fault_bound = byzantine_bound,
    .quorum = byzantine_quorum,
    .options = kOptions,
    .messages = Streamlet::messages(),
    .request_driven = false,
    .attacks = "",
    .make = [](const Options& options) -> std::unique_ptr<Engine> {
      return std::make_unique<Streamlet>(options);
    },
    .block_interval = [](const Options& o) { return 2 * o.duration("delta"); },
    .vote_phases = kVotePhases,
    .clock_needs = kClockNeeds,
};

}  // namespace byzlab::streamlet
