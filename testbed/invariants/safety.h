// What the safety invariants have in common: what they are shown, and how they answer.
//
// They are shown every commit of an honest process that changes the tree of logs: a new node, a
// rewritten log, skipped heights. A commit that only follows others is not their concern: whatever
// could be wrong with its block was checked when the node was made.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "testbed/invariants/block_facts.h"
#include "testbed/invariants/log_tree.h"
#include "testbed/invariants/reversal.h"
#include "testbed/judge.h"

namespace byzlab {

struct CommitStep {
  Time now;
  ProcessId process;
  ReplicaId replica;
  const LogTree::Step& log;
  /// Null, or the block that was certified, of which the committed one is what was left to execute.
  const Block* certified = nullptr;
};

/// What an invariant looks at. Lives as long as the run.
struct Witness {
  const Case& run;
  const LogTree& logs;
  const BlockFacts& facts;
  const std::vector<bool>& byzantine;  ///< by replica
  const std::vector<bool>& lost_disk;  ///< by replica: so far

  ReplicaId replica_of(ProcessId p) const { return run.replica_of[p.value]; }
  bool is_byzantine(ReplicaId r) const { return r.value < byzantine.size() && byzantine[r.value]; }
  /// That this node's block lost its place.
  Reversal reversal_of(LogTree::NodeId node, std::uint64_t deeper) const;
  /// Nobody else can have done what an honest replica does not.
  bool is_faulty(ReplicaId r) const {
    return is_byzantine(r) || (r.value < lost_disk.size() && lost_disk[r.value]);
  }
  /// "r3", with a star when it is Byzantine.
  std::string name(ReplicaId r) const;
};

/// The first time an invariant was broken.
struct Violation {
  Time at;
  std::string what;                ///< one line
  std::vector<std::string> lines;  ///< who, when, and why if known
  Reversal reversal = {};          ///< of agreement and of payments
};

/// The invariants' common answer: `Invariant` of the design.
class SafetyInvariant {
 public:
  explicit SafetyInvariant(const Witness& witness) : witness_(witness) {}
  virtual ~SafetyInvariant() = default;
  virtual void on(const CommitStep& step) = 0;
  const std::optional<Violation>& verdict() const { return verdict_; }
  /// What was checked, when nothing is wrong: "412 heights, 7 replicas, no conflict".
  virtual std::string checked() const = 0;
  /// False while there was nothing to check.
  virtual bool has_checked() const { return witness_.logs.blocks() > 0; }

 protected:
  const Witness& witness_;
  std::optional<Violation> verdict_;
};

}  // namespace byzlab
