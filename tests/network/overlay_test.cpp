// Overlays are simple, connected and as dense as asked; uplinks send one packet after the other.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <set>
#include <vector>

#include "network/overlay.h"
#include "network/uplink.h"

using namespace byzlab;
using namespace std::chrono_literals;

namespace {

std::vector<std::vector<std::uint32_t>> lists(Overlay& overlay) {
  std::vector<std::vector<std::uint32_t>> result(overlay.processes());
  for (std::uint32_t p = 0; p < overlay.processes(); ++p) {
    for (auto q : overlay.neighbors(ProcessId(p))) result[p].push_back(q.value);
  }
  return result;
}

std::size_t reached_from_0(const std::vector<std::vector<std::uint32_t>>& graph) {
  std::vector<bool> seen(graph.size(), false);
  std::vector<std::uint32_t> todo{0};
  seen[0] = true;
  std::size_t reached = 0;
  while (!todo.empty()) {
    const auto p = todo.back();
    todo.pop_back();
    ++reached;
    for (auto q : graph[p]) {
      if (!seen[q]) todo.push_back(q);
      seen[q] = true;
    }
  }
  return reached;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(overlay)

BOOST_AUTO_TEST_CASE(full_has_everyone_but_oneself) {
  Overlay overlay = Overlay::full(5);
  for (std::uint32_t p : {0, 4, 2, 2, 3, 1, 0}) {  // any order of asking
    std::vector<std::uint32_t> got, expected;
    for (auto q : overlay.neighbors(ProcessId(p))) got.push_back(q.value);
    for (std::uint32_t q = 0; q < 5; ++q) {
      if (q != p) expected.push_back(q);
    }
    BOOST_TEST(got == expected, boost::test_tools::per_element());
  }
  BOOST_TEST(overlay.links() == 10u);
  Overlay alone = Overlay::full(1);
  BOOST_TEST(alone.neighbors(ProcessId(0)).empty());
}

BOOST_AUTO_TEST_CASE(random_is_simple_regular_connected_and_symmetric) {
  for (std::uint32_t n : {4, 5, 8, 9, 16, 33, 100, 1001}) {
    for (std::uint32_t degree : {2, 3, 4, 6, 7, 14}) {
      if (degree + 1 >= n) continue;
      for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        Overlay overlay = Overlay::random(n, degree, seed);
        const auto graph = lists(overlay);
        BOOST_TEST(!overlay.is_full());
        BOOST_TEST(reached_from_0(graph) == n);
        std::size_t short_of_one = 0;
        for (std::uint32_t p = 0; p < n; ++p) {
          BOOST_TEST(std::ranges::is_sorted(graph[p]));
          BOOST_TEST((std::ranges::adjacent_find(graph[p]) == graph[p].end()));
          BOOST_TEST(!std::ranges::binary_search(graph[p], p));
          for (auto q : graph[p]) BOOST_REQUIRE(std::ranges::binary_search(graph[q], p));
          if (graph[p].size() + 1 == degree) {
            ++short_of_one;
          } else {
            BOOST_TEST(graph[p].size() == degree);
          }
        }
        BOOST_TEST(short_of_one == (n * degree) % 2);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(random_follows_its_seed) {
  Overlay a = Overlay::random(100, 8, 1);
  Overlay b = Overlay::random(100, 8, 1);
  Overlay c = Overlay::random(100, 8, 2);
  BOOST_TEST((lists(a) == lists(b)));
  BOOST_TEST((lists(a) != lists(c)));
}

BOOST_AUTO_TEST_CASE(random_forgets_where_it_started) {
  // A random graph of degree 8 has everyone within a few hops; the ring of chords it starts from
  // needs n / degree = 125.
  Overlay overlay = Overlay::random(1000, 8, 3);
  const auto graph = lists(overlay);
  std::set<std::uint32_t> ball{0};
  int hops = 0;
  for (; ball.size() < 1000; ++hops) {
    for (auto p : std::vector<std::uint32_t>(ball.begin(), ball.end())) {
      ball.insert(graph[p].begin(), graph[p].end());
    }
  }
  BOOST_TEST(hops <= 6);
}

BOOST_AUTO_TEST_CASE(degrees_at_the_ends) {
  BOOST_TEST(Overlay::random(6, 5, 1).is_full());
  BOOST_TEST(Overlay::random(3, 2, 1).is_full());
  Overlay ring = Overlay::random(6, 1, 1);  // 1 could not be connected: counts as 2
  BOOST_TEST(ring.links() == 6u);
  BOOST_TEST(reached_from_0(lists(ring)) == 6u);
}

BOOST_AUTO_TEST_CASE(an_uplink_sends_one_after_the_other) {
  Uplinks uplinks(2, 8'000'000);  // 1 byte a microsecond
  const ProcessId a(0), b(1);
  BOOST_TEST((uplinks.depart(a, kStart, 1000) == kStart + 1ms));
  BOOST_TEST((uplinks.depart(a, kStart, 1000) == kStart + 2ms));
  BOOST_TEST((uplinks.depart(b, kStart, 500) == kStart + 500us));
  BOOST_TEST((uplinks.depart(a, kStart + 10ms, 1) == kStart + 10ms + 1us));
  BOOST_TEST((uplinks.idle_at(a) == kStart + 10ms + 1us));
}

BOOST_AUTO_TEST_CASE(a_broadcast_is_as_many_departures) {
  Uplinks one(1, 100'000'003), all(1, 100'000'003);
  const ProcessId p(0);
  one.depart(p, kStart, 5000);
  all.depart(p, kStart, 5000);
  std::vector<Time> arrivals{kStart + 40ms, kNever, kStart + 30ms, kStart + 10ms};
  const auto before = arrivals;
  all.depart_all(p, kStart, 777, arrivals);
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    const Duration moved = one.depart(p, kStart, 777) - kStart;
    BOOST_TEST((arrivals[i] == (before[i] == kNever ? kNever : before[i] + moved)));
  }
  BOOST_TEST((one.idle_at(p) == all.idle_at(p)));
}

BOOST_AUTO_TEST_CASE(no_bandwidth_is_no_wait) {
  Uplinks uplinks(1, std::nullopt);
  std::vector<Time> arrivals{kStart + 4ms};
  uplinks.depart_all(ProcessId(0), kStart, 1'000'000, arrivals);
  BOOST_TEST((arrivals[0] == kStart + 4ms));
  BOOST_TEST((uplinks.depart(ProcessId(0), kStart + 1ms, 1'000'000) == kStart + 1ms));
}

BOOST_AUTO_TEST_SUITE_END()
