// IBFT 1.0: the Istanbul BFT of Ethereum's EIP 650 (2017), as R. Saltini and D. Hyland-Wood analyse
// it in "Correctness Analysis of IBFT", arXiv 1901.07160. Kept for its faults.
//
//   Quorum   2F + 1 with F = ⌊(n-1)/3⌋, whatever n. Two such quorums share an honest replica only
//            when n = 3F + 1; at n = 6 they are halves.
//   Lock     a quorum of PREPAREs locks a replica on the block until its height is decided: it
//            prepares nothing else and, when it leads, proposes that block. Asked to prepare
//            another, it asks for the next round.
//   Round change  a quorum of ROUND-CHANGEs starts a round; they say nothing of locks, and the
//            proposal carries no proof. So locks on different blocks can stop a height for ever.
//
// Everything else is as in ibft.h. A replica acts on the leader's proposal without having counted
// the ROUND-CHANGEs itself.
#pragma once

#include "consensus/ibft/ibft.h"

namespace byzlab::ibft {

class IbftV1 final : public Ibft {
 public:
  using Ibft::Ibft;

 private:
  /// A block of its leader's own making, or one somebody may be locked on: of an earlier round. It
  /// carries no proof, and so takes nobody to its round.
  bool justified(Context&, const PrePrepare& p) const override {
    return p.round_changes.empty() && p.value->view <= p.round;
  }
  bool may_prepare(const Block& block) const override {
    return !i_.prepared_round || i_.prepared_value == block.digest;
  }
  bool justified(Context&, const RoundChange& rc) const override {
    return !rc.content.prepared_round && !rc.block;
  }
  RoundChange round_change() const override {
    return {.round = i_.round, .content = {.height = i_.height, .round = i_.round}};
  }
  PrePrepare proposal(Context& ctx, const std::vector<HeldMessage>&) override {
    return PrePrepare{.value = {prepared_block_ ? prepared_block_ : new_block(ctx)}};
  }
};

/// 2F + 1.
constexpr Power v1_quorum(Power total) { return 2 * byzantine_bound(total) + 1; }

inline constexpr EngineInfo kV1Info{
    .name = "ibft/v1",
    .paper = "EIP 650, 2017; R. Saltini, D. Hyland-Wood: Correctness Analysis of IBFT, 2019",
    .summary = "the first Istanbul BFT, with a quorum of 2F+1 whatever n: unsafe unless n = 3F+1",
    .fault_model = FaultModel::byzantine,
    .finality = Finality::immediate,
    .synchrony = Synchrony::partial,
    .fault_bound = byzantine_bound,
    .quorum = v1_quorum,
    .options = kOptions,
    .messages = Ibft::messages(),
    .request_driven = false,
    .attacks = "",
    .flaw =
        "its quorums need not meet in an honest replica unless n = 3F+1, and locks on different "
        "blocks can stop it for ever (Saltini & Hyland-Wood 2019)",
    .make = [](const Options& options) -> std::unique_ptr<Engine> {
      return std::make_unique<IbftV1>(options);
    },
    .block_interval = [](const Options& o) { return o.duration("round_timeout"); },
    .vote_phases = kVotePhases,
    .timer_phases = kTimerPhases,
    .clock_needs = kClockNeeds,
};

}  // namespace byzlab::ibft
