// Many seeds of one scenario, counted: how many passed, which failed, and the expectations that
// only the seeds together can decide.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "observe/style.h"
#include "testbed/report.h"

namespace byzlab {

/// Wilson's score interval of a share, 95 %: honest near 0 and 1, where the normal one is not.
struct Interval {
  double low = 0, high = 1;
};
Interval wilson(std::uint64_t successes, std::uint64_t trials);

/// Whether a share of the seeds meets its requirement: yes when the share itself does; no when it
/// does not and the whole interval lies outside too; undecided in between, when more seeds could
/// tell.
Status decide(const scenario::RequiredRate& required, std::uint64_t successes,
              std::uint64_t trials);

/// An expectation with a rate, over all seeds.
struct RatedExpectation {
  std::string id, text;
  scenario::RequiredRate required;
  std::uint64_t successes = 0, trials = 0;
  Status status() const { return decide(required, successes, trials); }
};

/// An expectation without one: it must hold in every seed that it is judged in.
struct CountedExpectation {
  std::string id, text;
  bool always_on = false;
  std::uint64_t passed = 0, failed = 0, undecided = 0;
  std::uint64_t excused =
      0;  ///< seeds in which the rated outcome, and so its consequence, did not come
  std::vector<double> values;
  std::string unit;
  Status status() const {
    if (failed > 0) return Status::fail;
    return undecided > 0 || passed == 0 ? Status::undecided : Status::pass;
  }
};

class Tally {
 public:
  /// In order of the seeds: what is printed may not depend on which run ended first.
  void add(const Report& report);

  RunVerdict verdict() const;
  std::uint64_t passed() const { return passed_; }
  std::uint64_t failed() const { return failed_; }
  std::uint64_t inconclusive() const { return inconclusive_; }
  std::uint64_t runs() const { return passed_ + failed_ + inconclusive_; }
  const std::vector<std::uint64_t>& failed_seeds() const { return failed_seeds_; }
  const std::vector<std::uint64_t>& inconclusive_seeds() const { return inconclusive_seeds_; }
  const std::vector<RatedExpectation>& rated() const { return rated_; }
  const std::vector<CountedExpectation>& counted() const { return counted_; }
  /// A combined hash of all traces in seed order: proves the whole sweep.
  std::uint64_t trace_hash() const { return trace_hash_; }
  std::uint64_t events() const { return events_; }
  double cpu_seconds() const { return cpu_seconds_; }

 private:
  std::uint64_t passed_ = 0, failed_ = 0, inconclusive_ = 0, events_ = 0, trace_hash_ = 0;
  double cpu_seconds_ = 0;
  std::vector<std::uint64_t> failed_seeds_, inconclusive_seeds_;
  std::vector<RatedExpectation> rated_;
  std::vector<CountedExpectation> counted_;
};

/// What is known of the sweep besides the tally.
struct SweepInfo {
  std::string name, file, protocol;
  std::uint32_t n = 0;
  std::uint64_t first_seed = 1, last_seed = 1;
  double wall_seconds = 0;
  unsigned jobs = 1;
  bool interrupted = false;
};

/// The tally's verdict; an interrupted sweep without a failure is inconclusive.
RunVerdict verdict_of(const Tally& tally, const SweepInfo& info);
/// "FAIL  1 of 1000 seeds failed: 0.1 % (95 % interval 0.02 to 0.56 %)   ✓ 999   ✗ 1   ? 0"
std::string tally_verdict(const Tally& tally, const SweepInfo& info, const Style& style);
/// The result as text: expectations over the seeds, verdict.
std::string tally_text(const Tally& tally, const SweepInfo& info, const Style& style);
/// summary.json of a sweep.
std::string tally_json(const Tally& tally, const SweepInfo& info);

}  // namespace byzlab
