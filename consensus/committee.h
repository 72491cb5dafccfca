// The replicas of a run, their voting or mining power, and what the fault model allows.
#pragma once

#include <cstdint>
#include <numeric>
#include <vector>

#include "base/ids.h"

namespace byzlab {

/// Voting power or hash power, in units of the scenario; one each unless it says otherwise.
using Power = std::uint64_t;

class Committee {
 public:
  /// One unit of power a replica.
  explicit Committee(std::uint32_t n) : Committee(std::vector<Power>(n, 1)) {}
  explicit Committee(std::vector<Power> power)
      : power_(std::move(power)),
        total_(std::accumulate(power_.begin(), power_.end(), Power{0})),
        fault_bound_((total_ - 1) / 3),
        quorum_((total_ + fault_bound_) / 2 + 1) {}

  /// Replaces the Byzantine defaults by what the engine's fault model says.
  Committee with(Power fault_bound, Power quorum) const {
    Committee c = *this;
    c.fault_bound_ = fault_bound;
    c.quorum_ = quorum;
    return c;
  }

  std::uint32_t n() const { return static_cast<std::uint32_t>(power_.size()); }
  /// Zero for an id outside the committee: hostile ids count nothing.
  Power power(ReplicaId r) const { return r.value < power_.size() ? power_[r.value] : 0; }
  Power total_power() const { return total_; }
  /// The largest faulty power the engine claims to survive: f = ⌊(n-1)/3⌋ for Byzantine faults.
  Power fault_bound() const { return fault_bound_; }
  /// The smallest power any two sets of which share an honest replica: ⌊(n+f)/2⌋ + 1, which is 2f+1
  /// when n = 3f+1.
  Power quorum() const { return quorum_; }
  bool contains(ReplicaId r) const { return r.value < power_.size(); }

 private:
  std::vector<Power> power_;
  Power total_;
  Power fault_bound_;
  Power quorum_;
};

}  // namespace byzlab
