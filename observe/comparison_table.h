// A comparison's results: every cell with its runs, and what follows from them — estimates, ratios,
// growth, outcomes. How they are laid out is comparison_layout.h; each form that is written has a
// file: comparison_text.cpp, comparison_json.cpp, comparison_map.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "observe/idle_counts.h"
#include "observe/statistics.h"
#include "observe/style.h"
#include "testbed/report.h"
#include "testbed/scenario/comparison.h"

namespace byzlab {

/// What the runs of one cell came to.
struct CellResult {
  std::uint64_t passed = 0, failed = 0, inconclusive = 0;
  std::uint64_t unsafe = 0;   ///< runs in which a safety property was violated
  std::uint64_t stalled = 0;  ///< safe runs in which something did not go on as expected
  std::uint64_t live = 0;     ///< safe runs in which what was to go on did
  /// Runs with a failure that the fault model does not allow, however unlucky the seed.
  std::uint64_t inside = 0;
  std::uint64_t stopped = 0;      ///< runs that a limit or a crash ended: no figure counts them
  std::uint64_t ended_early = 0;  ///< runs that ended at a violation, before their time
  /// Runs that ended too early to say, or with nothing to say it of: safe so far; not stalled so
  /// far.
  std::uint64_t safety_open = 0, progress_open = 0;
  IdleCounts idle;
  std::string violated;       ///< the first such property: "agreement"
  std::string first_failure;  ///< what failed first, else: "recovery: 5s after split"
  /// By metric of the plan, then by seed; none where the run has no such figure.
  std::vector<std::vector<std::optional<double>>> values;
  /// Share of the requests submitted after the warm-up that were committed, run by run.
  std::vector<double> carried;
  std::vector<Histogram> histograms;  ///< all runs' samples together
  std::uint64_t runs() const { return passed + failed + inconclusive; }
};

/// The worst that a cell's runs came to.
enum class CellOutcome : std::uint8_t {
  excluded,
  none,  ///< no run yet
  live,
  safe,       ///< nothing was expected to go on
  undecided,  ///< some runs could not tell
  stalled,
  violated,
};
std::string_view to_string(CellOutcome outcome);

/// How the figures of a line of cells grow along the axis of sizes.
struct Scaling {
  std::size_t cell;            ///< the one with the first size
  std::vector<PowerLaw> laws;  ///< by metric; samples is 0 where there is none
};

class ComparisonTable {
 public:
  ComparisonTable(const scenario::ComparisonPlan& comparison, const scenario::Catalogue& catalogue);

  /// The report of cell `cell` with the seed of that index.
  void add(std::size_t cell, std::uint64_t seed_index, const Report& report);
  void set_wall_seconds(double seconds) { wall_seconds_ = seconds; }
  void set_interrupted() { interrupted_ = true; }
  /// Only so many runs are to be done here: it is a shard.
  void set_part(std::uint64_t planned) { part_ = planned; }

  RunVerdict verdict() const;
  bool any_idle() const;
  /// What proves nothing, and what did not come to its end, a line each.
  std::vector<std::string> warnings() const;
  std::uint64_t runs() const { return passed_ + failed_ + inconclusive_; }
  std::uint64_t passed() const { return passed_; }
  std::uint64_t failed() const { return failed_; }
  std::uint64_t inconclusive() const { return inconclusive_; }
  std::uint64_t events() const { return events_; }
  double wall_seconds() const { return wall_seconds_; }
  bool is_interrupted() const { return interrupted_; }
  /// Runs there would be if all were done; of a shard, if all of it were.
  std::uint64_t planned() const;
  /// A combined hash of all traces in the order they were added: proves the whole comparison.
  std::uint64_t trace_hash() const { return trace_hash_; }

  const scenario::ComparisonPlan& plan() const { return comparison_; }
  const CellResult& cell(std::size_t i) const { return cells_[i]; }
  CellOutcome outcome(std::size_t cell) const;
  scenario::MetricUnit unit(std::size_t metric) const { return units_[metric]; }
  /// "commit_latency.pooled_p99": of all runs' samples together, not a mean over runs.
  bool is_pooled(std::size_t metric) const { return pooled_[metric].has_value(); }
  /// The median over the cell's runs; of a pooled metric the percentile, without an interval, and
  /// the number of runs behind it. Runs that were cut short are in neither.
  Estimate estimate(std::size_t cell, std::size_t metric) const;
  /// Against the baseline, of pairs or of groups; no samples where there is none.
  Estimate ratio(std::size_t cell, std::size_t metric) const;
  /// The same cell with the baseline in its row; none without one.
  std::optional<std::size_t> baseline_of(std::size_t cell) const;
  /// Over all lines of cells along plan().sizes(), in order; empty without such an axis.
  std::vector<Scaling> scaling() const;
  /// The mean share of the submitted requests that were committed; none when unknown.
  std::optional<double> carried(std::size_t cell) const;

  std::string headline() const;
  std::string verdict_line() const;
  std::string text(const Style& style) const;
  std::string markdown() const;
  std::string latex() const;
  /// One line a cell and metric.
  std::string csv() const;
  std::string json() const;
  /// A picture of the outcomes: rows by columns, a square a cell.
  std::string svg() const;

 private:
  struct Pooled {
    std::string metric;
    double share;
  };

  std::vector<double> values_of(std::size_t cell, std::size_t metric) const;

  const scenario::ComparisonPlan& comparison_;
  std::vector<scenario::MetricUnit> units_;    // by metric of the plan
  std::vector<std::optional<Pooled>> pooled_;  // by metric of the plan
  std::vector<CellResult> cells_;
  std::vector<bool> by_chance_;  // by cell: finality of its protocol is a matter of probability
  std::uint64_t passed_ = 0, failed_ = 0, inconclusive_ = 0, events_ = 0;
  std::uint64_t trace_hash_ = 0;
  std::optional<std::uint64_t> part_;
  double wall_seconds_ = 0;
  bool interrupted_ = false;
};

}  // namespace byzlab
