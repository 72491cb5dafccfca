// Nakamoto proof of work: S. Nakamoto, "Bitcoin: A Peer-to-Peer Electronic Cash System" (2008).
//
//   mining (§4)     a miner finds blocks as a Poisson process whose rate is its share of the hash
//                   power; a block it finds extends the tip of its best chain at that moment
//   best chain (§5) the chain with the most work; of equal ones the first seen (option tie_break);
//                   with fork_choice: ghost the one that heaviest subtrees lead to (ghost.h)
//   finality (§11)  a block is committed when it has z confirmations; it counts as its own first
//   one,
//                   so it has z when z-1 blocks of the best chain follow it
//   reorganisation  a longer chain that forks below a committed block commits its own blocks at the
//                   same heights again: the second commit is what finality by depth does not
//                   exclude
//   payments (§2)   a request that names a coin spends it; a chain spends a coin at most once
//
// The hash puzzle is modelled, not computed: an honest miner and an attacker alike take a block
// only when their mining timer fires, and difficulty is constant, so that work is height.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>  // lookup only
#include <optional>
#include <vector>

#include "consensus/block_sync.h"
#include "consensus/nakamoto/best_chain.h"
#include "consensus/nakamoto/ghost.h"
#include "consensus/options.h"
#include "consensus/protocol.h"
#include "consensus/registry.h"

namespace byzlab::nakamoto {

/// A block, sent by the miner that found it.
struct NewBlock {
  static constexpr MessageKind kKind{1};
  BlockPayload block;
};
BOOST_DESCRIBE_STRUCT(NewBlock, (), (block))

/// A request that spends a coin, announced to all miners by its owner. Ordinary requests reach the
/// miners through the workload.
struct Payment {
  static constexpr MessageKind kKind{2};
  Request request;
  std::vector<ReplicaId> merchants;  ///< who deliver something for it
};
BOOST_DESCRIBE_STRUCT(Payment, (), (request, merchants))

/// A merchant to its customer: the payment has z confirmations, here are the goods.
struct Delivery {
  static constexpr MessageKind kKind{3};
  RequestId payment;
};
BOOST_DESCRIBE_STRUCT(Delivery, (), (payment))

/// Of a node that starts again: what do you mine on?
struct TipRequest {
  static constexpr MessageKind kKind{4};
  Height best{};  ///< what the sender has
};
BOOST_DESCRIBE_STRUCT(TipRequest, (), (best))

/// The answer.
struct Tip {
  static constexpr MessageKind kKind{5};
  BlockPayload block;
};
BOOST_DESCRIBE_STRUCT(Tip, (), (block))

/// GHOST: which blocks above `fork` are not in your best chain? The first `skip` are known.
struct SidesRequest {
  static constexpr MessageKind kKind{6};
  Digest fork;
  std::uint32_t skip = 0;
};
BOOST_DESCRIBE_STRUCT(SidesRequest, (), (fork, skip))

/// The answer: parents first; none when there are no more.
struct Sides {
  static constexpr MessageKind kKind{7};
  std::vector<BlockPayload> blocks;
};
BOOST_DESCRIBE_STRUCT(Sides, (), (blocks))

inline constexpr OptionSpec kOptions[] = {
    {.name = "block_interval",
     .type = OptionType::duration,
     .default_text = "10min",
     .range = "1ms..1d",
     .doc = "mean time between two blocks of all miners together (T)",
     .agreed = true},
    {.name = "confirmations",
     .type = OptionType::count,
     .default_text = "6",
     .range = "1..10000",
     .doc = "depth at which a block is committed (z); a block at the tip has one confirmation"},
    {.name = "tie_break",
     .type = OptionType::choice,
     .default_text = "first_seen",
     .range = "first_seen|random|gamma",
     .doc = "which of several equally long chains is mined on"},
    {.name = "gamma",
     .type = OptionType::probability,
     .default_text = "0.5",
     .range = "0..1",
     .doc = "with tie_break gamma, how likely a miner leaves the chain it saw first for an equally "
            "long one (Eyal & Sirer's γ)"},
    {.name = "fork_choice",
     .type = OptionType::choice,
     .default_text = "longest",
     .range = "longest|ghost",
     .doc = "the best chain: the longest, or the one of heaviest subtrees (Sompolinsky & Zohar)",
     .agreed = true},
    {.name = "max_block_size",
     .type = OptionType::bytes,
     .default_text = "1 MB",
     .range = "1 kB..1 GB",
     .doc = "largest valid block, encoded"},
    {.name = "max_block_requests",
     .type = OptionType::count,
     .default_text = "10000",
     .range = "0..1000000",
     .doc = "most requests in a valid block"},
    {.name = "fetch_retry",
     .type = OptionType::duration,
     .default_text = "5s",
     .range = "1ms..1h",
     .doc = "time until another replica is asked for a missing block"},
};

class Nakamoto : public Protocol<Nakamoto, NewBlock, Payment, Delivery, TipRequest, Tip,
                                 SidesRequest, Sides, BlockRequest, BlockResponse> {
 public:
  explicit Nakamoto(const Options& options);

  void start(Context&) override;
  void on_timer(Context&, Timer) override;
  bool syncing() const override { return sync_.outstanding() != 0; }
  void on(Context&, ReplicaId from, const NewBlock&, const Message&);
  void on(Context&, ReplicaId from, const Payment&, const Message&);
  void on(Context& ctx, ReplicaId from, const Delivery& delivery, const Message&) {
    goods_arrived(ctx, from, delivery.payment);
  }
  void on(Context&, ReplicaId from, const TipRequest&, const Message&);
  void on(Context&, ReplicaId from, const Tip&, const Message&);
  void on(Context&, ReplicaId from, const SidesRequest&, const Message&);
  void on(Context&, ReplicaId from, const Sides&, const Message&);
  void on(Context&, ReplicaId from, const BlockRequest&, const Message&);
  void on(Context&, ReplicaId from, const BlockResponse&, const Message&);

 protected:
  // What an attacker may do differently.
  /// This miner found a block.
  virtual void found_block(Context& ctx);
  /// The best chain has a new tip.
  virtual void tip_moved(Context&) {}
  /// A merchant delivered for a payment.
  virtual void goods_arrived(Context&, ReplicaId /*merchant*/, RequestId) {}

  const BestChain& chain() const { return *chain_; }
  /// The valid block to mine above `parent` with these requests, which are in canonical order.
  BlockRef make_block(Context& ctx, const Block& parent, std::vector<Request> requests) const;
  /// How many blocks a branch from `fork` must have to be as good as the best chain. `fork` is in
  /// the tree.
  std::uint64_t rival_work(const Block& fork) const;
  /// What an honest miner orders next, on the tip of its best chain.
  std::vector<Request> requests_for_tip(Context& ctx) const;
  /// The block of the best chain that holds this payment; kNoBlock when none does.
  BlockId spender(const Request& payment) const;

 private:
  void set_mining_timer(Context& ctx);
  void accept(Context& ctx, BlockRef block, BlockId parent);
  void accept_waiting(Context& ctx, ReplicaId from);
  bool take_in(Context& ctx, const BlockRef& block);
  void ask_for_tips(Context& ctx);
  bool catches_up(Context& ctx) const;
  void adopt(Context& ctx, BlockId id);
  void commit_confirmed(Context& ctx, std::uint64_t shared);
  BlockId choose(Context& ctx, BlockId fresh);
  bool wins_tie(Context& ctx, std::uint32_t tied);
  void recover(Context& ctx);
  void deliver_goods(Context& ctx, const Block& committed);

  bool valid(const Context& ctx, const Block& block, BlockId parent) const;
  bool repeats_recent(const Block& block, BlockId parent) const;
  bool spends_again(const Block& block, BlockId parent) const;
  bool spent(std::uint64_t coin, BlockId tip) const;
  void remember_spends(BlockId id);

  Duration block_interval_, fetch_retry_;
  std::uint64_t confirmations_;
  enum class TieBreak : std::uint8_t { first_seen, random, gamma };
  TieBreak tie_break_;
  Probability gamma_;
  std::uint64_t max_block_size_;
  std::uint64_t max_block_requests_;

  std::optional<BestChain> chain_;         // from start() on
  std::optional<SubtreeWeights> weights_;  // fork_choice: ghost
  std::uint64_t committed_ = 0;            // height up to which the best chain is committed
  std::uint32_t tied_ = 1;  // tips of the best chain's height seen since it has that height
  BlockSync sync_;
  Time tips_until_{};            // answers of the peers that were asked are waited for
  Time catch_up_until_{};        // and what they led to
  std::vector<ReplicaId> tips_;  // of whom answers are missing
  struct SidesAsked {
    ReplicaId from;
    Digest fork;
    std::uint32_t taken = 0;
  };
  std::vector<SidesAsked> sides_;  // oldest first
  std::vector<Request> payments_;  // announced, oldest first
  struct Sale {
    RequestId payment;
    ReplicaId customer;
  };
  std::vector<Sale> sales_;  // payments to this replica that are not committed
  boost::unordered_flat_map<std::uint64_t, std::vector<BlockId>>
      spenders_;  // by coin; never iterated
};

inline constexpr EngineInfo kInfo{
    .name = "nakamoto",
    .paper = "Nakamoto, Bitcoin: A Peer-to-Peer Electronic Cash System, 2008",
    .summary = "proof of work, longest chain or GHOST, finality by confirmation depth",
    .fault_model = FaultModel::hash_power,
    .finality = Finality::confirmations,
    .synchrony = Synchrony::synchronous,
    .fault_bound = minority_bound,
    .quorum = majority_quorum,
    .options = kOptions,
    .messages = Nakamoto::messages(),
    .request_driven = false,
    .attacks = {},
    .make = [](const Options& o) -> std::unique_ptr<Engine> {
      return std::make_unique<Nakamoto>(o);
    },
    .block_interval = [](const Options& o) { return o.duration("block_interval"); },
};

}  // namespace byzlab::nakamoto
