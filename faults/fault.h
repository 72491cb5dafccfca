// A fault: a nameable thing that happens to replicas or to links for a while. One file, one row.
//
// A row of faults/registry.cpp says what the fault is called, what it takes, how long it lasts and
// what it means; the scenario language, its lock file, schema and manual, the timeline, the story
// and the judge read the row. The file has the class that carries it out: it tells from what its
// options mean now whom it reaches, then begins. What it holds on its ground is let go when it
// ends.
//
// docs/adding-a-fault.md goes through it.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fault.h"
#include "base/machine_fault.h"
#include "base/message.h"
#include "consensus/options.h"
#include "network/link.h"

namespace byzlab {

/// What the selectors among a fault's options mean when it begins.
struct Targets {
  std::uint32_t n = 0;  ///< replicas
  /// By option of type selector, of those that the scenario sets.
  std::vector<std::pair<std::string_view, std::vector<ReplicaId>>> selected = {};
  std::vector<std::vector<ReplicaId>> sides = {};
  std::vector<LinkSet> links = {};

  bool has(std::string_view option) const {
    for (const auto& [name, who] : selected) {
      if (name == option) return true;
    }
    return false;
  }
  /// Ascending; nobody where it is not set.
  std::vector<ReplicaId> of(std::string_view option) const {
    for (const auto& [name, who] : selected) {
      if (name == option) return who;
    }
    return {};
  }
};

/// What faults act on, as one of them sees it while it lasts. What it asks for here is undone when
/// it ends; two faults that ask the same of one process both have it until the last of them ends.
class Ground {
 public:
  virtual ~Ground() = default;

  /// When the fault ends; kNever: it lasts until the end of the run, or is an instant.
  virtual Time ends() const = 0;

  // Links.
  virtual std::uint32_t processes() const = 0;
  /// All processes that run this replica: itself, and its twins.
  virtual std::span<const ProcessId> processes_of(ReplicaId r) const = 0;
  /// The messages of the protocol.
  virtual const MessageTable& messages() const = 0;
  /// Packets meet this rule, behind those of faults that stand before this one in the file.
  virtual void bend(std::unique_ptr<LinkRule> rule) = 0;

  // Processes of a replica.
  /// Down, and started again with what its disk has when nothing holds it any more.
  virtual void hold_down(ReplicaId r) = 0;
  /// Stopped but not dead.
  virtual void hold_still(ReplicaId r) = 0;
  /// Its disk is empty from now on.
  virtual void lose_disk(ReplicaId r) = 0;
  /// Stopped and started at once, unless a window holds it down or still.
  virtual void restart(ReplicaId r) = 0;
  /// Something is wrong with its disk, or with its clock. A process that a failing disk stops
  /// stays down until then.
  virtual void break_disk(ReplicaId r, const DiskFault& fault) = 0;
  virtual void turn_clock(ReplicaId r, const ClockFault& fault) = 0;
  /// Behaves as the option of type behavior says; honest again afterwards.
  virtual void turn(ReplicaId r) = 0;
};

class Fault {
 public:
  virtual ~Fault() = default;
  /// Whom it reaches. Everything but the meaning, which is its row's.
  virtual FaultReach reach(const Targets& targets) const {
    return {.who = targets.of("who"), .sides = targets.sides, .links = targets.links};
  }
  virtual void begin(Ground& ground, const FaultReach& reach) = 0;
  /// What it asked of its ground is undone without it.
  virtual void end(Ground&, const FaultReach&) {}
};

/// One row of the registry.
struct FaultInfo {
  std::string_view name;  ///< the key of the timeline
  std::string_view doc;   ///< what it does, without a capital or a full stop
  /// The first of type selector is whom the fault is about.
  std::span<const OptionSpec> options = {};
  /// The option that is meant where a value stands instead of a map: `crash: r1`. Empty: a map it
  /// must be. A row with one option has no map.
  std::string_view brief = {};
  FaultSpan span = FaultSpan::either;
  FaultMeaning meaning = FaultMeaning::marks;
  std::string_view example = {};  ///< a value that works with four replicas: "r1"
  std::unique_ptr<Fault> (*make)(const Options&) = nullptr;
};

}  // namespace byzlab
