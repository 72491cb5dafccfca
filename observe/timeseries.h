// timeseries.csv: the state of a run at the end of each interval.
#pragma once

#include <string>

#include "testbed/report.h"

namespace byzlab {

/// A header line, then one line an interval: times and latencies in seconds, counters cumulative,
/// `throughput` in tx/s and `message_rate` per second within the interval.
std::string timeseries_csv(const Report& report);

}  // namespace byzlab
