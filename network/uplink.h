// Bandwidth: each process sends through one uplink, a first-in first-out queue of one server.
//
// A packet of b bytes occupies the uplink for 8 b / rate seconds, rounded up to whole nanoseconds,
// and leaves when its last bit does. A broadcast's copies queue one behind the other in the order
// of their destinations: that is why a leader with a large block is slow. Receiving is not limited.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace byzlab {

/// An uplink's work: what it was given and when that will have left. All zero without a limit.
struct UplinkState {
  Time idle_at = kStart;
  Duration given{};  ///< time on the wire of all it was given so far
  std::uint64_t bits_per_second = 0;
};

class Uplinks {
 public:
  /// `bits_per_second` > 0, the same for all; none is unlimited.
  Uplinks(std::size_t processes, std::optional<std::uint64_t> bits_per_second)
      : rate_(bits_per_second.value_or(0)),
        free_(rate_ == 0 ? 0 : processes, kStart),
        given_(free_.size()) {}

  bool unlimited() const { return rate_ == 0; }

  /// How long one packet occupies the uplink.
  Duration transmission(std::uint32_t bytes) const {
    if (unlimited()) return Duration{0};
    const unsigned __int128 bits = static_cast<unsigned __int128>(bytes) * 8 * 1'000'000'000;
    return Duration{static_cast<std::int64_t>((bits + rate_ - 1) / rate_)};
  }

  /// When a packet that is ready at `ready` has left. Calls of one process come in order of time.
  Time depart(ProcessId from, Time ready, std::uint32_t bytes) {
    if (unlimited()) return ready;
    Time& free = free_[from.value];
    const Duration each = transmission(bytes);
    free = std::max(free, ready) + each;
    given_[from.value] += each;
    return free;
  }

  /// The same for a broadcast: `arrivals` holds what they were if each copy left at `ready`, and
  /// each is moved by its wait and transmission. A copy that is kNever stays so, but was sent all
  /// the same.
  void depart_all(ProcessId from, Time ready, std::uint32_t bytes, std::span<Time> arrivals) {
    if (unlimited()) return;
    const Duration each = transmission(bytes);
    Time& free = free_[from.value];
    Duration moved = std::max(free, ready) - ready;
    for (Time& arrival : arrivals) {
      moved += each;
      if (arrival != kNever) arrival += moved;
    }
    free = ready + moved;
    given_[from.value] += each * static_cast<std::int64_t>(arrivals.size());
  }

  /// When the uplink will have sent everything it was given.
  Time idle_at(ProcessId from) const { return unlimited() ? kStart : free_[from.value]; }
  UplinkState state(ProcessId from) const {
    if (unlimited()) return {};
    return {.idle_at = free_[from.value], .given = given_[from.value], .bits_per_second = rate_};
  }

 private:
  std::uint64_t rate_;
  std::vector<Time> free_;
  std::vector<Duration> given_;  // time on the wire, in all
};

}  // namespace byzlab
