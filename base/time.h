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

/// The last moment there is, in 292 years; no run reaches it.
inline constexpr Time kLastMoment = kNever - Duration{1};

// Sums of times and durations saturate wherever the parts come from outside (options, queues,
// rules): what would lie beyond the clock's range is at its end, never before its cause.

/// a + b, at most the longest duration there is and at least the shortest.
constexpr Duration sum(Duration a, Duration b) {
  std::int64_t result = 0;
  if (!__builtin_add_overflow(a.count(), b.count(), &result)) return Duration{result};
  return b.count() > 0 ? Duration::max() : Duration::min();
}

/// `d` after `t`, at most the last moment; never stays never.
constexpr Time later(Time t, Duration d) {
  if (t == kNever) return kNever;
  const Time result{sum(t.time_since_epoch(), d)};
  return result < kLastMoment ? result : kLastMoment;
}

/// n times d, at most the longest duration there is. Neither is negative.
constexpr Duration times(Duration d, std::uint64_t n) {
  const auto product = static_cast<unsigned __int128>(d.count()) * n;
  const auto most = static_cast<std::uint64_t>(Duration::max().count());
  return Duration{static_cast<std::int64_t>(product < most ? product : most)};
}

/// How long `bytes` occupy a line of so many bits a second, more than none: rounded up, so that no
/// rate is exceeded.
constexpr Duration on_the_line(std::uint64_t bytes, std::uint64_t bits_per_second) {
  const auto work = static_cast<unsigned __int128>(bytes) * 8 * 1'000'000'000;
  const auto takes = (work + bits_per_second - 1) / bits_per_second;
  const auto most = static_cast<std::uint64_t>(Duration::max().count());
  return Duration{static_cast<std::int64_t>(takes < most ? takes : most)};
}

constexpr std::int64_t nanoseconds(Duration d) { return d.count(); }
constexpr std::int64_t nanoseconds(Time t) { return t.time_since_epoch().count(); }

/// Seconds as a floating number, for people to read; never fed back into a simulation.
constexpr double seconds(Duration d) { return static_cast<double>(d.count()) * 1e-9; }
constexpr double seconds(Time t) { return seconds(t.time_since_epoch()); }

}  // namespace byzlab
