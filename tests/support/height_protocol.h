// What every protocol owes that decides one height after the other by a proposal and two rounds of
// votes (Tendermint, the Istanbul family): asked of an engine by its row alone.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "consensus/registry.h"

namespace byzlab::testing {

/// (n-1)(2n+1) messages and three message delays a decision.
void check_messages_and_delays(const EngineInfo&);

/// Replicas that are down from the start, and how long the first height that one of them leads may
/// take: exactly `expected`, with 10 ms links.
struct LeaderFailure {
  std::uint32_t n;
  std::vector<std::uint32_t> down;
  Duration expected;
};
void check_leader_failure(const EngineInfo&, const LeaderFailure&);

/// f replicas are silent, every f of them in turn: n = 4 and 7. Live all the same.
void check_silent_anywhere(const EngineInfo&);

/// A committee of one, and one member with all the power: heights go on, not without end at one
/// instant.
void check_alone(const EngineInfo&);

/// One that was away, or lost its disk, has all blocks soon after.
void check_catching_up(const EngineInfo&);

/// All restart at once over what they had persisted: nothing decided is lost, and it goes on.
void check_all_restart(const EngineInfo&);

/// A leader restarts before anybody has its proposal, in round 0 and in a later one: it says the
/// same again, and that is decided, in less than the round's time.
void check_proposal_outlives_restart(const EngineInfo&);

/// Bent messages of a liar, bytes and all: safe, live, and what is kept stays small.
void check_hostile_bytes(const EngineInfo&, std::size_t (*early)(const Engine&));

/// Loss, delay, restarts until GST, from many seeds: safe, and live after.
void check_random_schedules(const EngineInfo&, std::uint64_t seeds);

}  // namespace byzlab::testing
