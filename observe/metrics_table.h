// Every Prometheus metric byzlab has, described once: the exposition, docs/metrics-reference.md,
// `byzlab list prometheus` and `byzlab metrics lint` are made from this table.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace byzlab {

enum class PrometheusType : std::uint8_t { counter, gauge, histogram, info };

/// Upper bounds of a histogram's buckets.
enum class Buckets : std::uint8_t {
  none,
  latency,   ///< 1 ms × 2^k to 65.536 s; where finality is by confirmations 1 s × 2^k to 131 072 s
  interval,  ///< both of these ladders: block intervals go from milliseconds to hours
  delay,     ///< 1 ms × 2^k to 65.536 s, always
  depth,     ///< 1, 2, 4 … 1024 blocks
};

/// When a run's exposition has it.
enum class Exposed : std::uint8_t {
  always,
  detail,  ///< only with --metrics-detail
  compat,  ///< only with --metrics-compat cometbft
};

struct PrometheusMetric {
  std::string_view name;  ///< with its unit suffix; counters end in _total
  PrometheusType type;
  std::string_view unit;       ///< "seconds", "bytes", "" …
  std::string_view labels;     ///< beside `run` and `protocol`, separated by spaces
  std::string_view help;       ///< one line, for the exposition
  std::string_view note = {};  ///< what the number does not say; for the reference
  Buckets buckets = Buckets::none;
  Exposed exposed = Exposed::always;
};

/// Labels of every metric.
inline constexpr std::string_view kBaseLabels[] = {"run", "protocol"};

/// Sorted by name.
std::span<const PrometheusMetric> prometheus_metrics();
const PrometheusMetric* find_prometheus_metric(std::string_view name);
/// The metric whose sample this is: a histogram's _bucket, _sum and _count belong to it.
const PrometheusMetric* metric_of_sample(std::string_view sample);
bool has_label(const PrometheusMetric& metric, std::string_view label);
/// Bounds of the buckets, without +Inf. `slow`: finality is by confirmations.
std::vector<double> bounds_of(Buckets buckets, bool slow);
std::string_view to_string(PrometheusType type);

/// docs/metrics-reference.md
std::string metrics_reference();

}  // namespace byzlab
