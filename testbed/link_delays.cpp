#include "testbed/link_delays.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "testbed/invariants/words.h"
#include "testbed/latency_of.h"

namespace byzlab {

LinkDelays::LinkDelays(const scenario::Scenario& scenario, std::span<const ClockNeed> needs,
                       const ReplicaLinks& links)
    : scenario_(scenario), links_(links) {
  for (const ClockNeed& need : needs) {
    const Duration longest = need.longest(scenario.protocol.options);
    if (longest == Duration::max()) continue;  // with these options it grows as long as it must
    needs_.push_back(need);
    allowed_.push_back(longest);
  }
}

std::optional<LinkDelays::TooSlow> LinkDelays::too_slow(ReplicaId from, ReplicaId to,
                                                        Duration adds) const {
  for (std::size_t i = 0; i < needs_.size(); ++i) {
    if (const auto slow = compare(i, takes(from, to, adds, needs_[i].delays))) return slow;
  }
  return std::nullopt;
}

std::optional<LinkDelays::TooSlow> LinkDelays::worst() const {
  std::optional<TooSlow> worst;
  each_kind_of_link([&](ReplicaId from, ReplicaId to) {
    const auto slow = too_slow(from, to);
    if (slow && (!worst || slow->takes > worst->takes)) worst = slow;
  });
  return worst;
}

Duration LinkDelays::slowest() const {
  Duration slowest{};
  each_kind_of_link(
      [&](ReplicaId from, ReplicaId to) { slowest = std::max(slowest, takes(from, to, {}, 1)); });
  return slowest;
}

template <class Visit>
void LinkDelays::each_kind_of_link(Visit&& visit) const {
  const std::uint32_t n = scenario_.protocol.replicas;
  const std::uint32_t kinds = network().uniform ? std::min(n, 2u) : n;
  for (std::uint32_t a = 0; a < kinds; ++a) {
    for (std::uint32_t b = 0; b < kinds; ++b) {
      if (a != b) visit(ReplicaId(a), ReplicaId(b));
    }
  }
}

std::optional<LinkDelays::TooSlow> LinkDelays::worst_promise() const {
  const auto& promise = scenario_.network.synchrony;
  if (!promise) return std::nullopt;
  for (std::size_t i = 0; i < needs_.size(); ++i) {
    const auto slow = compare(i, promise->delta * needs_[i].delays * network().hops);
    if (slow) return slow;
  }
  return std::nullopt;
}

std::optional<LinkDelays::TooSlow> LinkDelays::compare(std::size_t need, Duration takes) const {
  if (takes <= allowed_[need]) return std::nullopt;
  return TooSlow{.need = &needs_[need], .takes = takes, .allowed = allowed_[need]};
}

/// At most, in 99 of 100 draws; of many draws the sum is taken for normal.
Duration LinkDelays::takes(ReplicaId from, ReplicaId to, Duration adds,
                           std::uint32_t delays) const {
  const Network& net = network();
  const double messages = static_cast<double>(delays) * net.hops;
  const auto least = static_cast<double>(
      net.latency.delay_at(ProcessId(from.value), ProcessId(to.value), 0).count());
  constexpr double kOfNormal = 2.326;  // 99 % are below the mean and so many deviations
  double above = messages * net.mean + kOfNormal * std::sqrt(messages) * net.deviation;
  if (messages == 1) above = net.in_99;
  above = std::min(above, messages * net.largest);
  const double all = messages * (least + static_cast<double>(adds.count())) + above;
  constexpr double kBeyond = 9e18;  // no Duration is longer
  const Duration taken{static_cast<std::int64_t>(std::min(std::round(all), kBeyond))};
  const auto& promise = scenario_.network.synchrony;
  return promise ? std::min(taken, promise->delta * delays * net.hops) : taken;
}

const LinkDelays::Network& LinkDelays::network() const {
  if (network_) return *network_;
  std::vector<ReplicaId> everybody;
  for (std::uint32_t r = 0; r < scenario_.protocol.replicas; ++r) everybody.push_back(ReplicaId(r));
  network_ = Network{
      .latency = latency_of(scenario_, everybody), .hops = hops_of(links_), .uniform = true};
  Network& net = *network_;
  net.uniform = net.latency.is_uniform();
  const auto above = [&](std::uint64_t bits) {
    const ProcessId a(0), b(everybody.size() > 1 ? 1 : 0);
    return static_cast<double>(
        (net.latency.delay_at(a, b, bits) - net.latency.delay_at(a, b, 0)).count());
  };
  constexpr std::uint64_t kSteps = 256;
  double sum = 0, squares = 0;
  for (std::uint64_t k = 0; k < kSteps; ++k) {
    const double d = above((2 * k + 1) << 55);
    sum += d;
    squares += d * d;
  }
  net.mean = sum / kSteps;
  net.deviation = std::sqrt(std::max(0.0, squares / kSteps - net.mean * net.mean));
  net.in_99 = above(~std::uint64_t{0} / 100 * 99);
  net.largest = above(~std::uint64_t{0});
  return net;
}

std::string LinkDelays::TooSlow::text() const {
  return fmt::format("{}, up to {} here, and `{}` allows {}", need->reason, words::duration(takes),
                     need->option, words::duration(allowed));
}

}  // namespace byzlab
