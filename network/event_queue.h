// What a simulated network needs of its event queue. Two classes satisfy it: TimingWheel, which is
// fast, and ReferenceQueue, which is obviously right; the tests hold one against the other.
//
// Events come out in the order (time, id, destination). That order is the simulation's only source
// of sequence, so both queues give exactly the same one.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/ids.h"
#include "base/time.h"

namespace byzlab {

/// Destinations (process indices, or whatever the network files under them) lie below this.
inline constexpr std::uint32_t kDestinationLimit = (1u << 18) - 1;

struct QueuedEvent {
  Time time;
  std::uint64_t id = 0;  ///< names the transmission; many events share one
  std::uint32_t destination = 0;

  constexpr auto operator<=>(const QueuedEvent&) const = default;
};

/// Times are ≥ kStart, and ≥ the time of the last event popped. Ids grow over the run, but a push
/// may use any id.
template <class Q>
concept EventQueue =
    std::constructible_from<Q, Duration, Duration> &&
    requires(Q q, const Q c, Time t, std::uint64_t id, std::uint32_t destination, QueuedEvent& out,
             std::span<const Time> times, std::span<const ProcessId> to, std::size_t k) {
      q.push(t, id, destination);
      /// One event a destination, all with one id; kNever is skipped. Gives the number pushed.
      { q.push_all(times, id, to) } -> std::same_as<std::size_t>;
      /// The next event whose time is ≤ the limit; false when there is none.
      { q.pop(t, out) } -> std::same_as<bool>;
      /// A guess at the event that will be popped after k others, to prefetch what it needs. False
      /// when it is not cheap to tell; wrong when an earlier one is pushed meanwhile.
      { c.ahead(k, out) } -> std::same_as<bool>;
      { c.size() } -> std::same_as<std::size_t>;
      { c.memory_bytes() } -> std::same_as<std::size_t>;
    };

}  // namespace byzlab
