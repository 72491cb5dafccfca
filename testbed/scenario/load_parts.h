// The parts of loading, one a section of the file. Each reads its section into the scenario and
// reports what is wrong with it; who a selector means is left to bind_selectors(), which runs last.
#pragma once

#include <vector>

#include "testbed/scenario/load.h"
#include "testbed/scenario/scenario.h"
#include "testbed/scenario/section.h"

namespace byzlab::scenario {

/// A timeline or a list of expectations is not longer than this.
inline constexpr std::size_t kMaxEntries = 1000;

/// Options of type `replicas`, waiting for bind_selectors().
struct Unbound {
  std::vector<UnboundOption> protocol;
  std::vector<std::pair<std::size_t, UnboundOption>> own;        // by index in protocol.options_of
  std::vector<std::pair<std::size_t, UnboundOption>> behaviors;  // by index in adversary.behaviors
  std::vector<std::pair<std::size_t, UnboundOption>> timeline;   // by index in timeline: become
};

/// A scenario that is a tree already; `source` is the text that its positions mean.
LoadResult load_tree(YamlNode root, std::string_view name, std::string_view source,
                     const Catalogue& catalogue, const LoadOptions& options);

void load_protocol(const Section& top, Scenario& scenario, Unbound& unbound);
void load_network(const Section& top, Scenario& scenario);
/// An error where a single request is more than the run has time for.
void check_requests_fit(const Section& top, const Scenario& scenario);
void load_workload(const Section& top, Scenario& scenario);
void load_runs(const Section& top, Scenario& scenario);
void load_groups(const Section& top, Scenario& scenario);
void load_adversary(const Section& top, Scenario& scenario, Unbound& unbound);
void load_timeline(const Section& top, Scenario& scenario, Unbound& unbound);
void load_expectations(const Section& top, Scenario& scenario);

/// An action of a timeline entry, or of an alternative of `one_of`.
std::optional<Action> load_action(const Section& entry, std::string_view action,
                                  const Scenario& scenario, std::vector<UnboundOption>& unbound);

/// A behavior as a name or a map of one name to its options.
std::optional<Behavior> load_behavior(Loading& loading, const YamlNode& node,
                                      const std::string& path, const Scenario& scenario,
                                      std::vector<UnboundOption>& unbound);

/// `metric{label="value"}.statistic < value`
std::optional<Threshold> load_threshold(Loading& loading, const YamlNode& node);

/// `>= 95%`
std::optional<RequiredRate> load_rate(Loading& loading, const YamlNode& node);

/// The words of a comparison such as ">=", and the other way round.
std::optional<Comparison> comparison_of(std::string_view text);
std::string_view comparison_text(Comparison comparison);

std::string_view property_name(Property property);
std::string_view outcome_name(Outcome outcome);

/// One line for people.
std::string expectation_text(const Expectation& expectation);

/// Checks who every selector means, draws every any(...), resolves options. Then what needs to know
/// who is Byzantine: bounds, sides of partitions, power.
void bind_selectors(Loading& loading, Scenario& scenario, Unbound& unbound);

/// What is wrong with the adversary and the faults as a whole, now that everybody is known: bounds,
/// behaviors that exclude each other. Runs after bind_selectors().
void check_faults(Loading& loading, const Scenario& scenario);

/// The catalogue's entry for the scenario's protocol; nullptr if there is none.
const ProtocolEntry* protocol_entry(const Catalogue& catalogue, const std::string& name);

}  // namespace byzlab::scenario
