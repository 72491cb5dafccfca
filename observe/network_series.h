// network.json: what went through the network over time: messages of each kind, losses by reason,
// and each replica's uplink. A few hundred moments, whatever the run's length: where there would be
// more, every other one goes and the rest is coarser.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "testbed/run.h"

namespace byzlab {

class NetworkSeries final : public RunObserver {
 public:
  /// At most `moments`, and at most `cells` numbers of uplinks.
  explicit NetworkSeries(std::size_t moments = 400, std::size_t cells = 40'000)
      : most_moments_(moments), most_cells_(cells) {}

  Interest interest() const override { return Interest::none(); }
  void begin(const RunInfo& info) override;
  void on(Time, const Event&) override {}
  bool wants_samples() const override { return true; }
  void sampled(const RunSample& sample) override;

  /// {"t":[],"kinds":{NAME:{"sent":[],"bytes":[],"delivered":[]}},"dropped":{REASON:[]}}, all since
  /// the beginning; kinds and reasons that never came are left out. Where uplinks have a limit,
  /// also "uplinks":{"bits_per_second","busy":[a replica's seconds of sending, since the
  /// beginning], "queue":[a replica's bytes that wait: the most since the moment before]}.
  std::string json() const;

 private:
  struct Moment {
    Time at = kStart;
    std::array<KindCounters, kKindLimit> kinds{};
    std::array<std::uint64_t, kDropReasons> dropped{};
    std::vector<Duration> busy;        // by replica
    std::vector<std::uint64_t> queue;  // by replica, bytes
  };
  void thin();

  std::size_t most_moments_, most_cells_, room_ = 0;
  std::vector<std::string> kinds_;  // names
  std::uint64_t bits_per_second_ = 0;
  std::vector<Moment> moments_;
  Moment latest_;  // not yet one of them
  std::uint64_t every_ = 1, seen_ = 0;
};

}  // namespace byzlab
