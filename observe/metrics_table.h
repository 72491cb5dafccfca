// Every Prometheus metric byzlab writes, described once: the exposition, `byzlab list metrics` and
// the checks of dashboards are made from this table.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace byzlab {

enum class PrometheusType : std::uint8_t { counter, gauge, info };

struct PrometheusMetric {
  std::string_view name;  ///< with its unit suffix; counters end in _total
  PrometheusType type;
  std::string_view unit;    ///< "seconds", "bytes", "" …
  std::string_view labels;  ///< beside `run` and `protocol`, separated by spaces
  std::string_view help;
};

/// Sorted by name.
std::span<const PrometheusMetric> prometheus_metrics();
const PrometheusMetric* find_prometheus_metric(std::string_view name);
std::string_view to_string(PrometheusType type);

}  // namespace byzlab
