// Throttle: a bottleneck of so many bits a second, first in first out, without a limit to its
// queue.
//
// Either every link is a bottleneck of its own, or one is shared by all that a sender sends. The
// rule keeps when each bottleneck is free again, so it must see the transmissions of a sender in
// the order they leave it. Packets that earlier rules lost take no time; copies take theirs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "network/link.h"

namespace byzlab::links {

class Throttle final : public LinkRule {
 public:
  enum class Scope : std::uint8_t { link, sender };

  /// bits_per_second > 0. Memory: 8 bytes a sender seen, times processes if by link.
  Throttle(Where where, Scope scope, std::uint64_t bits_per_second, std::size_t processes)
      : LinkRule(std::move(where)), scope_(scope), rate_(bits_per_second), free_at_(processes) {}

  void shape(const Message& m, Rng, Fates& fates) override {
    const Duration takes = transmission(m.bytes());
    std::vector<Time>& row = free_at_[fates.from.value];
    if (row.empty()) row.assign(scope_ == Scope::link ? free_at_.size() : 1, kStart);
    const auto pass = [&](ProcessId to, Time& arrival) {
      Time& free_at = row[scope_ == Scope::link ? to.value : 0];
      free_at = std::max(free_at, fates.sent) + takes;
      arrival += free_at - fates.sent;
    };
    std::uint64_t passed = 0;
    for (std::size_t i = 0; i < fates.to.size(); ++i) {
      if (fates.arrival[i] == kNever || !to_matches(fates.to[i])) continue;
      pass(fates.to[i], fates.arrival[i]);
      ++passed;
    }
    for (Fates::Copy& copy : fates.copies) {
      if (!to_matches(copy.to)) continue;
      pass(copy.to, copy.arrival);
      ++passed;
    }
    count(passed);
  }

 private:
  /// Rounded up, so that no rate is exceeded.
  Duration transmission(std::uint64_t bytes) const {
    const auto bit_nanoseconds = static_cast<unsigned __int128>(bytes) * 8 * 1'000'000'000;
    return Duration{static_cast<std::int64_t>((bit_nanoseconds + rate_ - 1) / rate_)};
  }

  Scope scope_;
  std::uint64_t rate_;
  std::vector<std::vector<Time>> free_at_;  // [sender][destination], or [sender][0]
};

}  // namespace byzlab::links
