// Throttle: a bottleneck of so many bits a second, first in first out, without a limit to its
// queue.
//
// Either every link is a bottleneck of its own, or one is shared by all that a sender sends. It is
// a server behind the sender's uplink: a packet gets in when it has left that. When the window ends
// the bottleneck is gone, and what still waits in it goes on at once. The rule keeps when each
// bottleneck is free again, so it must see the transmissions of a sender in the order they leave
// it. Packets that earlier rules lost take no time; copies take theirs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "faults/links/link_fault.h"
#include "network/link.h"

namespace byzlab::links {

class Throttle final : public LinkRule {
 public:
  enum class Scope : std::uint8_t { link, sender };

  /// bits_per_second > 0; `end` of the window. Memory: 8 bytes a sender seen, times processes if by
  /// link.
  Throttle(Where where, Scope scope, std::uint64_t bits_per_second, std::size_t processes,
           Time end = kNever)
      : LinkRule(std::move(where)),
        scope_(scope),
        rate_(bits_per_second),
        end_(end),
        free_at_(processes) {}

  void shape(const Message& m, Rng, Fates& fates) override {
    const Duration takes = on_the_line(m.bytes(), rate_);
    std::vector<Time>& row = free_at_[fates.from.value];
    if (row.empty()) row.assign(scope_ == Scope::link ? free_at_.size() : 1, kStart);
    const auto pass = [&](ProcessId to, Time& arrival) {
      Time& free_at = row[scope_ == Scope::link ? to.value : 0];
      free_at = later(std::max(free_at, fates.sent), takes);
      arrival = later(arrival, std::max(std::min(free_at, end_), fates.sent) - fates.sent);
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
  Scope scope_;
  std::uint64_t rate_;
  Time end_;
  std::vector<std::vector<Time>> free_at_;  // [sender][destination], or [sender][0]
};

}  // namespace byzlab::links

namespace byzlab::faults {

/// `throttle: { links: r0 -> all, bandwidth: 1 Mbit/s }`
class Throttle final : public LinkFault {
 public:
  static constexpr auto kOptions =
      on_links(std::array<OptionSpec, 1>{{{.name = "bandwidth",
                                           .type = OptionType::bandwidth,
                                           .range = "1 bit/s..1000 Gbit/s",
                                           .doc = "the limit of each link",
                                           .required = true}}});

  explicit Throttle(const Options& options)
      : LinkFault(options), bandwidth_(options.bandwidth("bandwidth")) {}

 protected:
  std::unique_ptr<LinkRule> rule(Where where, const Ground& ground) const override {
    return std::make_unique<links::Throttle>(std::move(where), links::Throttle::Scope::link,
                                             bandwidth_, ground.processes(), ground.ends());
  }

 private:
  std::uint64_t bandwidth_;
};

}  // namespace byzlab::faults
