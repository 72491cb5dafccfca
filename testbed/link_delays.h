// What an engine's clocks assume of the network, against the delays that a scenario describes.
//
// A clock that has to outlast k messages, one behind the other, is compared with what they take at
// most: in 99 of 100 draws. What takes exactly as long as the clock is in time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "consensus/registry.h"
#include "network/latency.h"
#include "testbed/overlay_links.h"
#include "testbed/scenario/scenario.h"

namespace byzlab {

class LinkDelays {
 public:
  /// All references outlive this. The network is looked at when somebody asks; then it may throw as
  /// latency_of() does.
  LinkDelays(const scenario::Scenario& scenario, std::span<const ClockNeed> needs,
             const ReplicaLinks& links);

  struct TooSlow {
    const ClockNeed* need;
    Duration takes;    ///< `need->delays` messages
    Duration allowed;  ///< the clock
    /// "an epoch takes 2 message delays, up to 3 s here, and `delta` allows 200 ms"
    std::string text() const;
    /// What the clock would have to be.
    Duration needed() const { return takes; }
  };
  /// None when every clock outlasts messages on this link, which are later by `adds`.
  std::optional<TooSlow> too_slow(ReplicaId from, ReplicaId to, Duration adds = {}) const;
  /// Nothing is assumed, or nothing that these links could break.
  bool assumes_nothing() const { return needs_.empty(); }
  /// All links are alike.
  bool is_uniform() const { return network().uniform; }
  /// Of the slowest link of all.
  std::optional<TooSlow> worst() const;

  /// What a message takes at most, on the slowest link.
  Duration slowest() const;

  /// The promise itself, whatever the links are like: what it allows, a clock must outlast.
  std::optional<TooSlow> worst_promise() const;

 private:
  /// As far as it matters here.
  struct Network {
    LatencyModel latency;
    std::uint32_t hops;  ///< links a message passes at most
    bool uniform;
    // What the draw adds to a link's least delay, in ns: it is the same on every link.
    double mean = 0, deviation = 0, in_99 = 0, largest = 0;
  };
  const Network& network() const;
  std::optional<TooSlow> compare(std::size_t need, Duration takes) const;
  Duration takes(ReplicaId from, ReplicaId to, Duration adds, std::uint32_t delays) const;
  template <class Visit>
  void each_kind_of_link(Visit&& visit) const;

  const scenario::Scenario& scenario_;
  const ReplicaLinks& links_;
  std::vector<ClockNeed> needs_;
  std::vector<Duration> allowed_;  // by need
  mutable std::optional<Network> network_;
};

}  // namespace byzlab
