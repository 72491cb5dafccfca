// Many seeds of one scenario, counted: how many passed, which failed, and the expectations that
// only the seeds together can decide.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "observe/idle_counts.h"
#include "observe/style.h"
#include "testbed/quantile_sketch.h"
#include "testbed/report.h"

namespace byzlab {

/// Wilson's score interval of a share: honest near 0 and 1, where the normal one is not.
struct Interval {
  double low = 0, high = 1;
};
Interval wilson(std::uint64_t successes, std::uint64_t trials, double confidence = 0.95);

/// `count` of `runs`, while `open` of the others are not known: the share lies between those that
/// it has if none and if all of them count, and its interval holds both.
Interval wilson_with_open(std::uint64_t count, std::uint64_t open, std::uint64_t runs,
                          double confidence = 0.95);

/// Whether a share of the seeds meets its requirement: yes when the share itself does; no when it
/// does not and the whole interval lies outside too; undecided in between, when more seeds could
/// tell. With a `confidence` it is yes only when the whole interval does. Seeds that came to no
/// answer may have gone either way: it is yes or no only if it is so whichever way they went.
Status decide(const scenario::RequiredRate& required, std::uint64_t successes, std::uint64_t trials,
              std::uint64_t undecided = 0);

bool is_safety(scenario::Property property);

/// A limit or a crash ended it: its figures are of what came before, and of no run as asked for.
bool is_cut_short(const Report& report);
/// What held until then may have broken later: a pass that is none.
bool is_only_so_far(const ExpectationResult& e, const Report& report);

/// An expectation with a rate, over all seeds.
struct RatedExpectation {
  std::string id, text;
  scenario::RequiredRate required;
  std::uint64_t successes = 0, trials = 0;
  std::uint64_t undecided = 0;  ///< seeds that came to no answer: no trials
  std::uint64_t seeds() const { return trials + undecided; }
  /// Of all seeds.
  Interval interval() const {
    return wilson_with_open(successes, undecided, seeds(), required.confidence.value_or(0.95));
  }
  Status status() const { return decide(required, successes, trials, undecided); }
};

/// What many runs measured, in bounded memory: the median of very many is a sketch's.
class Values {
 public:
  static constexpr std::size_t kExact = 10'000;

  void add(double value);
  std::uint64_t count() const { return count_; }
  double min() const { return min_; }
  double max() const { return max_; }
  double median() const;
  bool exact() const { return count_ <= kExact; }

 private:
  std::uint64_t count_ = 0;
  double min_ = 0, max_ = 0;
  std::vector<double> first_;
  QuantileSketch all_;  ///< as soon as there are more
};

/// An expectation without one: it must hold in every seed that it is judged in.
struct CountedExpectation {
  std::string id, text;
  bool always_on = false;
  std::uint64_t passed = 0, failed = 0, undecided = 0;
  std::uint64_t excused =
      0;  ///< seeds in which the rated outcome, and so its consequence, did not come
  Values values;
  std::string unit;
  Status status() const {
    if (failed > 0) return Status::fail;
    return undecided > 0 || passed == 0 ? Status::undecided : Status::pass;
  }
};

class Tally {
 public:
  /// So many seeds of each kind are remembered; runs.jsonl has them all.
  static constexpr std::size_t kSeedsKept = 1000;

  /// In order of the seeds: what is printed may not depend on which run ended first.
  void add(const Report& report);

  RunVerdict verdict() const;
  std::uint64_t passed() const { return passed_; }
  std::uint64_t failed() const { return failed_; }
  std::uint64_t inconclusive() const { return inconclusive_; }
  std::uint64_t runs() const { return passed_ + failed_ + inconclusive_; }
  /// Of the inconclusive ones, those that a limit stopped, and those that a bug ended.
  std::uint64_t stopped() const { return stopped_; }
  std::uint64_t crashed() const { return crashed_; }
  /// Runs that ended at a violation, before their time.
  std::uint64_t ended_early() const { return ended_early_; }
  const IdleCounts& idle() const { return idle_; }
  /// The first of them.
  const std::vector<std::uint64_t>& failed_seeds() const { return failed_seeds_; }
  const std::vector<std::uint64_t>& inconclusive_seeds() const { return inconclusive_seeds_; }
  const std::vector<RatedExpectation>& rated() const { return rated_; }
  const std::vector<CountedExpectation>& counted() const { return counted_; }
  /// A combined hash of all traces in seed order: proves the whole sweep.
  std::uint64_t trace_hash() const { return trace_hash_; }
  std::uint64_t events() const { return events_; }

 private:
  std::uint64_t passed_ = 0, failed_ = 0, inconclusive_ = 0, stopped_ = 0, crashed_ = 0;
  std::uint64_t ended_early_ = 0;
  IdleCounts idle_;
  std::uint64_t events_ = 0, trace_hash_ = 0;
  std::vector<std::uint64_t> failed_seeds_, inconclusive_seeds_;
  std::vector<RatedExpectation> rated_;
  std::vector<CountedExpectation> counted_;
};

/// One combination of the keys that a sweep varies.
struct SweepCell {
  std::vector<std::string> values;  ///< by varied key
  Tally tally;
};

/// The same scenario over seeds and, with several cells, over values of some keys.
class SweepTally {
 public:
  std::vector<std::string> keys;  ///< that are varied: "network.loss"; none: one cell
  std::vector<SweepCell> cells;

  /// In the order of the pieces.
  void add(std::size_t cell, const Report& report);

  RunVerdict verdict() const;
  std::uint64_t passed() const;
  std::uint64_t failed() const;
  std::uint64_t inconclusive() const;
  std::uint64_t stopped() const;
  std::uint64_t crashed() const;
  std::uint64_t ended_early() const;
  std::uint64_t events() const;
  std::uint64_t runs() const { return runs_; }
  std::uint64_t trace_hash() const { return trace_hash_; }
  /// "network.loss=1%, protocol.replicas=4"; empty where nothing is varied.
  std::string label(std::size_t cell) const;

 private:
  std::uint64_t sum(std::uint64_t (Tally::*count)() const) const;

  std::uint64_t runs_ = 0, trace_hash_ = 0;
};

/// What is known of the sweep besides the tally.
struct SweepInfo {
  std::string name, file, protocol;
  std::uint32_t n = 0;
  std::uint64_t first_seed = 1, last_seed = 1;
  std::uint64_t planned = 1;  ///< runs there would be if all were done: here, of a shard
  std::string shard;          ///< "2/4"; empty: all
  bool interrupted = false;
  // Not in summary.json, which is the same whenever and wherever the sweep was run.
  double wall_seconds = 0, cpu_seconds = 0;
  unsigned jobs = 1;
};

/// The tally's verdict; an interrupted sweep without a failure is inconclusive.
RunVerdict verdict_of(const SweepTally& tally, const SweepInfo& info);
/// "FAIL  1 of 1000 seeds failed: 0.1 % (95 % interval 0.02 to 0.56 %)   ✓ 999   ✗ 1   ? 0"
std::string tally_verdict(const SweepTally& tally, const SweepInfo& info, const Style& style);
/// The result as text: expectations over the seeds, or a line a cell; verdict.
std::string tally_text(const SweepTally& tally, const SweepInfo& info, const Style& style);
/// summary.json of a sweep.
std::string tally_json(const SweepTally& tally, const SweepInfo& info);

}  // namespace byzlab
