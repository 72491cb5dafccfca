// Threshold: a figure of the run against a number. Without samples it is vacuous, never passed.
#include <fmt/format.h>

#include "testbed/invariants/expectation.h"
#include "testbed/invariants/words.h"
#include "testbed/metric_catalogue.h"

namespace byzlab {
namespace {

bool compares(scenario::Comparison comparison, double a, double b) {
  using enum scenario::Comparison;
  switch (comparison) {
    case less: return a < b;
    case less_equal: return a <= b;
    case greater: return a > b;
    case greater_equal: return a >= b;
    case equal: return a == b;
    case not_equal: return a != b;
  }
  return false;
}

Selection selection_of(const scenario::Expectation& e, const RunFacts& facts) {
  const Span measured = facts.measurements.measured_until(facts.end);
  if (e.outside) {
    Spans excluded = facts.windows.of(*e.outside, facts.end);
    for (Span& s : excluded) s.to = std::max(s.to, s.from + Duration{1}) + e.grace;
    return Selection::outside(measured, merged(std::move(excluded)));
  }
  Spans spans;
  for (const Round& round : rounds_of(e, facts)) spans.push_back(round.span);
  spans = common({measured}, merged(std::move(spans)));
  return e.during ? Selection::during(std::move(spans)) : Selection::in(std::move(spans));
}

/// The metric's base unit, unless the statistic counts or is a rate.
std::string unit_of(const scenario::Threshold& t) {
  if (t.statistic == "count" || t.statistic == "rate") return {};
  const scenario::MetricEntry* metric = find_metric_entry(t.metric);
  if (metric == nullptr) return {};
  switch (metric->unit) {
    case scenario::MetricUnit::seconds: return "s";
    case scenario::MetricUnit::bytes: return "bytes";
    case scenario::MetricUnit::ratio: return "ratio";
    case scenario::MetricUnit::blocks: return "blocks";
    case scenario::MetricUnit::transactions: return "tx/s";
    case scenario::MetricUnit::none: return {};
  }
  return {};
}

}  // namespace

void check_threshold(const scenario::Expectation& e, const RunFacts& facts, ExpectationResult& r) {
  const scenario::Threshold& t = *e.threshold;
  if ((e.during || e.after) && rounds_of(e, facts).empty()) {
    return nothing_to_check(r, facts, never_happened(e));
  }
  const Measured m =
      facts.measurements.measure(t.metric, t.labels, t.statistic, selection_of(e, facts));
  r.limit = t.value;
  r.unit = unit_of(t);
  if (!m.value) return nothing_to_check(r, facts, m.why_not);
  r.value = m.value;
  r.detail = words::quantity(*m.value, r.unit);
  const scenario::MetricEntry* metric = find_metric_entry(t.metric);
  if (metric != nullptr && metric->kind == scenario::MetricKind::histogram &&
      t.statistic != "count") {
    r.detail += fmt::format(", {}", words::count(m.samples, "sample"));
    if (e.outside) r.detail += " outside " + e.outside->label;
  }
  if (!facts.complete) {
    r.status = Status::undecided;
    r.detail += " until the run stopped";
    return;
  }
  r.status = compares(t.comparison, *m.value, t.value) ? Status::pass : Status::fail;
  r.at = facts.end;
}

}  // namespace byzlab
