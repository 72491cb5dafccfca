// What a scenario may name: protocols, behaviors, metrics, latency presets. The composition root
// fills it from the registries, so that the language depends on none of them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

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

  /// f: the largest number of faulty replicas tolerated among n of equal power.
  std::uint32_t max_faulty(std::uint32_t n) const {
    return static_cast<std::uint32_t>((std::uint64_t{fault_numerator} * n - 1) / fault_denominator);
  }
};

struct BehaviorEntry {
  std::string name;
  std::string summary = {};
  std::span<const OptionSpec> options = {};
  std::vector<std::string> protocols = {};  // only with these; empty: with any
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
};

struct LatencyPreset {
  std::string name;  // "cloud_regions"
  std::vector<std::string> regions = {};
};

struct Catalogue {
  std::vector<ProtocolEntry> protocols;
  std::vector<BehaviorEntry> behaviors;
  std::vector<MetricEntry> metrics;
  std::vector<LatencyPreset> presets;
};

}  // namespace byzlab::scenario
