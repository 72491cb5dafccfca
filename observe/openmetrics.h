// metrics.om on a wall clock.
#pragma once

#include <string>
#include <string_view>

namespace byzlab {

/// A history in simulated time with `epoch` (seconds since 1970) added to every timestamp, whole
/// milliseconds: Prometheus knows no finer time. Everything else stays byte for byte.
std::string at_epoch(std::string_view openmetrics, double epoch);

/// The last timestamp in it, seconds; 0 when there is none.
double last_timestamp(std::string_view openmetrics);

}  // namespace byzlab
