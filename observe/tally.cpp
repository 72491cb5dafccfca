// Counting seeds. Wilson, E. B. (1927): Probable inference, the law of succession, and statistical
// inference.
#include "observe/tally.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>

#include "base/rng.h"

namespace byzlab {
namespace {

bool compares(scenario::Comparison comparison, double a, double b) {
  switch (comparison) {
    case scenario::Comparison::less: return a < b;
    case scenario::Comparison::less_equal: return a <= b;
    case scenario::Comparison::greater: return a > b;
    case scenario::Comparison::greater_equal: return a >= b;
    case scenario::Comparison::equal: return a == b;
    case scenario::Comparison::not_equal: return a != b;
  }
  return false;
}

bool is_undecided(Status status) {
  return status == Status::undecided || status == Status::vacuous;
}

/// Whether the outcome this scenario gives a rate for did not come in this seed.
bool attack_failed(const Report& report) {
  return std::any_of(report.expectations.begin(), report.expectations.end(),
                     [](const auto& e) { return e.rate && e.counts && !*e.counts; });
}

/// What a scenario expects as a consequence of its rated outcome: a broken agreement, a figure. In
/// seeds without the outcome, which the rate already counts, these say nothing: the judge does not
/// fail them, and here they are left out. A property that must hold is never excused.
bool is_excused(const ExpectationResult& e, const Report& report) {
  return !e.always_on && !e.rate && e.status == Status::fail &&
         report.verdict != RunVerdict::fail && attack_failed(report);
}

}  // namespace

bool is_cut_short(const Report& report) { return !report.stopped.empty() || report.crashed; }

bool is_safety(scenario::Property property) {
  switch (property) {
    case scenario::Property::agreement:
    case scenario::Property::validity:
    case scenario::Property::integrity:
    case scenario::Property::total_order:
    case scenario::Property::certified: return true;
    case scenario::Property::progress:
    case scenario::Property::recovery:
    case scenario::Property::liveness:
    case scenario::Property::double_spend:
    case scenario::Property::threshold: return false;
  }
  return false;
}

bool is_only_so_far(const ExpectationResult& e, const Report& report) {
  return is_cut_short(report) && e.status == Status::pass && is_safety(e.property) &&
         e.bound == Bound::not_applicable;
}

Interval wilson(std::uint64_t successes, std::uint64_t trials, double confidence) {
  if (trials == 0) return {};
  const double z = boost::math::quantile(boost::math::normal(), 0.5 + confidence / 2);
  const double n = static_cast<double>(trials), p = static_cast<double>(successes) / n;
  const double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return {.low = successes == 0 ? 0 : std::max(0.0, middle - half),
          .high = successes == trials ? 1 : std::min(1.0, middle + half)};
}

Interval wilson_with_open(std::uint64_t count, std::uint64_t open, std::uint64_t runs,
                          double confidence) {
  return {.low = wilson(count, runs, confidence).low,
          .high = wilson(count + open, runs, confidence).high};
}

namespace {

Status decide_all_known(const scenario::RequiredRate& required, std::uint64_t successes,
                        std::uint64_t trials) {
  const double share = static_cast<double>(successes) / static_cast<double>(trials);
  const auto interval = wilson(successes, trials, required.confidence.value_or(0.95));
  if (required.comparison == scenario::Comparison::equal)
    return interval.low <= required.share && required.share <= interval.high ? Status::pass
                                                                             : Status::fail;
  const bool low = compares(required.comparison, interval.low, required.share);
  const bool high = compares(required.comparison, interval.high, required.share);
  if (required.confidence)
    return low && high ? Status::pass : low || high ? Status::undecided : Status::fail;
  if (compares(required.comparison, share, required.share)) return Status::pass;
  return low || high ? Status::undecided : Status::fail;
}

}  // namespace

Status decide(const scenario::RequiredRate& required, std::uint64_t successes, std::uint64_t trials,
              std::uint64_t undecided) {
  if (trials == 0) return Status::vacuous;
  const std::uint64_t all = trials + undecided;
  const Status least = decide_all_known(required, successes, all);
  if (undecided == 0) return least;
  // Every share between the two could be it, too.
  const Status most = decide_all_known(required, successes + undecided, all);
  if (least != most) return Status::undecided;
  using enum scenario::Comparison;
  const bool two_sided = required.comparison == equal || required.comparison == not_equal;
  for (std::uint64_t k = 1; two_sided && k < undecided; ++k) {
    if (decide_all_known(required, successes + k, all) != least) return Status::undecided;
  }
  return least;
}

void Tally::add(const Report& report) {
  idle_.add(report);
  ended_early_ += report.ended_early.empty() ? 0 : 1;
  switch (report.verdict) {
    case RunVerdict::pass: ++passed_; break;
    case RunVerdict::fail:
      ++failed_;
      if (failed_seeds_.size() < kSeedsKept) failed_seeds_.push_back(report.seed);
      break;
    case RunVerdict::inconclusive:
      ++inconclusive_;
      if (inconclusive_seeds_.size() < kSeedsKept) inconclusive_seeds_.push_back(report.seed);
      break;
  }
  stopped_ += !report.stopped.empty() && !report.crashed ? 1 : 0;
  crashed_ += report.crashed ? 1 : 0;
  events_ += report.events;
  trace_hash_ = mix(trace_hash_, report.seed, report.trace_hash);

  for (const auto& e : report.expectations) {
    if (e.rate) {
      auto at = std::find_if(rated_.begin(), rated_.end(), [&](auto& r) { return r.id == e.id; });
      if (at == rated_.end())
        at = rated_.insert(at, RatedExpectation{.id = e.id, .text = e.text, .required = *e.rate});
      if (e.counts && !is_only_so_far(e, report)) {
        ++at->trials;
        at->successes += *e.counts ? 1 : 0;
      }
      continue;
    }
    auto at = std::find_if(counted_.begin(), counted_.end(), [&](auto& c) { return c.id == e.id; });
    if (at == counted_.end())
      at = counted_.insert(
          at,
          CountedExpectation{
              .id = e.id, .text = e.text, .always_on = e.always_on, .values = {}, .unit = e.unit});
    if (is_excused(e, report)) {
      ++at->excused;
    } else if (e.status == Status::pass && !is_only_so_far(e, report)) {
      ++at->passed;
    } else if (e.status == Status::fail) {
      ++at->failed;
    } else {
      ++at->undecided;
    }
    if (e.value && !is_cut_short(report)) at->values.add(*e.value);
  }
  // A run that crashed tells of no expectation at all.
  for (RatedExpectation& r : rated_) r.undecided = runs() - r.trials;
}

void Values::add(double value) {
  min_ = count_ == 0 ? value : std::min(min_, value);
  max_ = count_ == 0 ? value : std::max(max_, value);
  ++count_;
  if (exact()) {
    first_.push_back(value);
    return;
  }
  for (const double earlier : first_) all_.add(earlier);
  first_.clear();
  all_.add(value);
}

double Values::median() const {
  if (!exact()) return all_.quantile(0.5).value_or(0);
  if (first_.empty()) return 0;
  auto values = first_;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

RunVerdict Tally::verdict() const {
  const auto has = [&](auto predicate) {
    return std::any_of(rated_.begin(), rated_.end(), predicate);
  };
  if (failed_ > 0 || has([](const auto& r) { return r.status() == Status::fail; }))
    return RunVerdict::fail;
  if (runs() == 0 || inconclusive_ > 0 || idle_.any_always() ||
      has([](const auto& r) { return is_undecided(r.status()); }))
    return RunVerdict::inconclusive;
  return RunVerdict::pass;
}

void SweepTally::add(std::size_t cell, const Report& report) {
  cells[cell].tally.add(report);
  ++runs_;
  trace_hash_ = mix(trace_hash_, report.seed, report.trace_hash);
}

RunVerdict SweepTally::verdict() const {
  RunVerdict worst = RunVerdict::pass;
  for (const SweepCell& cell : cells) {
    const auto verdict = cell.tally.verdict();
    if (verdict == RunVerdict::fail) return verdict;
    if (verdict == RunVerdict::inconclusive) worst = verdict;
  }
  return worst;
}

std::uint64_t SweepTally::sum(std::uint64_t (Tally::*count)() const) const {
  std::uint64_t all = 0;
  for (const SweepCell& cell : cells) all += (cell.tally.*count)();
  return all;
}
std::uint64_t SweepTally::passed() const { return sum(&Tally::passed); }
std::uint64_t SweepTally::failed() const { return sum(&Tally::failed); }
std::uint64_t SweepTally::inconclusive() const { return sum(&Tally::inconclusive); }
std::uint64_t SweepTally::stopped() const { return sum(&Tally::stopped); }
std::uint64_t SweepTally::crashed() const { return sum(&Tally::crashed); }
std::uint64_t SweepTally::ended_early() const { return sum(&Tally::ended_early); }
std::uint64_t SweepTally::events() const { return sum(&Tally::events); }

std::string SweepTally::label(std::size_t cell) const {
  std::string text;
  for (std::size_t i = 0; i < keys.size(); ++i)
    text += (i == 0 ? "" : ", ") + keys[i] + "=" + cells[cell].values[i];
  return text;
}

}  // namespace byzlab
