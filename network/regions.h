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

/// A CSV file: a first row `anything,name,name,…`, then a row `name,number,…` each, from row to column.
/// Rows may come in another order than columns. Numbers are milliseconds, ≥ 0, exact to the nanosecond
/// (six decimals). A round trip is split in halves. `#` starts a comment line.
Parsed<DelayMatrix> parse_delay_matrix(std::string_view csv, MatrixUnit unit);

/// A data centre's place; degrees.
struct CloudRegion {
  std::string_view name;   ///< "us_east_1"
  std::string_view alias;  ///< "us_east", or empty
  std::string_view city;
  double latitude;
  double longitude;
};

/// What the preset `cloud_regions` knows, in a fixed order.
std::span<const CloudRegion> cloud_regions();

/// By name or alias: its index in cloud_regions().
std::optional<std::size_t> find_cloud_region(std::string_view name);

/// The preset: one-way delay between all of cloud_regions(), in that order.
DelayMatrix cloud_region_delays();

}  // namespace byzlab
