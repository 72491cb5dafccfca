// Messages over a random graph: which links they take, how many, and what does not pass.
#include <boost/test/unit_test.hpp>

#include <map>
#include <set>

#include "faults/links/corrupt.h"
#include "faults/links/cut.h"
#include "faults/links/duplicate.h"
#include "faults/links/partition.h"
#include "tests/network/wire.h"

namespace byzlab::testing {
namespace {

using namespace std::chrono_literals;
using Now = ReplicaState::Now;
constexpr Duration kHop = 10ms;

/// By process, its distance in hops; `closed` ones hand nothing on.
std::vector<std::uint32_t> hops_from(const Overlay& graph, std::uint32_t from,
                                     const std::set<std::uint32_t>& closed = {}) {
  std::vector<std::uint32_t> hops(graph.processes(), ~0u);
  std::vector<std::uint32_t> edge{from};
  hops[from] = 0;
  for (std::size_t i = 0; i < edge.size(); ++i) {
    if (closed.contains(edge[i])) continue;
    for (std::uint32_t k = 0; k < graph.degree(ProcessId(edge[i])); ++k) {
      const std::uint32_t q = graph.neighbor(ProcessId(edge[i]), k).value;
      if (hops[q] != ~0u) continue;
      hops[q] = hops[edge[i]] + 1;
      edge.push_back(q);
    }
  }
  return hops;
}

bool linked(const Overlay& graph, ProcessId p, ProcessId q) {
  for (std::uint32_t k = 0; k < graph.degree(p); ++k)
    if (graph.neighbor(p, k) == q) return true;
  return false;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(theory_overlay)

BOOST_AUTO_TEST_CASE(a_flood_reaches_everybody_after_as_many_hops_as_there_are) {
  Wire wire({.n = 60, .degree = 4});
  wire.at(0ms, [&] { wire.broadcast(7); });
  wire.run(10s);
  const auto hops = hops_from(wire.overlay, 7);
  BOOST_REQUIRE(wire.arrivals.size() == 59u);
  for (const auto& a : wire.arrivals) {
    BOOST_TEST((a.at == kStart + hops[a.to.value] * kHop));
    BOOST_TEST(linked(wire.overlay, a.from, a.to));
  }
}

BOOST_AUTO_TEST_CASE(a_flood_costs_each_link_twice_but_the_tree_once) {
  for (const std::optional<std::uint64_t> bandwidth :
       {std::optional<std::uint64_t>{}, {10'000'000}}) {
    Wire wire({.n = 60, .bandwidth = bandwidth, .degree = 4});
    wire.at(0ms, [&] { wire.broadcast(7); });
    wire.run(10s);
    // Everybody sends to all neighbours but the one it has it from.
    BOOST_TEST(wire.sent() == 2 * wire.overlay.links() - 59);
    BOOST_TEST(wire.network.counters().relayed == wire.sent() - 4);
    BOOST_TEST(wire.arrivals.size() == 59u);
    BOOST_TEST(wire.conserves());
  }
}

BOOST_AUTO_TEST_CASE(a_unicast_takes_a_shortest_way_over_links_that_are_there) {
  for (const std::optional<std::uint64_t> bandwidth :
       {std::optional<std::uint64_t>{}, {1'600'000}}) {
    Wire wire({.n = 60, .bandwidth = bandwidth, .degree = 4});
    const auto hops = hops_from(wire.overlay, 7);
    std::uint64_t all = 0;
    for (std::uint32_t to = 0; to < 60; ++to) {
      if (to == 7) continue;
      wire.at(to * 1s, [&wire, to] { wire.send(7, to); });
      all += hops[to];
    }
    wire.run(2min);
    BOOST_REQUIRE(wire.arrivals.size() == 59u);
    const Duration each = kHop + (bandwidth ? Duration{1ms} : 0ms);
    for (const auto& a : wire.arrivals) {
      BOOST_TEST((a.at == kStart + a.to.value * 1s + hops[a.to.value] * each));
      BOOST_TEST(linked(wire.overlay, a.from, a.to));
    }
    BOOST_TEST(wire.sent() == all);
    BOOST_TEST(wire.network.counters().relayed == all - 59);
    BOOST_TEST(wire.conserves());
  }
}

BOOST_AUTO_TEST_CASE(a_unicast_goes_round_who_is_down_and_what_is_cut) {
  Wire wire({.n = 30, .degree = 3});
  const ProcessId down = wire.overlay.neighbor(ProcessId(0), 0);
  const ProcessId paused = wire.overlay.neighbor(ProcessId(0), 1);
  const auto hops = hops_from(wire.overlay, 0, {down.value, paused.value});
  wire.refuses = [&](ProcessId p) { return p == down; };
  wire.at(0ms, [&] {
    wire.become(down.value, Now::crashed);
    wire.become(paused.value, Now::paused);
  });
  for (std::uint32_t to = 1; to < 30; ++to) {
    if (to != down.value && to != paused.value) wire.at(to * 1s, [&wire, to] { wire.send(0, to); });
  }
  wire.run(1min);
  std::size_t reachable = 0;
  for (std::uint32_t to = 1; to < 30; ++to) {
    if (to != down.value && to != paused.value && hops[to] != ~0u) ++reachable;
  }
  BOOST_TEST(wire.arrivals.size() == reachable);
  for (const auto& a : wire.arrivals) {
    BOOST_TEST((a.from != down && a.from != paused));
    BOOST_TEST((a.at == kStart + a.to.value * 1s + hops[a.to.value] * kHop));
  }

  Wire ring({.n = 10, .degree = 2});
  const ProcessId next = ring.overlay.neighbor(ProcessId(0), 0);
  ProcessSet zero(10), other(10);
  zero.insert(ProcessId(0));
  other.insert(next);
  links::Cut cut(Where{.from = zero, .to = other});
  ring.at(0ms, [&] { ring.send(0, next.value); });
  ring.at(1s, [&] {
    ring.injector.add(cut);
    ring.send(0, next.value);
  });
  ring.at(2s, [&] {
    ring.injector.remove(cut);
    ring.send(0, next.value);
  });
  ring.run(1min);
  BOOST_REQUIRE(ring.arrivals.size() == 3u);
  BOOST_TEST((ring.arrivals[0].at == kStart + kHop));
  BOOST_TEST((ring.arrivals[1].at == kStart + 1s + 9 * kHop));  // round the ring
  BOOST_TEST((ring.arrivals[2].at == kStart + 2s + kHop));
}

BOOST_AUTO_TEST_CASE(a_unicast_without_a_way_is_lost) {
  Wire wire({.n = 10, .degree = 2});
  const ProcessId left = wire.overlay.neighbor(ProcessId(0), 0);
  const ProcessId right = wire.overlay.neighbor(ProcessId(0), 1);
  wire.at(0ms, [&] {
    wire.become(left.value, Now::crashed);
    wire.become(right.value, Now::crashed);
  });
  std::uint32_t far = 1;
  while (ProcessId(far) == left || ProcessId(far) == right) ++far;
  wire.at(1s, [&] { wire.send(0, far); });
  wire.run(1min);
  BOOST_TEST(wire.arrivals.empty());
  BOOST_REQUIRE(wire.losses.size() == 1u);
  BOOST_TEST((wire.losses[0].why == DropReason::partition));
  BOOST_TEST(wire.conserves());
}

BOOST_AUTO_TEST_CASE(equally_short_ways_share_the_load) {
  Wire wire({.n = 40, .degree = 8});
  const auto hops = hops_from(wire.overlay, 0);
  std::uint32_t far = 0;
  std::set<std::uint32_t> before;
  for (std::uint32_t to = 1; to < 40 && before.size() < 2; ++to) {
    if (hops[to] != 2) continue;
    before.clear();
    for (std::uint32_t k = 0; k < 8; ++k) {
      const auto q = wire.overlay.neighbor(ProcessId(to), k);
      if (hops[q.value] == 1) before.insert(q.value);
    }
    far = to;
  }
  for (int i = 0; i < 4000; ++i) wire.at(i * 1ms, [&] { wire.send(0, far); });
  wire.run(1min);
  std::map<std::uint32_t, double> by;
  for (const auto& a : wire.arrivals) ++by[a.from.value];
  BOOST_TEST(by.size() == before.size());
  const double p = 1.0 / static_cast<double>(before.size());
  for (const auto& [hop, count] : by) {
    BOOST_TEST(std::abs(count - 4000 * p) < 4 * std::sqrt(4000 * p * (1 - p)));
  }
}

BOOST_AUTO_TEST_CASE(a_duplicate_does_not_pass_a_floods_dedupe) {
  Wire wire({.n = 30, .degree = 4});
  links::Duplicate rule(Where{}, Probability::of(1), 5ms);
  wire.injector.add(rule);
  wire.at(0ms, [&] { wire.broadcast(0); });
  wire.run(10s);
  std::set<std::uint32_t> who;
  for (const auto& a : wire.arrivals) BOOST_TEST(who.insert(a.to.value).second);
  BOOST_TEST(who.size() == 29u);
  for (const auto& loss : wire.losses) BOOST_TEST((loss.why == DropReason::duplicate));
  BOOST_TEST(wire.conserves());
}

BOOST_AUTO_TEST_CASE(a_corrupted_copy_is_another_message_with_a_flood_of_its_own) {
  Wire wire({.n = 30, .degree = 4});
  wire.takes_corrupted = true;
  ProcessSet zero(30);
  zero.insert(ProcessId(0));
  links::Corrupt rule(Where{.from = zero}, Probability::of(1));
  wire.injector.add(rule);
  wire.at(0ms, [&] {
    wire.broadcast(0);
    wire.injector.remove(rule);
  });
  wire.run(10s);
  const std::size_t decoded = 4 - wire.losses.size() +
                              static_cast<std::size_t>(std::ranges::count(
                                  wire.losses, DropReason::duplicate, &Wire::Loss::why));
  BOOST_REQUIRE(decoded > 0u);
  // Each that still decodes is taken here, so it reaches everybody but r0 once.
  BOOST_TEST(wire.arrivals.size() == decoded * 29);
  for (const auto& a : wire.arrivals) BOOST_TEST(a.number == 0u);
  BOOST_TEST(wire.conserves());
}

BOOST_AUTO_TEST_CASE(nothing_passes_a_paused_relay_until_it_goes_on) {
  Wire ring({.n = 8, .degree = 2});
  const ProcessId left = ring.overlay.neighbor(ProcessId(0), 0);
  const ProcessId right = ring.overlay.neighbor(ProcessId(0), 1);
  ring.at(0ms, [&] {
    ring.become(left.value, Now::paused);
    ring.become(right.value, Now::paused);
  });
  ring.at(1s, [&] { ring.broadcast(0); });
  ring.at(3s, [&] { ring.become(left.value, Now::resumed); });
  ring.run(1min);
  const auto hops = hops_from(ring.overlay, left.value, {0, right.value});
  BOOST_REQUIRE(ring.arrivals.size() == 7u);
  for (const auto& a : ring.arrivals) {
    if (a.to == left || a.to == right) {
      BOOST_TEST((a.at == kStart + 1s + kHop));  // it waits there, in the process's inbox
    } else {
      BOOST_TEST((a.at == kStart + 3s + hops[a.to.value] * kHop));
    }
  }
}

BOOST_AUTO_TEST_CASE(what_a_paused_relay_was_told_dies_with_it) {
  Wire ring({.n = 8, .degree = 2});
  const ProcessId left = ring.overlay.neighbor(ProcessId(0), 0);
  const ProcessId right = ring.overlay.neighbor(ProcessId(0), 1);
  ring.at(0ms, [&] {
    ring.become(left.value, Now::paused);
    ring.become(right.value, Now::paused);
  });
  ring.at(1s, [&] { ring.broadcast(0); });
  ring.at(3s, [&] {
    for (const ProcessId p : {left, right}) {
      ring.become(p.value, Now::crashed);
      ring.become(p.value, Now::up);
    }
  });
  ring.run(1min);
  BOOST_TEST(ring.arrivals.size() == 2u);
  BOOST_TEST(ring.network.pending() == 0u);
}

BOOST_AUTO_TEST_CASE(who_was_down_takes_a_later_copy_of_a_flood) {
  // Two ways to one process, of one hop and of many: it is down when the first copy comes.
  Wire ring({.n = 8, .degree = 2});
  const ProcessId next = ring.overlay.neighbor(ProcessId(0), 0);
  bool down = true;
  ring.refuses = [&](ProcessId p) { return p == next && down; };
  ring.at(0ms, [&] { ring.broadcast(0); });
  ring.at(20ms, [&] { down = false; });
  ring.run(1min);
  BOOST_TEST(ring.arrivals.size() == 7u);
  BOOST_TEST((ring.arrivals.back().to == next && ring.arrivals.back().at == kStart + 7 * kHop));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::testing
