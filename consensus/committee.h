// The replicas of a run, their voting or mining power, and what the fault model allows.
#pragma once

#include <algorithm>
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
        quorum_((total_ + fault_bound_) / 2 + 1) {
    if (std::ranges::all_of(power_, [&](Power p) { return p == power_.front(); })) return;
    up_to_.resize(power_.size());
    std::partial_sum(power_.begin(), power_.end(), up_to_.begin());
  }

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

  /// Whose turn it is, in proportion to power; of equal powers each in turn. Turns are the points
  /// k·φ mod 1 on a line that the powers share: every N turns in a row come closer than 2/N to
  /// every point of it (three-distance theorem), so a share p of the power has one of every 2/p
  /// turns, and a replica that is correct one of every 3n: the heaviest correct one has 2/(3n) at
  /// least.
  ReplicaId turn(std::uint64_t k) const {
    constexpr std::uint64_t kGoldenRatio = 0x9E3779B97F4A7C15;  // 2^64 / φ
    return up_to_.empty() ? draw(k) : draw(k * kGoldenRatio);
  }
  /// Whom 64 random bits name, with the probability of its power.
  ReplicaId draw(std::uint64_t bits) const {
    if (up_to_.empty()) return ReplicaId(static_cast<std::uint32_t>(bits % n()));
    const auto point = static_cast<Power>(static_cast<unsigned __int128>(bits) * total_ >> 64);
    const auto at = std::ranges::upper_bound(up_to_, point);
    return ReplicaId(static_cast<std::uint32_t>(at - up_to_.begin()));
  }
  bool equal_power() const { return up_to_.empty(); }

 private:
  std::vector<Power> power_;
  std::vector<Power> up_to_;  // sums of powers; empty when all are equal
  Power total_;
  Power fault_bound_;
  Power quorum_;
};

}  // namespace byzlab
