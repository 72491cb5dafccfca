// The story of a run in a few lines: faults and heals, where commits stalled and resumed, what
// broke.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/event.h"
#include "testbed/invariants/fault_bound.h"
#include "testbed/invariants/fault_windows.h"
#include "testbed/report.h"

namespace byzlab {

class Story {
 public:
  Story(const scenario::Scenario& scenario, const FaultWindows& windows, FaultBound& bound)
      : scenario_(scenario), windows_(windows), bound_(bound) {}

  /// A new height, committed `latency` after its proposal (zero when that is not known).
  void grew(Time now, std::uint64_t height, Duration latency);
  void entered(Height height, View view, ReplicaId leader);
  /// Looks whether commits have stopped.
  void look(Time now);
  void fault(Time now, FaultChanged event) {
    event.reach = nullptr;  // it is gone by the time the story is told
    faults_.push_back({now, event});
  }
  void tell(Time at, std::string kind, std::string text, bool violation = false);
  /// A replica switched chains and abandoned blocks that others count on.
  void reorganised(Time now, ReplicaId replica, std::uint64_t depth, const Digest& tip);

  /// In the order of time, the middle left out when there is too much. `faults` says what each did.
  std::vector<StoryLine> lines(const std::vector<FaultResult>& faults) const;

 private:
  static constexpr std::size_t kRecent = 16;
  static constexpr std::size_t kMaxLines = 40;

  Duration patience() const;
  void stalled(Time now);
  void resumed(Time now, std::uint64_t height);
  StoryLine fault_line(Time at, const FaultChanged& event,
                       const std::vector<FaultResult>& faults) const;

  const scenario::Scenario& scenario_;
  const FaultWindows& windows_;
  FaultBound& bound_;
  std::vector<StoryLine> told_;
  std::vector<std::pair<Time, FaultChanged>> faults_;

  std::array<Time, kRecent> recent_{};  // times of the last growths, a ring
  std::uint64_t growths_ = 0;
  Duration latency_{};  // smoothed
  std::uint64_t height_ = 0;
  bool stalled_ = false;
  Height view_height_{};  // of view_; 0 when views go on from height to height
  View view_{}, view_at_growth_{};
  std::optional<ReplicaId> leader_, leader_at_growth_;
  Digest last_reorg_{};
};

}  // namespace byzlab
