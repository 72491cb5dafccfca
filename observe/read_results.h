// A finished results folder, read back: what summary.json and runs.jsonl say, as values.
//
// Files are the truth. Whoever wants to know about runs that are over (the store, `byzlab diff`)
// reads them here and nowhere else. A key that is missing is a default: older folders stay
// readable.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace byzlab {

struct RecordedExpectation {
  std::string id;      ///< "recovery-1"
  std::string text;    ///< "recovery: 5s after split"; empty in runs.jsonl
  std::string status;  ///< pass, fail, undecided, vacuous
  std::optional<double> value;
};

struct RecordedMetric {
  std::string name;  ///< "commit_latency.p99"
  double value = 0;  ///< in the metric's base unit
  std::optional<std::uint64_t> samples;
};

/// One run: of a folder of its own, or a line of runs.jsonl.
struct RecordedRun {
  std::uint64_t seed = 0;
  std::optional<std::uint32_t> cell;  ///< of a sweep or comparison: index into its cells
  std::string verdict, reason, trace_hash;
  bool cut_short = false;  ///< a limit or a crash ended it
  std::uint64_t events = 0;
  std::vector<RecordedExpectation> expectations;
  std::vector<RecordedMetric> metrics;  ///< sorted by name

  /// Nothing when it was not measured.
  std::optional<double> metric(std::string_view name) const;
};

struct RecordedEstimate {
  std::string name;
  double value = 0, low = 0, high = 0;
  std::optional<std::uint64_t> samples;
};

/// A cell of a sweep or comparison.
struct RecordedCell {
  std::string label;  ///< "protocol=pbft, replicas=4"
  std::optional<std::string> protocol;
  std::optional<std::uint32_t> n;
  std::string excluded, violated;
  std::uint64_t runs = 0, passed = 0, failed = 0, inconclusive = 0, unsafe = 0;
  std::vector<RecordedEstimate> metrics;
};

/// A folder's summary.
struct RecordedFolder {
  std::string id;    ///< under results/: "pbft-partition/20261122-143301-s42-9f3c1a7e"
  std::string kind;  ///< run, seeds, sweep, comparison
  std::string name, file;
  std::string date;  ///< "2026-11-22 14:33:01", local time: of the folder's name, else of its file
  std::string verdict, reason, trace_hash, transport, version;
  std::optional<std::string> protocol;
  std::optional<std::uint32_t> n, f;
  std::uint64_t first_seed = 0, last_seed = 0;
  std::uint64_t runs = 0, passed = 0, failed = 0, inconclusive = 0, events = 0;
  std::optional<double> simulated_seconds, wall_seconds, cpu_seconds;
  bool interrupted = false, beyond_bound = false;
  std::vector<RecordedCell> cells;
  std::optional<RecordedRun> run;  ///< when it is one run
};

/// When summary.json was written, in ns since 1970; nothing when there is none.
std::optional<std::int64_t> stamp_of(const std::filesystem::path& folder);

/// Throws std::runtime_error with file and reason when summary.json is missing or is no summary.
RecordedFolder read_folder(const std::filesystem::path& results,
                           const std::filesystem::path& folder);

/// Every line of the folder's runs.jsonl, in order; bounded memory. Returns the number of lines
/// that are no run: the last one of a file whose writer was killed.
std::size_t for_each_run(const std::filesystem::path& folder,
                         const std::function<void(const RecordedRun&)>& use);

}  // namespace byzlab
