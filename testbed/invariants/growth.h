// When the log of a set of replicas grew: what progress, recovery and liveness are judged on.
#pragma once

#include <vector>

#include "base/ids.h"
#include "testbed/invariants/spans.h"

namespace byzlab {

class Growth {
 public:
  struct Step {
    Time at;
    Time proposed;  ///< when the block came into being; kNever when nobody told
    std::uint64_t height;
  };

  /// Of which processes; empty: of all that are reported.
  explicit Growth(std::vector<bool> members = {}) : members_(std::move(members)) {}

  /// A process commits at a height; `proposed` is asked for only when the height is new.
  template <class Proposed>
  void on(ProcessId p, Time now, std::uint64_t height, Proposed&& proposed) {
    if (height <= height_ || (!members_.empty() && !members_[p.value])) return;
    height_ = height;
    steps_.push_back({.at = now, .proposed = proposed(), .height = height});
  }

  std::uint64_t height() const { return height_; }
  const std::vector<Step>& steps() const { return steps_; }
  std::uint64_t count_in(const Span& span) const;
  /// The first growth later than `t`; null when there is none.
  const Step* after(Time t) const;
  std::uint64_t height_at(Time t) const;

  struct Gap {
    Time from;
    Time to;
  };
  /// The longest time without growth within a span.
  Gap longest_gap(const Span& span) const;
  bool has_member(ProcessId p) const { return members_.empty() || members_[p.value]; }

 private:
  std::vector<bool> members_;
  std::vector<Step> steps_;
  std::uint64_t height_ = 0;
};

}  // namespace byzlab
