// metrics.prom: the last values of a run in the Prometheus text format.
#pragma once

#include <string>

#include "testbed/report.h"

namespace byzlab {

/// Families and series sorted by name and labels. `run` becomes the label of all of them. A metric
/// that the run could not measure is absent; a counter that never moved is there with 0.
std::string prometheus_text(const Report& report, const std::string& run);

}  // namespace byzlab
