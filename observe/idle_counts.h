// What many seeds of one scenario did not draw, meet or strike, counted.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "testbed/report.h"

namespace byzlab {

/// Something the scenario asks for, and in how many of the seeds it did not come about. What one
/// seed did not draw, another may have; what none did makes all of them prove nothing.
class IdleCounts {
 public:
  struct Count {
    Idle idle;
    std::uint64_t runs = 0;
  };

  /// Runs that were stopped tell nothing.
  void add(const Report& report) {
    if (!report.stopped.empty() || report.interrupted) return;
    ++runs_;
    for (const Idle& idle : report.idle) {
      auto at = std::ranges::find(counts_, idle.what, [](const Count& c) { return c.idle.what; });
      if (at == counts_.end()) at = counts_.insert(at, Count{.idle = idle, .runs = 0});
      ++at->runs;
    }
  }
  /// In the order they were first met.
  const std::vector<Count>& counts() const { return counts_; }
  std::uint64_t runs() const { return runs_; }
  bool always(const Count& count) const { return count.runs == runs_; }
  /// Whether something did not come about in any run.
  bool any_always() const {
    return std::ranges::any_of(counts_, [this](const Count& c) { return always(c); });
  }

 private:
  std::vector<Count> counts_;
  std::uint64_t runs_ = 0;
};

}  // namespace byzlab
