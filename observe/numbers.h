// Numbers for people: "412 381", "184 ms", "1.84 s", "10.000s". Never read back by a program.
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"

namespace byzlab {

/// "412 381"
std::string grouped(std::uint64_t number);
/// Four significant digits at most: "198.7", "0.31", "1 984".
std::string short_number(double value);
/// "184 ms", "1.84 s", "12 min"
std::string duration_words(double seconds);
/// When something happened, in a column: "10.000s" in a run of up to an hour, else "2d 03:04:05".
std::string moment(Time at, Duration whole_run);
/// A length the user wrote: "60 s", "7 d".
std::string spaced_duration(Duration d);
/// Seconds for documents: the double nearest to the moment, so that 31.84 s is written 31.84.
double exact_seconds(Time at);
double exact_seconds(Duration d);
/// "97.5 %"
std::string percent(double share);

}  // namespace byzlab
