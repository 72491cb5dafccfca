// Simulated time: nanoseconds since the start of a run, on a clock nobody can read.
//
// SimClock has no now(): code that wants the time is handed it. A run over real sockets uses the
// same types, its network maps the steady clock onto them.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

namespace byzlab {

using Duration = std::chrono::duration<std::int64_t, std::nano>;

struct SimClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<SimClock>;
  static constexpr bool is_steady = true;
};

using Time = SimClock::time_point;

/// The start of every run.
inline constexpr Time kStart{};

/// Later than anything that happens; as an arrival time it means "lost".
inline constexpr Time kNever{Duration{std::numeric_limits<std::int64_t>::max()}};

constexpr std::int64_t nanoseconds(Duration d) { return d.count(); }
constexpr std::int64_t nanoseconds(Time t) { return t.time_since_epoch().count(); }

/// Seconds as a floating number, for people to read; never fed back into a simulation.
constexpr double seconds(Duration d) { return static_cast<double>(d.count()) * 1e-9; }
constexpr double seconds(Time t) { return seconds(t.time_since_epoch()); }

}  // namespace byzlab
