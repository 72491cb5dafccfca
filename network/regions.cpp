#include "network/regions.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include "network/portable_math.h"

namespace byzlab {

namespace {

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '"'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Cuts the part before `separator`, which may be missing at the end, off the front.
std::string_view cut(std::string_view& text, char separator) {
  const auto end = std::min(text.find(separator), text.size());
  const auto part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

std::vector<std::string_view> cells(std::string_view line) {
  std::vector<std::string_view> result;
  for (std::size_t commas = static_cast<std::size_t>(std::ranges::count(line, ',')) + 1; commas > 0;
       --commas) {
    result.push_back(trimmed(cut(line, ',')));
  }
  return result;
}

/// Milliseconds in decimals, to nanoseconds: whole ones, at most a day.
std::optional<std::int64_t> nanoseconds_of_ms(std::string_view text) {
  constexpr std::int64_t kMost = std::int64_t{86'400} * 1'000'000'000;
  std::int64_t value = 0;
  int decimals = -1;
  bool digits = false;
  for (const char c : text) {
    if (c == '.' && decimals < 0) {
      decimals = 0;
      continue;
    }
    if (c < '0' || c > '9' || decimals == 6) return std::nullopt;
    value = value * 10 + (c - '0');
    digits = true;
    if (decimals >= 0) ++decimals;
    if (value > kMost) return std::nullopt;
  }
  for (int d = std::max(decimals, 0); d < 6; ++d) value *= 10;
  if (!digits || value > kMost) return std::nullopt;
  return value;
}

std::optional<std::size_t> index_of(const std::vector<std::string>& names, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

Parsed<DelayMatrix> bad(std::size_t line, const std::string& what) {
  return Parsed<DelayMatrix>::failed("line " + std::to_string(line) + ": " + what);
}

}  // namespace

Parsed<DelayMatrix> parse_delay_matrix(std::string_view csv, MatrixUnit unit) {
  DelayMatrix matrix;
  std::vector<bool> seen;
  std::size_t line_number = 0;
  while (!csv.empty()) {
    const std::string_view line = trimmed(cut(csv, '\n'));
    ++line_number;
    if (line.empty() || line.front() == '#') continue;
    const auto row = cells(line);
    if (matrix.names.empty()) {
      for (const auto name : std::span(row).subspan(1)) {
        if (name.empty()) return bad(line_number, "a column without a name");
        if (index_of(matrix.names, name)) {
          return bad(line_number, "the column `" + std::string(name) + "` appears twice");
        }
        matrix.names.emplace_back(name);
      }
      if (matrix.names.empty()) return bad(line_number, "no columns");
      if (matrix.names.size() > std::numeric_limits<std::uint16_t>::max()) {
        return bad(line_number, "more than 65535 columns");
      }
      matrix.one_way.resize(matrix.names.size() * matrix.names.size());
      seen.resize(matrix.names.size(), false);
      continue;
    }
    const auto from = index_of(matrix.names, row[0]);
    if (!from) return bad(line_number, "the row `" + std::string(row[0]) + "` is not a column");
    if (seen[*from]) return bad(line_number, "the row `" + std::string(row[0]) + "` appears twice");
    seen[*from] = true;
    if (row.size() != matrix.names.size() + 1) {
      return bad(line_number, std::to_string(row.size() - 1) + " numbers for " +
                                  std::to_string(matrix.names.size()) + " columns");
    }
    for (std::size_t to = 0; to < matrix.names.size(); ++to) {
      const auto ns = nanoseconds_of_ms(row[to + 1]);
      if (!ns) {
        return bad(line_number, "`" + std::string(row[to + 1]) +
                                    "` is not a number of milliseconds with up to six decimals");
      }
      matrix.one_way[*from * matrix.names.size() + to] =
          Duration{unit == MatrixUnit::round_trip_ms ? *ns / 2 : *ns};
    }
  }
  if (matrix.names.empty()) return Parsed<DelayMatrix>::failed("the file is empty");
  for (std::size_t from = 0; from < seen.size(); ++from) {
    if (!seen[from]) return Parsed<DelayMatrix>::failed("no row for `" + matrix.names[from] + "`");
  }
  return matrix;
}

// --------------------------------------------------------------------------------- the preset

namespace {

constexpr std::array<CloudRegion, 21> kCloudRegions{{
    {"us_east_1", "Ashburn", 39.04, -77.49},      {"us_east_2", "Columbus", 39.96, -83.00},
    {"us_west_1", "San Jose", 37.35, -121.96},    {"us_west_2", "Boardman", 45.84, -119.70},
    {"ca_central_1", "Montreal", 45.50, -73.57},  {"sa_east_1", "Sao Paulo", -23.55, -46.63},
    {"eu_west_1", "Dublin", 53.35, -6.26},        {"eu_west_2", "London", 51.51, -0.13},
    {"eu_west_3", "Paris", 48.86, 2.35},          {"eu_central_1", "Frankfurt", 50.11, 8.68},
    {"eu_north_1", "Stockholm", 59.33, 18.07},    {"eu_south_1", "Milan", 45.46, 9.19},
    {"ap_south_1", "Mumbai", 19.08, 72.88},       {"ap_southeast_1", "Singapore", 1.35, 103.82},
    {"ap_southeast_2", "Sydney", -33.87, 151.21}, {"ap_northeast_1", "Tokyo", 35.68, 139.69},
    {"ap_northeast_2", "Seoul", 37.57, 126.98},   {"ap_northeast_3", "Osaka", 34.69, 135.50},
    {"ap_east_1", "Hong Kong", 22.32, 114.17},    {"me_south_1", "Manama", 26.23, 50.59},
    {"af_south_1", "Cape Town", -33.92, 18.42},
}};

constexpr double kEarthRadius = 6371.0;                // km
constexpr double kSpeedInFibre = 299'792.458 / 1.468;  // km/s; refractive index of silica fibre
/// A cable is longer than the great circle by this much, everywhere: the value with the smallest
/// median error of the round trip over measurements of the 420 pairs
/// (tests/network/regions_test.cpp).
constexpr double kRouteFactor = 1.56;
/// What every path costs beside the distance; half the round trip within a region.
constexpr Duration kAccess{1'650'000};

Duration one_way(const CloudRegion& a, const CloudRegion& b) {
  const double km =
      kEarthRadius * portable::great_circle(a.latitude, a.longitude, b.latitude, b.longitude);
  const double seconds = km * kRouteFactor / kSpeedInFibre;
  return kAccess + Duration{static_cast<std::int64_t>(seconds * 1e9 + 0.5)};
}

}  // namespace

std::span<const CloudRegion> cloud_regions() { return kCloudRegions; }

std::optional<std::size_t> find_cloud_region(std::string_view name) {
  const std::string first = std::string(name) + "_1";
  for (std::size_t i = 0; i < kCloudRegions.size(); ++i) {
    if (kCloudRegions[i].name == name || kCloudRegions[i].name == first) return i;
  }
  return std::nullopt;
}

DelayMatrix cloud_region_delays() {
  DelayMatrix matrix;
  for (const auto& from : kCloudRegions) {
    matrix.names.emplace_back(from.name);
    for (const auto& to : kCloudRegions) matrix.one_way.push_back(one_way(from, to));
  }
  return matrix;
}

}  // namespace byzlab
