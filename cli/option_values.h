// Values of the command line from their text: numbers, seeds, ports, paces. Whole numbers are read
// digit by digit: what does not fit is an error, never another number.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "testbed/scenario/scenario.h"

namespace byzlab {

inline constexpr std::uint64_t kLargestNumber = std::numeric_limits<std::uint64_t>::max();

/// Digits and nothing else, at most 2^64 - 1.
std::optional<std::uint64_t> whole_number(std::string_view text, int base = 10);

/// "-1" wanted from 0 to 9: "wants a whole number from 0 to 9, not `-1`".
std::string number_wanted(std::string_view text, std::uint64_t low, std::uint64_t high);

/// "1..100"
std::optional<scenario::Runs> seed_range(std::string_view text);

/// Why that is none, with what to write: "wants a range: 1..10 for ten seeds, 10..10 for one".
std::string seeds_wanted(std::string_view text);

/// "7070", "127.0.0.1:7070", "localhost:0"
std::optional<std::uint16_t> loopback_port(std::string_view text);

/// "10x", "0.5x"
std::optional<double> pace_factor(std::string_view text);

}  // namespace byzlab
