// summary.json of a comparison: all that a page or a program needs to draw it.
#include <boost/json.hpp>

#include "observe/comparison_table.h"
#include "observe/histogram_json.h"
#include "observe/json_document.h"
#include "observe/tally.h"

namespace byzlab {
namespace {

namespace json = boost::json;
using scenario::ComparisonPlan;
using scenario::MetricUnit;

std::string_view name_of(MetricUnit unit) {
  switch (unit) {
    case MetricUnit::none: return "";
    case MetricUnit::seconds: return "s";
    case MetricUnit::bytes: return "bytes";
    case MetricUnit::ratio: return "ratio";
    case MetricUnit::blocks: return "blocks";
    case MetricUnit::transactions: return "tx/s";
  }
  return "";
}

/// Axis to value.
json::object place_of(const ComparisonPlan& plan, std::size_t cell) {
  json::object at;
  for (std::size_t a = 0; a < plan.axes.size(); ++a)
    at[plan.axes[a].name] = plan.axes[a].values[plan.cells[cell].at[a]].name;
  return at;
}

json::array axes_of(const ComparisonPlan& plan) {
  json::array axes;
  for (const scenario::Axis& axis : plan.axes) {
    json::array values;
    for (const auto& value : axis.values) values.push_back(json::string(value.name));
    axes.push_back(json::object{{"name", axis.name}, {"values", std::move(values)}});
  }
  return axes;
}

json::object table_of(const ComparisonPlan& plan) {
  const scenario::TablePlan& table = plan.table;
  json::array charts(table.charts.begin(), table.charts.end());
  if (charts.empty() && !table.map) charts = {"heatmap", "latency_vs_throughput", "cdf"};
  if (charts.empty()) charts = {"heatmap"};
  if (table.charts.empty() && !table.map && plan.sizes()) charts.emplace_back("scaling");
  return {{"rows", table.rows},
          {"columns", table.columns},
          {"pages", table.pages},
          {"metrics", json::array(table.metrics.begin(), table.metrics.end())},
          {"baseline", table.baseline},
          {"map", table.map},
          {"charts", std::move(charts)}};
}

/// A share of the seeds with Wilson's 95 % interval; no share while some runs are open.
json::object rate_of(std::uint64_t count, std::uint64_t open, std::uint64_t runs) {
  const Interval interval = wilson_with_open(count, open, runs);
  return {{"count", count},
          {"open", open},
          {"share", open > 0 ? json::value(nullptr)
                             : json::value(static_cast<double>(count) / static_cast<double>(runs))},
          {"low", interval.low},
          {"high", interval.high}};
}

/// Histograms of all runs together, and their percentiles.
json::object histograms_of(const CellResult& cell) {
  json::object all;
  for (const Histogram& h : cell.histograms) {
    json::object o = histogram_json(h.samples);
    for (const auto& [name, share] :
         {std::pair{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p999", 0.999}})
      o[name] = h.samples.quantile(share).value_or(0);
    all[h.name] = std::move(o);
  }
  return all;
}

json::object metrics_of(const ComparisonTable& table, std::size_t cell) {
  json::object metrics;
  const auto& names = table.plan().table.metrics;
  for (std::size_t m = 0; m < names.size(); ++m) {
    const Estimate e = table.estimate(cell, m);
    if (e.samples == 0) continue;
    json::object figure{{"value", e.value}};
    if (!table.is_pooled(m)) {
      figure["low"] = e.low;
      figure["high"] = e.high;
      figure["confidence"] = e.confidence;
      figure["mean"] = e.mean;
      figure["max"] = e.max;
      figure["above_zero"] = e.above_zero;
    }
    figure["samples"] = e.samples;
    figure["unit"] = name_of(table.unit(m));
    metrics[names[m]] = std::move(figure);
  }
  return metrics;
}

json::object cell_of(const ComparisonTable& table, std::size_t index) {
  const CellResult& cell = table.cell(index);
  const scenario::Cell& planned = table.plan().cells[index];
  json::object o{{"at", place_of(table.plan(), index)},
                 {"label", table.plan().label(planned)},
                 {"outcome", to_string(table.outcome(index))}};
  if (!planned.excluded.empty()) o["excluded"] = planned.excluded;
  o["unsafe"] = cell.unsafe;
  if (!cell.violated.empty()) o["violated"] = cell.violated;
  o["runs"] = cell.runs();
  o["passed"] = cell.passed;
  o["failed"] = cell.failed;
  o["inconclusive"] = cell.inconclusive;
  o["stalled"] = cell.stalled;
  o["live"] = cell.live;
  o["inside"] = cell.inside;
  if (cell.stopped > 0) o["stopped"] = cell.stopped;
  if (cell.ended_early > 0) o["ended_early"] = cell.ended_early;
  if (!cell.idle.counts().empty()) {
    json::array idle;
    for (const auto& count : cell.idle.counts()) {
      idle.push_back(
          json::object{{"what", count.idle.what}, {"text", count.idle.text}, {"runs", count.runs}});
    }
    o["idle"] = std::move(idle);
  }
  if (!cell.first_failure.empty()) o["first_failure"] = cell.first_failure;
  if (const auto share = table.carried(index)) {
    o["carried"] = *share;
    o["carried_samples"] = cell.carried.size();
  }
  if (cell.runs() > 0) {
    o["rates"] = json::object{{"passed", rate_of(cell.passed, cell.inconclusive, cell.runs())},
                              {"unsafe", rate_of(cell.unsafe, cell.safety_open, cell.runs())},
                              {"stalled", rate_of(cell.stalled, cell.progress_open, cell.runs())}};
  }
  o["metrics"] = metrics_of(table, index);
  o["histograms"] = histograms_of(cell);
  return o;
}

json::array ratios_of(const ComparisonTable& table) {
  json::array ratios;
  const ComparisonPlan& plan = table.plan();
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    for (std::size_t m = 0; m < plan.table.metrics.size(); ++m) {
      const Estimate r = table.ratio(i, m);
      if (r.samples == 0) continue;
      ratios.push_back(json::object{{"at", place_of(plan, i)},
                                    {"metric", plan.table.metrics[m]},
                                    {"ratio", r.value},
                                    {"low", r.low},
                                    {"high", r.high},
                                    {"confidence", r.confidence},
                                    {"samples", r.samples},
                                    {"left_out", r.left_out}});
    }
  }
  return ratios;
}

/// metric = factor * size^exponent, for each line of cells that differ in size only.
json::value scaling_of(const ComparisonTable& table) {
  const ComparisonPlan& plan = table.plan();
  const scenario::Axis* sizes = plan.sizes();
  if (!sizes) return nullptr;
  json::array fits;
  for (const Scaling& line : table.scaling()) {
    json::object at = place_of(plan, line.cell);
    at.erase(sizes->name);
    for (std::size_t m = 0; m < line.laws.size(); ++m) {
      const PowerLaw& law = line.laws[m];
      if (law.samples == 0) continue;
      fits.push_back(json::object{{"at", at},
                                  {"metric", plan.table.metrics[m]},
                                  {"exponent", law.exponent},
                                  {"low", law.low},
                                  {"high", law.high},
                                  {"factor", law.factor},
                                  {"r_squared", law.r_squared},
                                  {"samples", law.samples},
                                  {"left_out", law.left_out}});
    }
  }
  return json::object{{"axis", sizes->name}, {"fits", std::move(fits)}};
}

}  // namespace

std::string ComparisonTable::json() const {
  json::array cells;
  for (std::size_t i = 0; i < cells_.size(); ++i) cells.push_back(cell_of(*this, i));
  const scenario::Runs& seeds = comparison_.seeds;
  return pretty(json::object{
      {"schema", 2},
      {"kind", "comparison"},
      {"name", comparison_.name},
      {"description", comparison_.description},
      {"verdict", to_string(verdict())},
      {"reason", failed_ > 0 && verdict() != RunVerdict::pass
                     ? std::to_string(failed_) + " runs failed"
                     : ""},
      {"seeds", {{"first", seeds.first}, {"last", seeds.last}, {"paired", seeds.paired}}},
      {"first_seed", seeds.first},
      {"last_seed", seeds.last},
      {"baseline", comparison_.table.baseline},
      {"interrupted", interrupted_},
      {"trace_hash", to_hex(trace_hash_)},
      {"runs",
       {{"planned", planned()},
        {"done", runs()},
        {"passed", passed_},
        {"failed", failed_},
        {"inconclusive", inconclusive_}}},
      {"events", events_},
      {"axes", axes_of(comparison_)},
      {"table", table_of(comparison_)},
      {"cells", std::move(cells)},
      {"ratios", ratios_of(*this)},
      {"scaling", scaling_of(*this)},
  });
}

}  // namespace byzlab
