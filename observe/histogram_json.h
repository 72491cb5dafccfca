// A histogram as documents have it: { relative_error, gamma, count, zero, buckets: [[i, n], …] },
// where bucket i holds the n samples in (gamma^(i-1), gamma^i] seconds. Histograms of several runs
// are merged by adding up the buckets of equal index.
#pragma once

#include <boost/json/fwd.hpp>
#include <optional>
#include <vector>

#include "testbed/report.h"

namespace byzlab {

boost::json::object histogram_json(const QuantileSketch& sketch);
/// By name.
boost::json::object histograms_json(const std::vector<Histogram>& histograms);

/// What histogram_json wrote; none for anything else, also for another relative error.
std::optional<QuantileSketch> histogram_of(const boost::json::value& document);

}  // namespace byzlab
