// When each entry of the timeline was really active, and what the windows of expectations mean.
#pragma once

#include <vector>

#include "base/event.h"
#include "testbed/invariants/spans.h"
#include "testbed/scenario/scenario.h"

namespace byzlab {

class FaultWindows {
 public:
  explicit FaultWindows(const scenario::Scenario& scenario)
      : scenario_(scenario), windows_(scenario.timeline.size()) {}

  void on(Time now, const FaultChanged& event);

  /// The windows of one entry, one a round; those not over yet are open and end just after `end`.
  Spans of_entry(std::size_t entry, Time end) const;
  /// What an expectation's window is: for an entry one span a round, for a built-in label one.
  /// Empty when it never happened. `gst` is the time before it, `faults` all faults, merged.
  Spans of(const scenario::Window& window, Time end) const;
  /// All entries that do something to the system, merged.
  Spans faults(Time end) const;
  /// Entries active now, notes left out.
  std::uint32_t active() const { return active_; }
  /// When the last fault began or ended; before the first one, the start of the run.
  Time last_change() const { return last_change_; }

  /// True for an entry that only leaves a note.
  static bool is_mark(const scenario::TimelineEntry& entry) { return entry.action.is_mark(); }

 private:
  struct Window {
    std::uint32_t round;
    Time from;
    Time to = kNever;  // still active
  };
  /// Done in an instant: never ends because it never lasts.
  static bool is_instant(const scenario::TimelineEntry& entry) {
    return !entry.length && entry.action.span == FaultSpan::instant;
  }

  const scenario::Scenario& scenario_;
  std::vector<std::vector<Window>> windows_;  // by entry
  std::uint32_t active_ = 0;
  Time last_change_ = kStart;
};

}  // namespace byzlab
