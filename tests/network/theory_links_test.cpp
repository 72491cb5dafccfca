// What link rules do to packets, against the distributions they promise, with fixed seeds; and
// where packets go: every one is counted once.
#include <boost/test/unit_test.hpp>

#include <map>
#include <set>

#include "faults/links/corrupt.h"
#include "faults/links/cut.h"
#include "faults/links/delay.h"
#include "faults/links/duplicate.h"
#include "faults/links/loss.h"
#include "faults/links/partition.h"
#include "faults/links/reorder.h"
#include "faults/links/synchrony.h"
#include "tests/network/wire.h"

namespace byzlab::testing {
namespace {

using namespace std::chrono_literals;
constexpr Duration kLatency = 10ms;
constexpr int kPackets = 20'000;

/// So many packets from r0 to r1, one every `spacing`.
void stream(Wire& wire, Duration spacing, int packets = kPackets) {
  for (int i = 0; i < packets; ++i) wire.at(i * spacing, [&wire] { wire.send(0, 1); });
  wire.run(packets * spacing + 24h);
  BOOST_TEST(wire.conserves());
}

/// Four standard deviations of a binomial count around its mean.
void check_binomial(double hits, double trials, double p) {
  BOOST_TEST(std::abs(hits - trials * p) <= 4 * std::sqrt(trials * p * (1 - p)));
}

std::vector<double> delays_ms(const Wire& wire) {
  std::vector<double> delays;
  for (const auto& a : wire.arrivals) delays.push_back((a.at - a.sent).count() / 1e6);
  return delays;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(theory_links)

BOOST_AUTO_TEST_CASE(losses_are_binomial_and_independent) {
  Wire wire({});
  links::Loss rule(Where{}, Probability::of(0.2));
  wire.injector.add(rule);
  stream(wire, 1ms);
  check_binomial(static_cast<double>(wire.losses.size()), kPackets, 0.2);
  std::vector<bool> lost(kPackets + 1, true);
  for (const auto& a : wire.arrivals) lost[a.number] = false;
  double pairs = 0;
  for (int i = 1; i < kPackets; ++i) pairs += lost[i] && lost[i + 1] ? 1 : 0;
  check_binomial(pairs, kPackets - 1, 0.04);
}

BOOST_AUTO_TEST_CASE(losses_to_the_destinations_of_one_broadcast_are_independent) {
  constexpr std::uint32_t n = 6;
  Wire wire({.n = n});
  links::Loss rule(Where{}, Probability::of(0.5));
  wire.injector.add(rule);
  for (int i = 0; i < 4000; ++i) wire.at(i * 1ms, [&] { wire.broadcast(0); });
  wire.run(1min);
  std::map<std::uint64_t, int> reached;
  for (const auto& a : wire.arrivals) ++reached[a.number];
  std::array<double, n> with{};
  for (std::uint64_t m = 1; m <= 4000; ++m) ++with[static_cast<std::size_t>(reached[m])];
  const double of_five[n] = {1, 5, 10, 10, 5, 1};
  for (std::size_t k = 0; k < n; ++k) check_binomial(with[k], 4000, of_five[k] / 32);
}

BOOST_AUTO_TEST_CASE(jitter_is_uniform) {
  Wire wire({});
  links::Delay rule(Where{}, 30ms, 20ms);
  wire.injector.add(rule);
  stream(wire, 1ms);
  BOOST_TEST(ks_distance(delays_ms(wire), [](double x) { return (x - 40) / 20; }) <
             ks_bound(kPackets));
}

BOOST_AUTO_TEST_CASE(reordering_overtakes_as_often_as_it_should) {
  // A packet is overtaken by the next, d later, if it is held back by more than d and the other by
  // less than that: with holds uniform on [0, w], w = 4d, p(1-p) · 3/4 + p² · 9/32.
  Wire wire({});
  links::Reorder rule(Where{}, Probability::of(0.3), 40ms);
  wire.injector.add(rule);
  stream(wire, 10ms);
  std::vector<Time> at(kPackets + 1);
  for (const auto& a : wire.arrivals) at[a.number] = a.at;
  double overtaken = 0;
  for (int i = 1; i < kPackets; ++i) overtaken += at[i] > at[i + 1] ? 1 : 0;
  check_binomial(overtaken, kPackets - 1, 0.3 * 0.7 * 0.75 + 0.09 * 9 / 32);
}

BOOST_AUTO_TEST_CASE(duplicates_are_binomial_and_follow_within_their_spread) {
  Wire wire({});
  links::Duplicate rule(Where{}, Probability::of(0.25), 8ms);
  wire.injector.add(rule);
  stream(wire, 20ms);
  std::map<std::uint64_t, Time> first;
  std::vector<double> follows;
  for (const auto& a : wire.arrivals) {
    const auto [known, fresh] = first.try_emplace(a.number, a.at);
    if (!fresh) follows.push_back((a.at - known->second).count() / 1e6);
  }
  check_binomial(static_cast<double>(follows.size()), kPackets, 0.25);
  BOOST_TEST(wire.network.counters().copied == follows.size());
  BOOST_TEST(ks_distance(follows, [](double x) { return x / 8; }) < ks_bound(follows.size()));
}

BOOST_AUTO_TEST_CASE(corruption_is_binomial_and_takes_the_packets_place) {
  Wire wire({});
  wire.takes_corrupted = true;
  links::Corrupt rule(Where{}, Probability::of(0.1));
  wire.injector.add(rule);
  stream(wire, 1ms);
  double damaged = static_cast<double>(wire.losses.size());  // what no longer decodes
  for (const auto& loss : wire.losses) BOOST_TEST((loss.why == DropReason::malformed));
  for (const auto& a : wire.arrivals) damaged += a.number == 0 ? 1 : 0;
  check_binomial(damaged, kPackets, 0.1);
  BOOST_TEST(wire.arrivals.size() + wire.losses.size() == std::size_t{kPackets});
}

BOOST_AUTO_TEST_CASE(a_partition_loses_what_crosses_it_and_nothing_else) {
  Wire wire({.n = 6});
  links::Partition rule(Where{}, 6,
                        {{ProcessId(0), ProcessId(1)}, {ProcessId(2), ProcessId(3), ProcessId(4)}});
  wire.injector.add(rule);
  for (std::uint32_t p = 0; p < 6; ++p) wire.at(1ms, [&wire, p] { wire.broadcast(p); });
  wire.run(1s);
  std::set<std::pair<std::uint32_t, std::uint32_t>> heard;
  for (const auto& a : wire.arrivals) heard.emplace(a.from.value, a.to.value);
  const std::set<std::pair<std::uint32_t, std::uint32_t>> expected{{0, 1}, {1, 0}, {2, 3}, {2, 4},
                                                                   {3, 2}, {3, 4}, {4, 2}, {4, 3}};
  BOOST_TEST((heard == expected));
  BOOST_TEST(wire.losses.size() == 30u - 8u);
  BOOST_TEST(wire.conserves());
}

BOOST_AUTO_TEST_CASE(the_promise_of_synchrony_bounds_every_packet) {
  // Exponential with a mean of Δ: before GST only GST + Δ binds, after it a share of 1/e arrives at
  // the bound itself.
  Wire wire({.latency = DelayDistribution::exponential(100ms)});
  links::Loss loss(Where{}, Probability::of(0.1));
  links::Synchrony promise(kStart + 5s, 100ms);
  wire.injector.add(loss);
  wire.injector.set_promise(&promise);
  stream(wire, 1ms);
  BOOST_TEST(wire.arrivals.size() == std::size_t{kPackets});
  double after = 0, at_bound = 0;
  for (const auto& a : wire.arrivals) {
    BOOST_REQUIRE((a.at <= std::max(a.sent, kStart + 5s) + 100ms && a.at >= a.sent));
    if (a.sent < kStart + 5s) continue;
    ++after;
    at_bound += a.at == a.sent + 100ms ? 1 : 0;
  }
  check_binomial(at_bound, after, 0.1 + 0.9 * std::exp(-1.0));
}

BOOST_AUTO_TEST_CASE(a_promise_beyond_the_clock_binds_nothing) {
  Wire wire({});
  links::Synchrony promise(kNever - 1ns, 24h);
  wire.injector.set_promise(&promise);
  stream(wire, 1ms, 100);
  for (const auto& a : wire.arrivals) BOOST_TEST((a.at == a.sent + kLatency));
}

BOOST_AUTO_TEST_CASE(delays_that_add_up_beyond_the_clock_never_come_early) {
  Wire wire({.latency = DelayDistribution::constant(24h * 30)});
  std::vector<std::unique_ptr<LinkRule>> rules;
  for (int i = 0; i < 5; ++i) {
    rules.push_back(std::make_unique<links::Delay>(Where{}, Duration{std::int64_t{1} << 61}, 0ns));
    wire.injector.add(*rules.back());
  }
  stream(wire, 1ms, 100);
  BOOST_TEST(wire.arrivals.empty());
  BOOST_TEST(wire.network.pending() == 100u);
}

BOOST_AUTO_TEST_CASE(two_directions_of_a_link_have_unrelated_delays) {
  Wire wire({.latency = DelayDistribution::uniform(0ms, 100ms)});
  for (int i = 0; i < kPackets; ++i) {
    wire.at(i * 1ms, [&] {
      wire.send(0, 1);
      wire.send(1, 0);
    });
  }
  wire.run(1h);
  std::vector<double> there(kPackets), back(kPackets);
  for (const auto& a : wire.arrivals) {
    auto& way = a.from == ProcessId(0) ? there : back;
    way[(a.number - 1) / 2] = (a.at - a.sent).count() / 1e8 - 0.5;
  }
  double product = 0;
  for (std::size_t i = 0; i < there.size(); ++i) product += there[i] * back[i];
  // Of independent ones 12 times the mean product has a standard deviation of 1 / √n.
  BOOST_TEST(std::abs(12 * product / kPackets) < 4 / std::sqrt(double{kPackets}));
}

BOOST_AUTO_TEST_CASE(a_link_keeps_no_order_where_delays_vary) {
  // Of two packets at the same time, the second is first in half of the cases.
  Wire wire({.latency = DelayDistribution::exponential(50ms)});
  for (int i = 0; i < kPackets; ++i) {
    wire.at(i * 1ms, [&] {
      wire.send(0, 1);
      wire.send(0, 1);
    });
  }
  wire.run(1h);
  std::vector<Time> at(2 * kPackets + 1);
  for (const auto& a : wire.arrivals) at[a.number] = a.at;
  double overtaken = 0;
  for (int i = 1; i < 2 * kPackets; i += 2) overtaken += at[i + 1] < at[i] ? 1 : 0;
  check_binomial(overtaken, kPackets, 0.5);
}

BOOST_AUTO_TEST_CASE(every_packet_is_counted_once_whatever_befalls_it) {
  for (const std::uint32_t degree : {0u, 4u}) {
    for (const std::optional<std::uint64_t> bandwidth :
         {std::optional<std::uint64_t>{}, {2'000'000}}) {
      for (const bool promised : {false, true}) {
        Wire wire({.n = 12,
                   .latency = DelayDistribution::lognormal(20ms, 0.8),
                   .bandwidth = bandwidth,
                   .degree = degree});
        links::Loss loss(Where{}, Probability::of(0.1));
        links::Duplicate duplicate(Where{}, Probability::of(0.2), 5ms);
        links::Corrupt corrupt(Where{}, Probability::of(0.1));
        links::Cut cut(Where{.from = [] {
          ProcessSet set(12);
          set.insert(ProcessId(3));
          return set;
        }()});
        links::Synchrony promise(kStart + 200ms, 50ms);
        for (LinkRule* rule : std::initializer_list<LinkRule*>{&loss, &duplicate, &corrupt, &cut})
          wire.injector.add(*rule);
        if (promised) wire.injector.set_promise(&promise);
        wire.refuses = [](ProcessId p) { return p == ProcessId(5); };
        for (std::uint32_t i = 0; i < 200; ++i) {
          wire.at(i * 2ms, [&wire, i] {
            wire.broadcast(i % 12);
            wire.send(i % 12, (i * 5 + 1) % 12 == i % 12 ? (i + 1) % 12 : (i * 5 + 1) % 12);
          });
        }
        wire.at(150ms, [&] { wire.become(7, ReplicaState::Now::crashed); });
        wire.at(160ms, [&] { wire.become(8, ReplicaState::Now::paused); });
        wire.at(250ms, [&] { wire.become(7, ReplicaState::Now::up); });
        wire.at(260ms, [&] { wire.become(8, ReplicaState::Now::resumed); });
        for (const Duration until : {100ms, 155ms, 205ms, 300ms, 3600'000ms}) {
          wire.run(until);
          BOOST_TEST(wire.conserves());
        }
        BOOST_TEST(wire.network.pending() == 0u);
        BOOST_TEST(wire.delivered() > 1000u);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(what_the_receiver_refuses_is_not_delivered) {
  Wire wire({});
  wire.refuses = [](ProcessId) { return true; };
  stream(wire, 1ms, 10);
  BOOST_TEST(wire.delivered() == 0u);
  BOOST_TEST(wire.sent() == 10u);
}

BOOST_AUTO_TEST_CASE(time_that_stands_still_ends_the_run) {
  Wire wire({.latency = DelayDistribution::constant(0ms)});
  wire.on_arrival = [&](const Wire::Arrival& a) { wire.send(a.to.value, a.from.value); };
  wire.at(1s, [&] { wire.send(0, 1); });
  wire.run(10s);
  BOOST_TEST(wire.network.stands_still());
  BOOST_TEST((wire.network.now() == kStart + 1s));
}

BOOST_AUTO_TEST_CASE(time_that_advances_slowly_does_not) {
  Wire wire({.latency = DelayDistribution::constant(1ns)});
  wire.on_arrival = [&](const Wire::Arrival& a) {
    wire.arrivals.clear();
    wire.send(a.to.value, a.from.value);
  };
  wire.at(1s, [&] { wire.send(0, 1); });
  wire.network.stop_after(1'500'000);
  wire.run(10s);
  BOOST_TEST(!wire.network.stands_still());
  BOOST_TEST(wire.network.events() == 1'500'000u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::testing
