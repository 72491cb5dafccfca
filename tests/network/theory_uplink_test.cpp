// Uplinks and bottlenecks as queueing theory has them, with fixed seeds.
#include <boost/test/unit_test.hpp>

#include <map>

#include "faults/links/cut.h"
#include "faults/links/throttle.h"
#include "tests/network/wire.h"

namespace byzlab::testing {
namespace {

using namespace std::chrono_literals;
using Now = ReplicaState::Now;
constexpr Duration kLatency = 10ms;

/// Mean wait, in transmissions, of Poisson packets that keep an uplink busy with `load`.
double mean_wait(double load, std::size_t packets) {
  Wire wire({.bandwidth = 1'600'000});  // 200 bytes take a millisecond
  Rng rng(17);
  Time at = kStart;
  std::vector<Time> given;
  for (std::size_t i = 0; i < packets; ++i) {
    at += rng.exponential(Duration{static_cast<std::int64_t>(1e6 / load)});
    given.push_back(at);
    wire.network.at(at, [&wire] { wire.send(0, 1); });
  }
  wire.run(at - kStart + 1h);
  BOOST_REQUIRE(wire.arrivals.size() == packets);
  double sum = 0;
  for (std::size_t i = 0; i < packets; ++i) {
    BOOST_REQUIRE(wire.arrivals[i].number == i + 1);  // first in, first out
    sum += static_cast<double>((wire.arrivals[i].at - given[i] - kLatency - 1ms).count());
  }
  return sum / 1e6 / static_cast<double>(packets);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(theory_uplinks)

BOOST_AUTO_TEST_CASE(poisson_packets_wait_as_in_an_m_d_1_queue) {
  // Pollaczek and Khinchine: W = ρ / 2(1 - ρ) services.
  for (const double load : {0.3, 0.7}) {
    BOOST_TEST(mean_wait(load, 60'000) == load / (2 * (1 - load)),
               boost::test_tools::tolerance(0.05));
  }
}

BOOST_AUTO_TEST_CASE(a_burst_leaves_one_packet_a_transmission) {
  Wire wire({.n = 4, .bandwidth = 1'600'000});
  wire.at(1s, [&] {
    for (int i = 0; i < 20; ++i) wire.send(0, 1 + static_cast<std::uint32_t>(i) % 3);
  });
  wire.run(10s);
  BOOST_REQUIRE(wire.arrivals.size() == 20u);
  for (int i = 0; i < 20; ++i) {
    const auto& a = wire.arrivals[static_cast<std::size_t>(i)];
    BOOST_TEST((a.at == kStart + 1s + (i + 1) * 1ms + kLatency));
    BOOST_TEST((a.sent == a.at - kLatency));
  }
}

BOOST_AUTO_TEST_CASE(a_full_uplink_carries_its_rate_and_no_more) {
  Wire wire({.n = 3, .bandwidth = 8'000'003});
  for (int ms = 0; ms < 2000; ++ms) {
    wire.at(ms * 1ms, [&] { wire.broadcast(0, 1000); });  // twice what fits
  }
  wire.run(2s);
  const double carried = static_cast<double>(wire.arrivals.size()) * 8000 / (2 - 0.010);
  BOOST_TEST(carried == 8'000'003, boost::test_tools::tolerance(0.001));
}

BOOST_AUTO_TEST_CASE(a_broadcasts_destinations_take_every_place_equally_often) {
  constexpr std::uint32_t n = 7;
  constexpr int kBroadcasts = 6000;
  Wire wire({.n = n, .bandwidth = 1'600'000});
  for (int i = 0; i < kBroadcasts; ++i) wire.at(i * 10ms, [&] { wire.broadcast(2); });
  wire.run(kBroadcasts * 10ms + 1s);
  std::map<std::uint64_t, std::uint32_t> place;  // by message
  std::map<std::pair<std::uint32_t, std::uint32_t>, double> at_place;
  for (const auto& a : wire.arrivals) ++at_place[{a.to.value, place[a.number]++}];
  // Chi squared of 6 × 6 cells; rows and columns have fixed sums: 25 degrees of freedom.
  double chi = 0;
  const double expected = kBroadcasts / 6.0;
  for (std::uint32_t to = 0; to < n; ++to) {
    for (std::uint32_t k = 0; k < n - 1 && to != 2; ++k) {
      const double off = at_place[{to, k}] - expected;
      chi += off * off / expected;
    }
  }
  // The cells of one broadcast move together, six for one draw: six times the variance.
  BOOST_TEST(chi / 6 < 52.6);  // one in a thousand is above
}

BOOST_AUTO_TEST_CASE(what_an_uplink_was_given_and_has_left_is_the_load) {
  Wire wire({.bandwidth = 1'600'000});
  for (int i = 0; i < 1000; ++i) wire.at(i * 4ms, [&] { wire.send(0, 1); });
  wire.run(4s);
  const UplinkState state = wire.network.uplink(ProcessId(0));
  BOOST_TEST((state.given == 1s));  // busy a quarter of the time
  BOOST_TEST((state.idle_at == kStart + 999 * 4ms + 1ms));
}

BOOST_AUTO_TEST_CASE(a_throttle_is_a_second_server_behind_the_uplink) {
  // The slower of two servers in tandem sets the pace; the other one's time is added once.
  struct Case {
    std::uint64_t uplink, throttle;
    Duration first, pace;
  };
  for (const auto& [uplink, throttle, first, pace] :
       {Case{1'600'000, 1'600'000, 2ms, 1ms}, Case{1'600'000, 800'000, 3ms, 2ms},
        Case{800'000, 1'600'000, 3ms, 2ms}}) {
    Wire wire({.bandwidth = uplink});
    links::Throttle rule(Where{}, links::Throttle::Scope::link, throttle, 2);
    wire.injector.add(rule);
    wire.at(0ms, [&] {
      for (int i = 0; i < 10; ++i) wire.send(0, 1);
    });
    wire.run(1s);
    BOOST_REQUIRE(wire.arrivals.size() == 10u);
    for (int i = 0; i < 10; ++i) {
      BOOST_TEST(
          (wire.arrivals[static_cast<std::size_t>(i)].at == kStart + first + i * pace + kLatency));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_throttle_that_ends_lets_go_of_what_waits_in_it) {
  Wire wire({});
  links::Throttle rule(Where{}, links::Throttle::Scope::link, 1600, 2, kStart + 2500ms);
  wire.injector.add(rule);  // a second a packet
  wire.at(0ms, [&] {
    for (int i = 0; i < 6; ++i) wire.send(0, 1);
  });
  wire.at(2500ms, [&] {
    wire.injector.remove(rule);
    wire.send(0, 1);
  });
  wire.run(100s);
  BOOST_REQUIRE(wire.arrivals.size() == 7u);
  const std::vector<Duration> expected{1s, 2s, 2500ms, 2500ms, 2500ms, 2500ms, 2500ms};
  for (std::size_t i = 0; i < 7; ++i) {
    BOOST_TEST((wire.arrivals[i].at == kStart + expected[i] + kLatency));
    BOOST_TEST(wire.arrivals[i].number == i + 1);
  }
}

BOOST_AUTO_TEST_CASE(rules_meet_a_packet_when_it_leaves_its_uplink) {
  Wire wire({.bandwidth = 1600});  // a second a packet
  links::Cut cut{Where{}};
  wire.at(0ms, [&] {
    for (int i = 0; i < 10; ++i) wire.send(0, 1);
  });
  wire.at(3500ms, [&] { wire.injector.add(cut); });     // after the third has left
  wire.at(6500ms, [&] { wire.injector.remove(cut); });  // before the seventh does
  wire.run(20s);
  std::vector<std::uint64_t> arrived;
  for (const auto& a : wire.arrivals) arrived.push_back(a.number);
  const std::vector<std::uint64_t> expected{1, 2, 3, 7, 8, 9, 10};
  BOOST_TEST(arrived == expected, boost::test_tools::per_element());
  BOOST_TEST(wire.conserves());
}

BOOST_AUTO_TEST_CASE(a_crash_empties_the_uplink) {
  Wire wire({.n = 4, .bandwidth = 1600});
  wire.at(0ms, [&] {
    for (int i = 0; i < 5; ++i) wire.broadcast(0);
    wire.send(1, 2);
  });
  wire.at(4500ms, [&] {
    wire.become(0, Now::crashed);
    BOOST_TEST((wire.network.uplink(ProcessId(0)).idle_at == kStart + 4500ms));
    BOOST_TEST((wire.network.uplink(ProcessId(0)).given == 4500ms));
  });
  wire.at(5s, [&] {
    wire.become(0, Now::up);
    wire.send(0, 3);
  });
  wire.run(1min);
  // Four left before the crash; the fifth was being sent.
  std::size_t of_r0 = 0;
  for (const auto& a : wire.arrivals) of_r0 += a.from == ProcessId(0) ? 1 : 0;
  BOOST_TEST(of_r0 == 4u + 1u);
  BOOST_TEST((wire.arrivals.back().at == kStart + 6s + kLatency));
  BOOST_TEST(wire.losses.size() == 11u);
  for (const auto& loss : wire.losses) {
    BOOST_TEST((loss.why == DropReason::sender_down && loss.at == kStart + 4500ms));
  }
  BOOST_TEST(wire.network.pending() == 0u);
  BOOST_TEST(wire.conserves());
}

BOOST_AUTO_TEST_CASE(a_paused_process_goes_on_sending_what_its_uplink_was_given) {
  Wire wire({.bandwidth = 1600});
  wire.at(0ms, [&] { wire.send(0, 1); });
  wire.at(500ms, [&] { wire.become(0, Now::paused); });
  wire.run(5s);
  BOOST_TEST(wire.arrivals.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_queue_that_lasts_longer_than_the_clock_delivers_nothing_early) {
  Wire wire({.n = 3, .bandwidth = 1});
  wire.at(0ms, [&] {
    for (int i = 0; i < 40; ++i) wire.broadcast(0, 16u << 20);  // four years each, times 80
  });
  wire.run(Duration{std::int64_t{1} << 58});  // nine years
  BOOST_TEST(wire.arrivals.size() == 2u);
  for (const auto& a : wire.arrivals) BOOST_TEST((a.at > a.sent && a.sent > kStart));
  BOOST_TEST((wire.network.uplink(ProcessId(0)).idle_at == kLastMoment));
  BOOST_TEST(wire.conserves());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::testing
