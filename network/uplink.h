// Bandwidth: each process sends through one uplink, a first-in first-out queue of one server.
//
// A packet of b bytes occupies the uplink for 8 b / rate seconds, rounded up to whole nanoseconds,
// and leaves when its last bit does. Messages go in the order they were given. The packets of one
// broadcast go one behind the other: that is why a leader with a large block is slow. They begin
// with a destination that is drawn and go round in the order of ids, for whoever always came first
// would be ahead of the others by as much as a broadcast takes. Receiving is not limited.
//
// A message waits as one load, whatever the number of its packets; nothing is known of a packet's
// fate before it leaves.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/message.h"
#include "base/rng.h"
#include "base/time.h"

namespace byzlab {

class Overlay;
struct Journey;

/// An uplink's work: what it was given and when that will have left. All zero without a limit.
struct UplinkState {
  Time idle_at = kStart;
  Duration given{};  ///< time on the wire of all it was given so far
  std::uint64_t bits_per_second = 0;
};

class Uplinks {
 public:
  /// A message for one process, or for the neighbours of its sender.
  struct Load {
    Message* message = nullptr;  ///< its giver holds it until the last packet has left
    Journey* journey = nullptr;
    std::optional<ProcessId> to = std::nullopt;    ///< none: the neighbours …
    std::optional<ProcessId> skip = std::nullopt;  ///< … but this one
    std::uint32_t packets = 1;                     ///< that have not left
    std::uint32_t next = 0;                        ///< the neighbour whose turn it is
  };
  struct Packet {
    Message* message;
    Journey* journey;
    ProcessId from, to;
    bool last;  ///< of its load
  };

  /// `bits_per_second` > 0, the same for all; none is unlimited.
  Uplinks(std::size_t processes, std::optional<std::uint64_t> bits_per_second);

  bool unlimited() const { return rate_ == 0; }
  /// How long one packet occupies the uplink.
  Duration transmission(std::uint32_t bytes) const {
    return unlimited() ? Duration{0} : on_the_line(bytes, rate_);
  }

  /// Not without a limit. The overlay says who the neighbours are; `draw` where they begin.
  void give(ProcessId from, Load load, const Overlay& overlay, std::uint64_t draw, Time now);
  /// When the next packet leaves, of any process; kNever when none waits. Packets that leave at the
  /// same time do so in the order of their senders.
  Time next() const { return departures_.empty() ? kNever : departures_.front().when; }
  /// Takes that packet.
  Packet take(const Overlay& overlay);
  /// Empties an uplink, what was being sent included. f(packet) for each packet that does not
  /// leave.
  template <class F>
  void empty(ProcessId from, const Overlay& overlay, Time now, F f);

  UplinkState state(ProcessId from) const {
    if (unlimited()) return {};
    const Server& s = servers_[from.value];
    return {.idle_at = s.idle_at, .given = s.given, .bits_per_second = rate_};
  }
  /// Packets that wait or are being sent, of all processes.
  std::size_t waiting() const { return waiting_; }

 private:
  struct Server {
    std::deque<Load> queue;
    Time idle_at = kStart;
    Duration given{};  // time on the wire, in all
  };
  /// A process's first packet. There is one for each process whose uplink is busy.
  struct Departure {
    Time when;
    ProcessId from;
    auto operator<=>(const Departure&) const = default;
  };

  Packet advance(ProcessId from, Load& load, const Overlay& overlay);
  void stop_sending(ProcessId from, Time now);

  std::uint64_t rate_;
  std::vector<Server> servers_;
  std::vector<Departure> departures_;  // heap, least first
  std::size_t waiting_ = 0;
};

template <class F>
void Uplinks::empty(ProcessId from, const Overlay& overlay, Time now, F f) {
  if (unlimited() || servers_[from.value].queue.empty()) return;
  std::deque<Load> lost;
  lost.swap(servers_[from.value].queue);
  stop_sending(from, now);
  for (Load& load : lost) {
    for (bool last = false; !last;) {
      const Packet packet = advance(from, load, overlay);
      last = packet.last;
      f(packet);
    }
  }
}

}  // namespace byzlab
