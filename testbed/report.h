// What a run says when it is over: plain values, from which terminal, summary.json, metrics and
// pages are all written, so that they cannot disagree.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/fault.h"
#include "base/ids.h"
#include "base/time.h"
#include "testbed/quantile_sketch.h"
#include "testbed/scenario/scenario.h"

namespace byzlab {

enum class RunVerdict : std::uint8_t { pass, fail, inconclusive };

enum class Status : std::uint8_t {
  pass,
  fail,
  undecided,  ///< the run ended before it could be known
  vacuous,    ///< there was nothing to check it on: counts as undecided
};

/// What the fault model says of a violation.
enum class Bound : std::uint8_t {
  not_applicable,
  inside,       ///< the model allows no such thing: a bug in the protocol or in its code here
  beyond,       ///< more faults, or less synchrony, than the protocol claims to survive: expected
  cannot_tell,  ///< one of the two: there are too many replicas to know the least faulty power
};

/// One line of the verdict.
struct ExpectationResult {
  std::string id;                  ///< "recovery-1": property and its number among those
  std::string text;                ///< "recovery: 5s after split"
  std::string detail;              ///< what was found: "1.84 s"
  std::vector<std::string> lines;  ///< the explanation of a violation, ready to print
  scenario::Property property = scenario::Property::agreement;
  Status status = Status::undecided;
  bool always_on = false;  ///< checked although the scenario does not list it
  Bound bound = Bound::not_applicable;
  std::optional<double> value;  ///< in `unit`
  std::optional<double> limit;
  std::string unit;        ///< "s", "bytes", "ratio", "" …
  std::optional<Time> at;  ///< when it was decided
  /// For an expectation with a rate over the seeds: whether this run counts for it. The runs
  /// together decide; this run's `status` is then pass or undecided.
  std::optional<bool> counts;
  std::optional<scenario::RequiredRate> rate;
  scenario::Position position;
};

struct FaultResult {
  std::string label;
  std::string action;  ///< "partition"
  std::string text;    ///< "{r0 r1 r2 r3 | r4 r5 r6}": whom it met the first time
  struct Window {
    Time from;
    std::optional<Time> to = {};  ///< none: until the end of the run
    /// Whom it met; null where nobody knows.
    std::shared_ptr<const FaultReach> reach = {};
    bool freed = false;  ///< its end let a process run again that it had stopped
  };
  std::vector<Window> windows;  ///< empty: it never started
  /// What it did: {"links_cut", 24}, {"packets_lost", 1203}, {"replicas_crashed", 1}.
  std::vector<std::pair<std::string, std::uint64_t>> effects;
  bool had_effect = false;
  bool asked_for_none = false;  ///< the file says that it meets nobody, or never strikes
};

/// A behavior of the adversary and what came of it.
struct BehaviorResult {
  std::string name;  ///< "silent"
  /// By member: messages it altered, kept or made up; of twins, what one copy said against the
  /// other; of an attacker's own engine, attempts begun, blocks kept, locks forgotten.
  std::vector<std::pair<ReplicaId, std::uint64_t>> deeds = {};
  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const auto& [member, count] : deeds) sum += count;
    return sum;
  }
};

/// Something that the file asks for and that did not come about: a run in which it was to, and
/// nothing else happened, proves nothing.
struct Idle {
  std::string what;  ///< "adversary", "behavior.0", "timeline.2": the same in every seed
  std::string text;  ///< "fault `down` had no effect"
};

/// A line of the run's story: "10.000s fault split partition {r0..r3 | r4..r6}".
struct StoryLine {
  Time at;
  std::string kind;   ///< fault heal stall resume view commit violation mark reorg
  std::string label;  ///< of a fault, or empty
  std::string text;
  bool violation = false;
};

/// A number for summary.json and tables.
struct Metric {
  std::string name;  ///< "commit_latency.p99"
  double value = 0;  ///< in the metric's base unit
  std::uint64_t samples = 0;
};

/// All samples of a metric after the warm-up, for percentiles of many runs together.
struct Histogram {
  std::string name;  ///< "commit_latency"
  QuantileSketch samples;
};

/// State of the run at the end of each interval, for timeseries.csv and charts.
struct SeriesRow {
  Time at;
  std::uint64_t height = 0;         ///< highest committed by an honest replica
  std::uint64_t lowest_height = 0;  ///< lowest among honest replicas that are up
  std::uint64_t view = 0;           ///< highest view entered
  std::uint64_t committed_tx = 0;   ///< cumulative
  std::uint64_t messages = 0;       ///< cumulative, sent
  std::uint64_t bytes = 0;          ///< cumulative, sent
  std::uint64_t dropped = 0;        ///< cumulative
  std::uint64_t view_changes = 0;   ///< cumulative
  std::uint64_t mempool = 0;        ///< requests submitted and not committed anywhere
  double latency_p50 = 0;           ///< commit latency in the interval, seconds
  std::uint32_t up = 0;             ///< replicas running
  std::uint32_t faults_active = 0;
};

struct KindCount {
  std::string name;
  std::uint64_t sent = 0, bytes = 0, delivered = 0;
};

/// Per replica, for metrics with n ≤ 64.
struct ReplicaResult {
  std::uint64_t height = 0, view = 0, commits = 0, transactions = 0, view_changes = 0, timeouts = 0,
                reorgs = 0;
  std::uint64_t rotations = 0;  ///< views left although nobody had given them up
  std::uint64_t proposals = 0;
  std::uint64_t votes = 0;  ///< as far as its engine tells of them
  Time last_commit{};
  bool byzantine = false;
  bool up = true;
  bool paused = false;
};

struct Report {
  std::string name;
  std::string file;  ///< as given to the loader; empty for built-in ones
  RunVerdict verdict = RunVerdict::inconclusive;
  std::string reason;  ///< "safety: agreement", "liveness: recovery", "fault `split` had no effect"
  std::uint64_t seed = 0;
  std::uint64_t trace_hash = 0;
  std::string transport;  ///< "sim" or "tcp"

  std::string protocol;
  std::uint32_t n = 0;
  std::uint64_t f = 0;       ///< fault bound, in replicas of mean power
  std::uint64_t quorum = 0;  ///< in replicas of mean power
  std::string network;       ///< "full mesh, normal 40 ± 8 ms"
  std::vector<ReplicaId> byzantine;
  double byzantine_share = 0;  ///< of the power
  double allowed_share = 0;    ///< the bound as a share of the power
  bool beyond_bound = false;
  std::string bound_text;            ///< "0 Byzantine of f = 2 allowed"
  bool adversary_of_nobody = false;  ///< the file has an adversary, and this seed drew nobody
  std::vector<BehaviorResult> behaviors;
  std::vector<Idle> idle;

  Duration simulated{};
  double wall_seconds = 0;
  double cpu_seconds = 0;
  std::uint64_t events = 0;  ///< deliveries, timers and tasks
  Duration asked{};          ///< how long the scenario is
  bool interrupted = false;
  /// Why the run did not come to its end, if it did not: a limit, or a bug that ended its process.
  std::string stopped;
  bool crashed = false;  ///< it was a bug
  /// The run ended before its time because its verdict was settled: "66 ms after the violation".
  std::string ended_early;
  /// In real time: how long this process was not scheduled, in all and at most at once.
  Duration not_scheduled{}, longest_pause{};

  std::vector<ExpectationResult> expectations;
  std::vector<FaultResult> faults;
  std::vector<StoryLine> story;
  std::vector<Metric> metrics;
  std::vector<Histogram> histograms;
  std::vector<SeriesRow> series;
  Duration series_interval{};
  std::vector<KindCount> kinds;
  std::vector<std::pair<std::string, std::uint64_t>> dropped;  ///< by reason
  std::vector<ReplicaResult> replicas;                         ///< empty when n > 64
};

/// "9f3c1a7e…": 16 hex digits.
std::string to_hex(std::uint64_t trace_hash);
std::string_view to_string(RunVerdict verdict);
std::string_view to_string(Status status);

}  // namespace byzlab
