// Amnesia: a Tendermint replica that forgets, from round to round, what it is locked on.
//
// It prevotes for whatever is proposed next, as if lines 38–39 and 42–43 had never run (Cosmos'
// accountability work calls this amnesia). Nothing it says is malformed, and no single message
// shows it. With more than f such replicas two values can be decided at one height; f are harmless,
// as any f liars are (scenarios/papers/).
#pragma once

#include "consensus/attacker.h"
#include "consensus/tendermint/tendermint.h"

namespace byzlab::tendermint {

/// Its deeds are the locks that it forgets.
class Amnesiac final : public Tendermint, public Attacker {
 public:
  using Tendermint::Tendermint;

 private:
  void enter_round() override {
    if (p_.locked_round) did();
    p_.locked_round = p_.valid_round = std::nullopt;
    p_.locked_value = p_.valid_value = Digest{};
    p_.valid_prevotes = {};
    valid_block_ = nullptr;
  }
};

inline constexpr EngineInfo kAmnesiacInfo{
    .name = "tendermint/amnesiac",
    .paper = "E. Buchman, J. Kwon, Z. Milosevic: The latest gossip on BFT consensus, 2018",
    .summary = "forgets what it is locked on when a round begins",
    .fault_model = FaultModel::byzantine,
    .finality = Finality::immediate,
    .synchrony = Synchrony::partial,
    .fault_bound = byzantine_bound,
    .quorum = byzantine_quorum,
    .options = kOptions,
    .messages = Tendermint::messages(),
    .request_driven = false,
    .attacks = "tendermint",
    .make = [](const Options& options) -> std::unique_ptr<Engine> {
      return std::make_unique<Amnesiac>(options);
    },
    .block_interval = [](const Options& o) { return o.duration("timeout_propose"); },
    .vote_phases = kVotePhases,
    .timer_phases = kTimerPhases,
    .clock_needs = kClockNeeds,
};

}  // namespace byzlab::tendermint
