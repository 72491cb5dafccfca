#include "observe/comparison_table.h"

#include <algorithm>
#include <numeric>

#include "base/quantity.h"
#include "base/rng.h"
#include "observe/tally.h"

namespace byzlab {
namespace {

using scenario::MetricUnit;

/// Where finality is a matter of probability, so are these; nothing excuses an invented request.
bool is_final_by_chance(scenario::Property property) {
  return property == scenario::Property::agreement || property == scenario::Property::total_order;
}

bool is_liveness(scenario::Property property) {
  return property == scenario::Property::progress || property == scenario::Property::recovery ||
         property == scenario::Property::liveness;
}

std::optional<double> metric_in(const Report& report, std::string_view name) {
  const auto found = std::ranges::find(report.metrics, name, &Metric::name);
  return found == report.metrics.end() ? std::nullopt : std::optional(found->value);
}

void merge(std::vector<Histogram>& into, const std::vector<Histogram>& histograms) {
  for (const Histogram& h : histograms) {
    const auto same = std::ranges::find(into, h.name, &Histogram::name);
    if (same == into.end()) {
      into.push_back(h);
    } else {
      same->samples.merge(h.samples);
    }
  }
}

/// "p99" is 0.99, "p999" 0.999.
double share_of(std::string_view percentile) {
  double share = 0, place = 0.1;
  for (const char digit : percentile.substr(1)) {
    share += (digit - '0') * place;
    place /= 10;
  }
  return share;
}

}  // namespace

std::string_view to_string(CellOutcome outcome) {
  switch (outcome) {
    case CellOutcome::excluded: return "excluded";
    case CellOutcome::none: return "none";
    case CellOutcome::live: return "live";
    case CellOutcome::safe: return "safe";
    case CellOutcome::undecided: return "undecided";
    case CellOutcome::stalled: return "stalled";
    case CellOutcome::violated: return "violated";
  }
  return "";
}

ComparisonTable::ComparisonTable(const scenario::ComparisonPlan& comparison,
                                 const scenario::Catalogue& catalogue)
    : comparison_(comparison), cells_(comparison.cells.size()) {
  constexpr std::string_view kPooled = "pooled_";
  for (const std::string& figure : comparison.table.metrics) {
    const std::string metric = figure.substr(0, figure.find('.'));
    const std::string_view statistic = std::string_view(figure).substr(metric.size() + 1);
    const auto found = std::ranges::find(catalogue.metrics, metric, &scenario::MetricEntry::name);
    const bool counts = statistic == "count";  // how many there were, whatever they measure
    units_.push_back(found == catalogue.metrics.end() || counts ? MetricUnit::none : found->unit);
    pooled_.push_back(
        statistic.starts_with(kPooled)
            ? std::optional(
                  Pooled{.metric = metric, .share = share_of(statistic.substr(kPooled.size()))})
            : std::nullopt);
  }
  for (CellResult& cell : cells_) {
    cell.values.assign(units_.size(),
                       std::vector<std::optional<double>>(comparison.seeds_of_a_cell()));
  }
  for (const scenario::Cell& cell : comparison.cells) {
    const auto entry =
        std::ranges::find(catalogue.protocols, cell.protocol, &scenario::ProtocolEntry::name);
    by_chance_.push_back(entry != catalogue.protocols.end() && entry->double_spend);
  }
}

void ComparisonTable::add(std::size_t index, std::uint64_t seed_index, const Report& report) {
  CellResult& cell = cells_[index];
  switch (report.verdict) {
    case RunVerdict::pass: ++cell.passed, ++passed_; break;
    case RunVerdict::fail: ++cell.failed, ++failed_; break;
    case RunVerdict::inconclusive: ++cell.inconclusive, ++inconclusive_; break;
  }
  trace_hash_ = mix(trace_hash_, report.seed, report.trace_hash);
  events_ += report.events;
  const bool cut_short = is_cut_short(report);
  bool unsafe = false, stalled = false, live = false, inside = false;
  bool safety_open = cut_short, progress_open = cut_short;
  for (const ExpectationResult& e : report.expectations) {
    // An expected violation is one, too: the table tells what happened.
    const bool violated = is_safety(e.property) && e.bound != Bound::not_applicable;
    if (violated && cell.violated.empty()) cell.violated = e.id.substr(0, e.id.rfind('-'));
    unsafe = unsafe || violated;
    stalled = stalled || (e.status == Status::fail && is_liveness(e.property));
    live = live || (e.status == Status::pass && is_liveness(e.property));
    const bool open = e.status == Status::undecided || e.status == Status::vacuous;
    safety_open = safety_open || (open && is_safety(e.property));
    progress_open = progress_open || (open && is_liveness(e.property));
    const bool chance = by_chance_[index] && violated && is_final_by_chance(e.property);
    inside = inside || (!chance && ((e.status == Status::fail && !report.beyond_bound) ||
                                    e.bound == Bound::inside));
    if (e.status == Status::fail && cell.first_failure.empty()) cell.first_failure = e.text;
  }
  cell.unsafe += unsafe ? 1 : 0;
  cell.stalled += stalled && !unsafe ? 1 : 0;
  cell.live += live && !stalled && !unsafe ? 1 : 0;
  cell.inside += inside ? 1 : 0;
  cell.stopped += cut_short ? 1 : 0;
  cell.ended_early += report.ended_early.empty() ? 0 : 1;
  cell.safety_open += safety_open && !unsafe ? 1 : 0;
  cell.progress_open += progress_open && !stalled && !unsafe ? 1 : 0;
  cell.idle.add(report);
  // What a run came to until something stopped it is no run's figure.
  if (cut_short) return;
  for (std::size_t m = 0; m < comparison_.table.metrics.size(); ++m) {
    cell.values[m][seed_index] = metric_in(report, comparison_.table.metrics[m]);
    if (!pooled_[m]) continue;
    const auto histogram =
        std::ranges::find(report.histograms, pooled_[m]->metric, &Histogram::name);
    if (histogram != report.histograms.end())
      cell.values[m][seed_index] = histogram->samples.quantile(pooled_[m]->share);
  }
  merge(cell.histograms, report.histograms);
  if (const auto carried = metric_in(report, "carried.mean")) cell.carried.push_back(*carried);
}

/// Cells in which something that was asked for came about in no seed: they prove nothing.
bool ComparisonTable::any_idle() const {
  return std::ranges::any_of(cells_, [](const CellResult& c) { return c.idle.any_always(); });
}

std::vector<std::string> ComparisonTable::warnings() const {
  constexpr std::size_t kMost = 20;
  std::vector<std::string> lines;
  std::uint64_t early = 0;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    early += cells_[i].ended_early;
    const IdleCounts& idle = cells_[i].idle;
    for (const auto& count : idle.counts()) {
      if (!idle.always(count)) continue;
      lines.push_back("? " + comparison_.label(comparison_.cells[i]) + ": " + count.idle.text +
                      " in any of " + std::to_string(count.runs) + " seeds");
    }
  }
  if (lines.size() > kMost) {
    const std::size_t more = lines.size() - kMost;
    lines.resize(kMost);
    lines.push_back("? ... and " + std::to_string(more) + " more");
  }
  if (early > 0) {
    lines.push_back(std::to_string(early) + (early == 1 ? " run was" : " runs were") +
                    " stopped at a violation, before the end of the scenario");
  }
  return lines;
}

RunVerdict ComparisonTable::verdict() const {
  if (comparison_.table.map) {
    if (std::ranges::any_of(cells_, [](const CellResult& cell) { return cell.inside > 0; }))
      return RunVerdict::fail;
    const bool stopped =
        std::ranges::any_of(cells_, [](const CellResult& cell) { return cell.stopped > 0; });
    return stopped || any_idle() || runs() < planned() || runs() == 0 ? RunVerdict::inconclusive
                                                                      : RunVerdict::pass;
  }
  if (failed_ > 0) return RunVerdict::fail;
  return inconclusive_ > 0 || any_idle() || runs() < planned() || runs() == 0
             ? RunVerdict::inconclusive
             : RunVerdict::pass;
}

std::uint64_t ComparisonTable::planned() const {
  if (part_) return *part_;
  const auto run = std::ranges::count_if(comparison_.cells,
                                         [](const auto& cell) { return cell.excluded.empty(); });
  return static_cast<std::uint64_t>(run) * comparison_.seeds_of_a_cell();
}

CellOutcome ComparisonTable::outcome(std::size_t index) const {
  const CellResult& cell = cells_[index];
  if (!comparison_.cells[index].excluded.empty()) return CellOutcome::excluded;
  if (cell.runs() == 0) return CellOutcome::none;
  if (cell.unsafe > 0) return CellOutcome::violated;
  if (cell.stalled > 0) return CellOutcome::stalled;
  if (cell.idle.any_always()) return CellOutcome::undecided;
  if (cell.live == cell.runs()) return CellOutcome::live;
  return cell.inconclusive > 0 || cell.live > 0 ? CellOutcome::undecided : CellOutcome::safe;
}

std::vector<double> ComparisonTable::values_of(std::size_t cell, std::size_t metric) const {
  std::vector<double> values;
  for (const auto& value : cells_[cell].values[metric]) {
    if (value) values.push_back(*value);
  }
  return values;
}

Estimate ComparisonTable::estimate(std::size_t cell, std::size_t metric) const {
  const auto values = values_of(cell, metric);
  if (!pooled_[metric]) return median_of(values);
  const auto& histograms = cells_[cell].histograms;
  const auto found = std::ranges::find(histograms, pooled_[metric]->metric, &Histogram::name);
  if (found == histograms.end()) return {};
  const double value = found->samples.quantile(pooled_[metric]->share).value_or(0);
  return {.value = value, .low = value, .high = value, .mean = value, .samples = values.size()};
}

std::optional<std::size_t> ComparisonTable::baseline_of(std::size_t cell) const {
  if (comparison_.table.baseline.empty()) return std::nullopt;
  const scenario::Axis* rows = comparison_.axis(comparison_.table.rows);
  const auto axis = static_cast<std::size_t>(rows - comparison_.axes.data());
  auto wanted = comparison_.cells[cell].at;
  wanted[axis] = static_cast<std::size_t>(
      std::ranges::find(rows->values, comparison_.table.baseline, &scenario::Axis::Value::name) -
      rows->values.begin());
  const auto found = std::ranges::find(comparison_.cells, wanted, &scenario::Cell::at);
  return static_cast<std::size_t>(found - comparison_.cells.begin());
}

Estimate ComparisonTable::ratio(std::size_t cell, std::size_t metric) const {
  const auto baseline = baseline_of(cell);
  if (!baseline || *baseline == cell || pooled_[metric]) return {};
  if (!comparison_.seeds.paired)
    return unpaired_ratio_of(values_of(cell, metric), values_of(*baseline, metric));
  std::vector<double> a, b;  // of the seeds that both have
  const auto& ours = cells_[cell].values[metric];
  const auto& theirs = cells_[*baseline].values[metric];
  for (std::size_t s = 0; s < ours.size(); ++s) {
    if (!ours[s] || !theirs[s]) continue;
    a.push_back(*ours[s]);
    b.push_back(*theirs[s]);
  }
  return ratio_of(a, b);
}

std::vector<Scaling> ComparisonTable::scaling() const {
  const scenario::Axis* sizes = comparison_.sizes();
  if (!sizes) return {};
  const auto axis = static_cast<std::size_t>(sizes - comparison_.axes.data());
  std::vector<double> size_of;
  for (const auto& value : sizes->values) size_of.push_back(*parse_number(value.name));
  std::vector<Scaling> all;
  for (std::size_t first = 0; first < cells_.size(); ++first) {
    if (comparison_.cells[first].at[axis] != 0) continue;
    Scaling line{.cell = first, .laws = std::vector<PowerLaw>(units_.size())};
    for (std::size_t m = 0; m < units_.size(); ++m) {
      if (pooled_[m]) continue;  // one figure a cell is no sample of runs
      std::vector<std::vector<std::optional<double>>> y;
      auto at = comparison_.cells[first].at;
      for (at[axis] = 0; at[axis] < size_of.size(); ++at[axis]) {
        const auto cell = std::ranges::find(comparison_.cells, at, &scenario::Cell::at);
        y.push_back(cells_[static_cast<std::size_t>(cell - comparison_.cells.begin())].values[m]);
      }
      line.laws[m] = power_law_of(size_of, y);
    }
    all.push_back(std::move(line));
  }
  return all;
}

std::optional<double> ComparisonTable::carried(std::size_t cell) const {
  const auto& shares = cells_[cell].carried;
  if (shares.empty()) return std::nullopt;
  return std::accumulate(shares.begin(), shares.end(), 0.0) / static_cast<double>(shares.size());
}

}  // namespace byzlab
