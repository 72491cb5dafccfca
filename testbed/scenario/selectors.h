// Who a selector means: resolve() at the moment it acts.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "testbed/scenario/scenario.h"

namespace byzlab::scenario {

/// What a selector is resolved against. context_of() fills all but `role`.
struct ResolutionContext {
  std::uint32_t n = 0;
  std::uint32_t f = 0;  // for any(f); a loaded scenario no longer needs it
  std::span<const Group> groups;
  std::span<const Region> regions;
  std::vector<ReplicaId> byzantine;
  /// Who has a role now; may be nobody. Asked only for `role:` selectors; unset: nobody.
  std::function<std::vector<ReplicaId>(Role)> role;
};

ResolutionContext context_of(const Scenario& scenario);

/// The replicas, ascending and without repeats. May be empty for a role nobody has.
std::vector<ReplicaId> resolve(const Selector& who, const ResolutionContext& context);

/// The sides of a partition, disjoint; each replica in no side is appended as a side of its own. A
/// replica that a role puts into two sides stays in the first.
std::vector<std::vector<ReplicaId>> partition_sides(const std::vector<Selector>& sides,
                                                    const ResolutionContext& context);

/// Whom an action turns Byzantine; nullptr if it does nothing of the kind.
const Selector* who_turns(const Action& action);

/// A replica's own options: those of all, and what it has otherwise.
Options options_of(const Protocol& protocol, ReplicaId r, const ResolutionContext& context);

/// All Byzantine replicas of a scenario: members and whoever a `become` names outright, ascending.
std::vector<ReplicaId> byzantine_replicas(const Scenario& scenario);

/// Power of each replica as integers: all 1 when the file gives no power map, else billionths of
/// the total.
std::vector<std::uint64_t> power_units(const Scenario& scenario);

/// True if who it means can change during a run.
bool is_dynamic(const Selector& who, std::span<const Group> groups);

/// True if it is nobody and the file says so: `[]`, any(0).
bool asks_for_nobody(const Selector& who);

/// The selector as the text that parses to it: "r0..r3", "[r0, west]", "role:leader".
std::string to_text(const Selector& who);
std::string to_text(const Links& links);
/// Whom an action is about, as the file says it; of a note its text.
std::string to_text(const Action& action);

}  // namespace byzlab::scenario
