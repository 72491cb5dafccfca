// What a fault is, for everybody who hears of one: what it does to the model, and whom it met.
//
// A fault's selectors are resolved once, when it begins (`role:leader` is whoever leads then); who
// judges, counts, tells or draws it reads what was resolved and never asks again.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace byzlab {

/// What a fault does, as the fault model sees it.
enum class FaultMeaning : std::uint8_t {
  marks,       ///< nothing: a note
  cuts,        ///< links carry nothing
  loses,       ///< links lose a share of the packets
  corrupts,    ///< links damage a share of the packets
  delays,      ///< links are slower by up to `adds`
  disturbs,    ///< reorders, duplicates: what every model allows
  throttles,   ///< links have less bandwidth
  stops,       ///< processes are down, and come back with their disk
  pauses,      ///< processes stand still
  restarts,    ///< processes are stopped and started at once
  wipes,       ///< processes lose their disk
  turns,       ///< replicas turn Byzantine
  fails_disk,  ///< a disk loses or refuses what is to be durable
  skews,       ///< a clock runs wrong
};

constexpr std::string_view name_of(FaultMeaning meaning) {
  switch (meaning) {
    case FaultMeaning::marks: return "marks";
    case FaultMeaning::cuts: return "cuts";
    case FaultMeaning::loses: return "loses";
    case FaultMeaning::corrupts: return "corrupts";
    case FaultMeaning::delays: return "delays";
    case FaultMeaning::disturbs: return "disturbs";
    case FaultMeaning::throttles: return "throttles";
    case FaultMeaning::stops: return "stops";
    case FaultMeaning::pauses: return "pauses";
    case FaultMeaning::restarts: return "restarts";
    case FaultMeaning::wipes: return "wipes";
    case FaultMeaning::turns: return "turns";
    case FaultMeaning::fails_disk: return "fails_disk";
    case FaultMeaning::skews: return "skews";
  }
  return "";
}

/// How long a fault lasts.
enum class FaultSpan : std::uint8_t {
  instant,  ///< happens at once: takes no `for`
  window,   ///< lasts as `for` says: it must
  either,   ///< for as long as `for` says, else until the end of the run
};

/// Directed links: every pair of distinct (from, to). Both ascending.
struct LinkSet {
  std::vector<ReplicaId> from, to;
  bool operator==(const LinkSet&) const = default;
};

/// Whom a fault met.
struct FaultReach {
  FaultMeaning meaning = FaultMeaning::marks;
  std::vector<ReplicaId> who = {};  ///< replicas it acts on, ascending
  /// Of a partition, everybody on one side or another: no link between two sides works. Of an
  /// isolation each victim is a side of its own, all others are the last.
  std::vector<std::vector<ReplicaId>> sides = {};
  std::vector<LinkSet> links = {};  ///< of faults of links; a pair in several of them counts once
  double probability = 1;           ///< of what loses or corrupts
  Duration adds{};                  ///< of delays: the most it adds
  /// It touches some kinds of messages or some views only.
  bool selective = false;
  bool operator==(const FaultReach&) const = default;
};

/// The same links in sets that no sender is in twice.
std::vector<LinkSet> by_sender(const std::vector<LinkSet>& sets);

/// Directed links it names, a pair in several sets once; of `sides` those between two of them.
std::uint64_t count_links(const FaultReach& reach);

}  // namespace byzlab
