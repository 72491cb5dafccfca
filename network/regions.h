// Where replicas stand: matrices of delays from a file, or from a map of the world's cloud regions.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/quantity.h"
#include "network/latency.h"

namespace byzlab {

/// What the numbers of a file are.
enum class MatrixUnit : std::uint8_t { one_way_ms, round_trip_ms };

/// A CSV file: a first row `anything,name,name,…`, then a row `name,number,…` each, from row to
/// column. Rows may come in another order than columns. Numbers are milliseconds, ≥ 0, exact to the
/// nanosecond (six decimals). A round trip is split in halves. `#` starts a comment line.
Parsed<DelayMatrix> parse_delay_matrix(std::string_view csv, MatrixUnit unit);

/// A data centre's place; degrees.
struct CloudRegion {
  std::string_view name;  ///< "us_east_1"
  std::string_view city;
  double latitude;
  double longitude;
};

/// What the preset `cloud_regions` knows, in a fixed order.
std::span<const CloudRegion> cloud_regions();

/// Its index in cloud_regions(). Without its number it is the first: `us_east` is `us_east_1`.
std::optional<std::size_t> find_cloud_region(std::string_view name);

/// The preset: one-way delay between all of cloud_regions(), in that order. A model, not a
/// measurement:
///
///   1.65 ms + great circle × 1.56 / (speed of light in fibre)
///
/// with one route factor for the whole world. Against a measured table of median round trips
/// between these regions its error is 12 % in the median and 38 % at the 90th percentile of the 420
/// pairs; worst where cables go a long way round (Cape Town to Sao Paulo takes 3.2 times as long as
/// it says). Use a matrix file where that matters.
DelayMatrix cloud_region_delays();

}  // namespace byzlab
