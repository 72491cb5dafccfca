// What a scenario may name: protocols, behaviors, metrics, latency presets. The composition root
// fills it from the registries, so that the language depends on none of them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/fault.h"
#include "consensus/options.h"

namespace byzlab::scenario {

struct ProtocolEntry {
  std::string name;
  std::string summary = {};  // "Practical Byzantine Fault Tolerance (Castro & Liskov 1999)"
  std::span<const OptionSpec> options = {};
  bool crash_only = false;    // no defence against Byzantine replicas: E161 unless beyond_bound
  bool certified = true;      // commits carry quorum certificates; else `certified` is E160
  bool double_spend = false;  // finality can be reverted by design; else `double_spend` is E160
  std::string bound = {};     // "f < n/3 Byzantine replicas", "less than half of the hash power"
  /// Tolerates faulty replicas with less than numerator / denominator of all power.
  std::uint32_t fault_numerator = 1, fault_denominator = 3;
  std::uint32_t min_replicas = 1;
  /// Its messages, and the words that stand for some of them. Empty: names are not checked.
  std::vector<std::string> messages = {};

  /// f: the largest number of faulty replicas tolerated among n of equal power.
  std::uint32_t max_faulty(std::uint32_t n) const {
    return static_cast<std::uint32_t>((std::uint64_t{fault_numerator} * n - 1) / fault_denominator);
  }
  /// The fewest replicas of equal power that tolerate a faulty one.
  std::uint32_t least_for_one() const { return fault_denominator / fault_numerator + 1; }
};

struct BehaviorEntry {
  std::string name;
  std::string summary = {};
  std::span<const OptionSpec> options = {};
  std::vector<std::string> protocols = {};  // only with these; empty: with any
  /// What a member runs is decided before the start, by one behavior of each such kind.
  enum class Plays : std::uint8_t {
    beside_engine,  // around the honest engine, with others, now and then
    as_two,         // a second process, for a second audience
    other_engine,   // another engine instead of the protocol's
  } plays = Plays::beside_engine;
};

struct FaultEntry {
  std::string name;
  std::string section;       // "timeline.crash": of its options
  std::string summary = {};  // what it does, without a capital or a full stop
  std::span<const OptionSpec> options = {};
  std::string brief = {};  // the option that a value sets which is no map; empty: a map it must be
  FaultSpan span = FaultSpan::either;
  FaultMeaning meaning = FaultMeaning::marks;
  std::string example = {};  // a value of four replicas

  const OptionSpec* option(std::string_view option_name) const {
    for (const OptionSpec& spec : options)
      if (spec.name == option_name) return &spec;
    return nullptr;
  }
  bool has_map() const { return options.size() > 1; }
};

enum class MetricKind : std::uint8_t { counter, gauge, histogram };
enum class MetricUnit : std::uint8_t { none, seconds, bytes, ratio, blocks, transactions };

struct MetricEntry {
  std::string name;  // "commit_latency", as thresholds write it
  MetricKind kind = MetricKind::counter;
  MetricUnit unit = MetricUnit::none;
  std::string summary = {};
  std::vector<std::string> reported = {};  // statistics that every run reports: "mean", "p99"
  bool pooled = false;                     // runs report a histogram of it, too
  /// Its label; none where it has none. Values are checked against `label_values` if there are any,
  /// else they are clients.
  std::string label = {};
  std::vector<std::string> label_values = {};
};

struct LatencyPreset {
  std::string name;  // "cloud_regions"
  std::vector<std::string> regions = {};
};

struct Scenario;

/// An option of the protocol that the network, as it is described, does not fit.
struct ClockConflict {
  std::string option;   // "timeout_cap"
  std::string message;  // "`timeout_cap` is too short for this network: a view takes …"
  std::string hint;     // what to do about it
};

struct Catalogue {
  std::vector<ProtocolEntry> protocols;
  std::vector<BehaviorEntry> behaviors;
  std::vector<FaultEntry> faults;
  std::vector<MetricEntry> metrics;
  std::vector<LatencyPreset> presets;
  /// Asked of a scenario without errors; null: nobody knows.
  std::vector<ClockConflict> (*clock_conflicts)(const Scenario&) = nullptr;

  /// The row of that name; nullptr when there is none.
  const FaultEntry* fault(std::string_view name) const {
    for (const FaultEntry& entry : faults)
      if (entry.name == name) return &entry;
    return nullptr;
  }
};

}  // namespace byzlab::scenario
