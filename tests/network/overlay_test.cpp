// Overlays are simple, connected and as dense as asked.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>
#include <vector>

#include "network/overlay.h"

using namespace byzlab;

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

BOOST_AUTO_TEST_CASE(a_neighbour_by_its_place_is_the_one_in_the_list) {
  for (Overlay overlay : {Overlay::full(9), Overlay::full(70), Overlay::random(70, 5, 1)}) {
    for (std::uint32_t p = 0; p < overlay.processes(); ++p) {
      const auto list = overlay.neighbors(ProcessId(p));
      BOOST_REQUIRE(overlay.degree(ProcessId(p)) == list.size());
      for (std::uint32_t k = 0; k < list.size(); ++k) {
        BOOST_REQUIRE(overlay.neighbor(ProcessId(p), k) == list[k]);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
