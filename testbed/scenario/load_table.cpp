// `report` of a comparison: which axis goes where, which figures are shown, against which baseline.
#include <algorithm>
#include <array>
#include <set>

#include "testbed/scenario/comparison_parts.h"
#include "testbed/scenario/load_parts.h"
#include "testbed/scenario/nearest.h"
#include "testbed/scenario/text.h"

namespace byzlab::scenario {
namespace {

/// Of all samples of all runs together, of what has a histogram.
constexpr std::array<std::string_view, 5> kPooled{"pooled_p50", "pooled_p90", "pooled_p95",
                                                  "pooled_p99", "pooled_p999"};

class TableLoader {
 public:
  TableLoader(const Section& report, ComparisonPlan& into)
      : report_(report), into_(into), loading_(report.loading()) {}

  void load() {
    place_axes();
    into_.table.map = report_.get<bool>("map");
    load_metrics();
    load_baseline();
    load_charts();
  }

 private:
  void error(const YamlNode& at, std::string code, std::string message, std::string hint = {}) {
    loading_.findings.error(std::move(code), at.at, at.length, std::move(message), std::move(hint));
  }

  void place_axes() {
    TablePlan& table = into_.table;
    const auto names = axis_names(into_);
    std::set<std::string> used;
    const auto pick = [&](const char* key, std::string& into) {
      const YamlNode* node = report_.node(key);
      if (!node || !node->is_scalar()) return;
      if (std::ranges::find(names, node->text) == names.end()) {
        error(*node, "E102", "there is no axis " + ticked(node->text), guess(node->text, names));
      } else if (!used.insert(node->text).second) {
        error(*node, "E117", "axis `" + node->text + "` has another place in the table already");
      } else {
        into = node->text;
      }
    };
    pick("rows", table.rows);
    pick("columns", table.columns);
    pick("pages", table.pages);
    for (std::string* place : {&table.rows, &table.columns, &table.pages}) {
      if (!place->empty()) continue;
      for (const std::string& name : names) {
        if (place->empty() && used.insert(name).second) *place = name;
      }
    }
  }

  void load_metrics() {
    const YamlNode* list = report_.node("metrics");
    if (!list) {
      into_.table.metrics = {"throughput.mean", "commit_latency.p50", "messages_per_commit.mean"};
      return;
    }
    std::vector<std::string> known;
    for (const MetricEntry& metric : loading_.catalogue.metrics) known.push_back(metric.name);
    for (const YamlNode& item : list->is_sequence() ? list->items : std::vector{*list}) {
      const std::size_t dot = item.text.find('.');
      const std::string name = item.text.substr(0, dot);
      const auto found = std::ranges::find(loading_.catalogue.metrics, name, &MetricEntry::name);
      if (found == loading_.catalogue.metrics.end()) {
        error(item, "E150", "no metric " + ticked(name), guess(name, known));
      } else if (found->reported.empty()) {
        error(item, "E151", "runs report nothing of `" + name + "`");
      } else {
        load_statistic(item, *found, dot == std::string::npos ? "" : item.text.substr(dot + 1));
      }
    }
  }

  void load_statistic(const YamlNode& item, const MetricEntry& metric, std::string statistic) {
    std::vector<std::string> known = metric.reported;
    if (metric.pooled) known.insert(known.end(), kPooled.begin(), kPooled.end());
    if (statistic.empty()) statistic = usual_statistic(metric);
    if (std::ranges::find(known, statistic) == known.end()) {
      error(item, "E151", "runs report no `." + statistic + "` of `" + metric.name + "`",
            "there is ." + join(known, " ."));
      return;
    }
    into_.table.metrics.push_back(metric.name + "." + statistic);
  }

  static std::string usual_statistic(const MetricEntry& metric) {
    for (const char* usual : {"p50", "mean", "max"}) {
      if (std::ranges::find(metric.reported, usual) != metric.reported.end()) return usual;
    }
    return metric.reported.front();
  }

  void load_baseline() {
    const YamlNode* node = report_.node("baseline");
    const Axis* rows = into_.axis(into_.table.rows);
    if (!node || !node->is_scalar() || !rows) return;
    const auto values = value_names(*rows);
    if (std::ranges::find(values, node->text) == values.end()) {
      error(*node, "E102", "`" + rows->name + "` has no value " + ticked(node->text),
            guess(node->text, values));
      return;
    }
    into_.table.baseline = node->text;
  }

  void load_charts() {
    const YamlNode* list = report_.node("charts");
    if (!list) return;
    const std::vector<std::string> known{"heatmap", "latency_vs_throughput", "scaling", "cdf"};
    for (const YamlNode& item : list->is_sequence() ? list->items : std::vector{*list}) {
      if (std::ranges::find(known, item.text) == known.end()) {
        error(item, "E102", "no chart " + ticked(item.text),
              guess(item.text, known).empty() ? "there is " + join(known, ", ")
                                              : guess(item.text, known));
      } else if (item.text == "scaling" && !into_.sizes()) {
        error(item, "E117", "scaling needs an axis of at least three sizes, such as `replicas`");
      } else {
        into_.table.charts.push_back(item.text);
      }
    }
  }

  const Section& report_;
  ComparisonPlan& into_;
  Loading& loading_;
};

}  // namespace

void load_table(const Section& top, ComparisonPlan& into) {
  const Section report = top.below("report", "comparison.report");
  TableLoader(report, into).load();
}

std::vector<std::string> axis_names(const ComparisonPlan& comparison) {
  std::vector<std::string> names;
  for (const Axis& axis : comparison.axes) names.push_back(axis.name);
  return names;
}

std::vector<std::string> value_names(const Axis& axis) {
  std::vector<std::string> names;
  for (const Axis::Value& value : axis.values) names.push_back(value.name);
  return names;
}

std::string guess(std::string_view wrong, const std::vector<std::string>& right) {
  const auto found = nearest(wrong, right);
  return found ? "did you mean `" + *found + "`?" : "";
}

}  // namespace byzlab::scenario
