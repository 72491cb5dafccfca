// Selfish mining: I. Eyal and E. G. Sirer, "Majority is not Enough: Bitcoin Mining is Vulnerable",
// Financial Cryptography 2014 (CACM 2018), Algorithm 1.
//
// The pool keeps what it finds and mines on it; whenever the others find a block it gives away just
// enough to make theirs worthless. With Δ = private chain − public chain before the event:
//
//   the pool found one     append it; Δ = 0 and a branch of 2: it was a tie, publish and win
//   the others found one   Δ = 0: give in, start over from the public chain
//                          Δ = 1: publish the last block: a tie, try one's luck (state 0')
//                          Δ = 2: publish all: still one ahead, the others have lost theirs
//                          Δ > 2: publish the first unpublished block
//
// Who mines on the pool's block in a tie is not the pool's doing: γ is what the network makes it
// (tie_break: first_seen), or what the honest miners' options `tie_break: gamma`, `gamma` say.
//
// Its secret blocks order nothing. The pool is one replica with all its power; several selfish
// miners are rivals. The paper's rule is for the longest chain: under GHOST the same moves are made
// by length.
#pragma once

#include "consensus/attacker.h"
#include "consensus/nakamoto/nakamoto.h"

namespace byzlab::nakamoto {

/// Its deeds are the blocks that it keeps.
class SelfishMiner final : public Nakamoto, public Attacker {
 public:
  using Nakamoto::Nakamoto;
  void start(Context& ctx) override;

 private:
  void found_block(Context& ctx) override;
  void tip_moved(Context& ctx) override;

  void others_found_block(Context& ctx);
  void publish(Context& ctx, std::size_t upto);
  void publish_all(Context& ctx);
  void give_in();

  std::uint64_t private_length() const { return base_->height.value + branch_.size(); }
  /// The paper's Δ.
  std::uint64_t lead() const { return private_length() - public_length_; }

  BlockRef base_;                    // public; the private branch begins above it
  std::vector<BlockRef> branch_;     // privateBranchLen is its size
  std::size_t published_ = 0;        // of branch_
  std::uint64_t public_length_ = 0;  // of the chain the others are on
};

inline constexpr EngineInfo kSelfishMinerInfo{
    .name = "nakamoto/selfish_miner",
    .paper = "Eyal, Sirer: Majority is not Enough: Bitcoin Mining is Vulnerable, FC 2014",
    .summary = "keeps its blocks and publishes them when that makes others' worthless",
    .fault_model = FaultModel::hash_power,
    .finality = Finality::confirmations,
    .synchrony = Synchrony::synchronous,
    .fault_bound = minority_bound,
    .quorum = majority_quorum,
    .options = kOptions,
    .messages = Nakamoto::messages(),
    .request_driven = false,
    .attacks = "nakamoto",
    .make = [](const Options& o) -> std::unique_ptr<Engine> {
      return std::make_unique<SelfishMiner>(o);
    },
};

}  // namespace byzlab::nakamoto
