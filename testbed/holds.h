// What keeps processes from running: faults of the timeline, several at once.
//
// A process runs when nothing holds it. It is down while anything holds it down, and stands still
// while anything holds it still; one that is down comes up when neither does, with its disk unless
// that was lost meanwhile. Who speaks last undoes nothing that others still hold.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "base/ids.h"
#include "testbed/replica_host.h"

namespace byzlab {

/// The processes that one carrying out of a fault made a difference to, each once.
using Changed = std::set<ProcessId>;

class Holds {
 public:
  enum class Kind : std::uint8_t { down, still };

  explicit Holds(ReplicaHost& host) : host_(host), processes_(host.size()) {}

  /// By one carrying out of a fault until release(); without an end, `for_good`, until a restart.
  /// Noted in `changed` when it makes a difference: now, or when what held it before lets go.
  /// `changed` must live until then, and names the owner.
  void take(ProcessId p, Kind kind, bool for_good, Changed& changed);
  /// All that the owner holds of the process. True when it runs again.
  bool release(ProcessId p, const Changed& owner);
  /// What stopped it without holding it is over. True when it runs again.
  bool free(ProcessId p) { return settle(p) && processes_[p.value].holds.empty(); }
  /// Its disk is empty from its next start on.
  void lose_disk(ProcessId p, Changed& changed);
  /// Stops it, and starts it unless something with an end holds it.
  void restart(ProcessId p, Changed& changed);

 private:
  struct Hold {
    Kind kind;
    bool for_good;
    Changed* owner;
  };
  struct Process {
    std::vector<Hold> holds;
    bool disk_lost = false;
  };

  bool holds(const Process& process, Kind kind) const;
  /// Makes the process what its holds want it to be. True when that changed it.
  bool settle(ProcessId p);

  ReplicaHost& host_;
  std::vector<Process> processes_;
};

}  // namespace byzlab
