// Which engines exist and what each claims. Adding an engine is one folder and one line in
// registry.cpp.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "consensus/engine.h"
#include "consensus/options.h"

namespace byzlab {

enum class FaultModel : std::uint8_t {
  crash,       ///< replicas stop; nobody lies
  byzantine,   ///< replicas do anything
  hash_power,  ///< the adversary has a share of the mining power
};

enum class Finality : std::uint8_t {
  immediate,      ///< what is committed stays committed
  confirmations,  ///< committed means k blocks deep; a deeper reorganisation can undo it
};

enum class Synchrony : std::uint8_t {
  partial,      ///< safe always, live after GST
  synchronous,  ///< safe only while messages arrive in time
};

/// A clock of an engine that messages have to beat: where a network is slower, it makes no
/// progress. An engine whose timeouts grow without a cap needs none.
struct ClockNeed {
  std::string_view option;  ///< what to raise: "timeout_cap"
  std::string_view reason;  ///< "a view takes 8 message delays"
  std::uint32_t delays;     ///< one-way delays, one behind the other, that must fit
  /// The clock, at the longest it gets; Duration::max(): with these options it knows no limit.
  Duration (*longest)(const Options&);
};

/// One row of the registry.
struct EngineInfo {
  std::string_view name;     ///< as scenarios write it: "pbft", "nakamoto/private_miner"
  std::string_view paper;    ///< authors, title, year
  std::string_view summary;  ///< one sentence
  FaultModel fault_model;
  Finality finality;
  Synchrony synchrony;
  /// Byzantine or crash power it survives, and its quorum, out of the total power.
  Power (*fault_bound)(Power total);
  Power (*quorum)(Power total);
  std::span<const OptionSpec> options;
  MessageTable messages;
  /// Called on every request that arrives (true), or does it pull requests when it proposes
  /// (false)?
  bool request_driven;
  /// For a protocol-aware attacker: the honest engine the other replicas run; empty otherwise.
  std::string_view attacks;
  /// For a published protocol that does not keep what it claims: how, and who showed it. The
  /// conformance suite asks nothing of it; scenarios/papers/ shows the flaw. Empty otherwise.
  std::string_view flaw = {};
  std::unique_ptr<Engine> (*make)(const Options&);
  /// How long a block may take when all is well, by the protocol's own clock: its block interval,
  /// or the time after which a replica suspects its leader. Alarms are set to a multiple of it.
  /// Null when the protocol has no such clock.
  Duration (*block_interval)(const Options&) = nullptr;
  /// The steps it votes in and those it has progress timers for, as Tallies numbers them.
  std::span<const std::string_view> vote_phases = {};
  std::span<const std::string_view> timer_phases = {};
  /// What its clocks assume of the network's delays.
  std::span<const ClockNeed> clock_needs = {};
};

std::span<const EngineInfo> engines();
/// Null when there is none of that name.
const EngineInfo* find_engine(std::string_view name);

// The bounds of the usual fault models.
constexpr Power byzantine_bound(Power total) { return (total - 1) / 3; }
constexpr Power byzantine_quorum(Power total) { return (total + byzantine_bound(total)) / 2 + 1; }
constexpr Power minority_bound(Power total) { return (total - 1) / 2; }
constexpr Power majority_quorum(Power total) { return total / 2 + 1; }

}  // namespace byzlab
