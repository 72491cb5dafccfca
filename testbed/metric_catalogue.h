// The metrics a threshold may name, with their kinds and units; and the figures of them that runs
// report.
#pragma once

#include <span>
#include <string_view>

#include "testbed/scenario/catalogue.h"

namespace byzlab {

/// "commit_latency", "p99": what every run reports of the time after its warm-up.
struct ReportedFigure {
  std::string_view metric, statistic;
};
std::span<const ReportedFigure> reported_figures();

std::span<const scenario::MetricEntry> metric_entries();
/// Null when there is none of that name.
const scenario::MetricEntry* find_metric_entry(std::string_view name);

}  // namespace byzlab
