// Two results folders, held against each other: keys of the scenario, recorded events,
// expectations, metrics; of many runs, seed by seed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "observe/read_results.h"
#include "observe/statistics.h"

namespace byzlab {

/// A key that only one has, or that has another value: "timeline[split].at", "10s", "12s".
struct KeyChange {
  std::string key;
  std::optional<std::string> a, b;
};

/// Of two scenario.lock.yaml as text; entries of lists are called by their label, if they have one.
/// Nothing when one of them is no YAML.
std::optional<std::vector<KeyChange>> scenario_changes(std::string_view a, std::string_view b);

/// The first line of events.jsonl that differs; a or b is empty where that file has ended.
struct EventChange {
  std::size_t line = 0;  ///< from 1
  std::string a, b;
};
struct EventsDiff {
  std::optional<EventChange> first;
  std::size_t lines = 0;   ///< that are the same
  bool truncated = false;  ///< both left out events beyond these lines
  bool missing = false;    ///< one has no events.jsonl
};
EventsDiff events_diff(const std::filesystem::path& a, const std::filesystem::path& b);

struct MetricChange {
  std::string name;
  std::optional<double> a, b;
  /// b / a, where both are above 0.
  std::optional<double> ratio() const;
};
/// Metrics that differ, the greatest change first.
std::vector<MetricChange> metric_changes(const RecordedRun& a, const RecordedRun& b);

struct ExpectationChange {
  std::string text;  ///< or its id
  std::string a, b;  ///< status, empty when it is not there
  std::optional<double> value_a, value_b;
};
std::vector<ExpectationChange> expectation_changes(const RecordedRun& a, const RecordedRun& b);

/// Two folders of many runs, on the seeds (and cells) that both have.
struct ManyDiff {
  struct Pair {
    std::string cell;
    std::uint64_t seed = 0;
    std::string verdict_a, verdict_b, hash_a, hash_b;
  };
  struct Metric {
    std::string name;
    Estimate a, b, ratio;  ///< medians with 95 % intervals; b / a, seed by seed
    bool same = true;      ///< in every pair
  };
  std::uint64_t common = 0, only_a = 0, only_b = 0;
  std::uint64_t other_trace = 0;    ///< pairs that did not do the same
  std::optional<Pair> first;        ///< of those
  std::uint64_t other_verdict = 0;  ///< pairs with another verdict
  std::vector<Pair> verdicts;       ///< the first kPairsKept of those
  std::vector<Metric> metrics;
  static constexpr std::size_t kPairsKept = 10;
};
ManyDiff many_diff(const std::filesystem::path& folder_a, const RecordedFolder& a,
                   const std::filesystem::path& folder_b, const RecordedFolder& b);

}  // namespace byzlab
