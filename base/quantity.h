// Quantities with units, as people write them: "40ms", "100 Mbit/s", "256 B", "0.1%".
//
// Exact: a duration is a whole number of nanoseconds, or it is refused. to_text() gives the
// shortest text that parses to the same value. Units: ns us ms s min h d · B kB MB GB (10^3) KiB
// MiB GiB (2^10) · bit/s kbit/s Mbit/s Gbit/s · tx/s · %.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/time.h"

namespace byzlab {

/// Either the value, or the reason why there is none.
template <class T>
class Parsed {
 public:
  Parsed(T value) : content_(std::in_place_index<0>, std::move(value)) {}
  static Parsed failed(std::string reason, std::string hint = {}) {
    Parsed p;
    p.content_.template emplace<1>(Failure{std::move(reason), std::move(hint)});
    return p;
  }

  explicit operator bool() const { return content_.index() == 0; }
  const T& operator*() const { return std::get<0>(content_); }
  const std::string& reason() const { return std::get<1>(content_).reason; }
  /// What to write instead, such as "write `60s` (or `60min`, `60ms`)"; may be empty.
  const std::string& hint() const { return std::get<1>(content_).hint; }

 private:
  struct Failure {
    std::string reason, hint;
  };
  Parsed() = default;
  std::variant<T, Failure> content_;
};

Parsed<Duration> parse_duration(std::string_view text);
Parsed<std::uint64_t> parse_count(
    std::string_view text);  // "100"; "1e3", "010" and "1_000" are refused
Parsed<std::uint64_t> parse_bytes(std::string_view text);      // "256 B"
Parsed<std::uint64_t> parse_bandwidth(std::string_view text);  // "100 Mbit/s" -> bits per second
Parsed<double> parse_rate(std::string_view text,
                          std::string_view unit);         // "200 tx/s" with unit "tx/s"
Parsed<double> parse_probability(std::string_view text);  // "0.1%" or "0.001", in [0, 1]
Parsed<double> parse_number(std::string_view text);       // a plain decimal

std::string duration_text(Duration d);
std::string bytes_text(std::uint64_t bytes);
std::string bandwidth_text(std::uint64_t bits_per_second);
std::string number_text(double value);  // shortest decimal that reads back to the same double

}  // namespace byzlab
