// The faulty power of a moment against answers worked out by hand, and against
// all sets there are.
#include "testbed/invariants/faulty_power.h"

#include <boost/test/unit_test.hpp>

#include "base/rng.h"

using namespace byzlab;
using Kind = PowerStanding::Kind;

namespace {

std::uint64_t between(Rng& rng, std::uint64_t low, std::uint64_t high) {
  return low + rng.below(high - low + 1);
}

Wiring mesh(std::uint32_t n) { return Wiring(std::vector<Power>(n, 1)); }

void cross(Wiring& w, std::initializer_list<std::uint32_t> one,
           std::initializer_list<std::uint32_t> other) {
  for (const auto a : one) {
    for (const auto b : other) w.impair(a, b);
  }
}

void link(Wiring& w, std::uint32_t a, std::uint32_t b) {
  if (w.links.empty()) w.links.resize(w.n());
  w.links[a].push_back(b);
  w.links[b].push_back(a);
}

Wiring ring(std::uint32_t n) {
  Wiring w = mesh(n);
  for (std::uint32_t r = 0; r < n; ++r) link(w, r, (r + 1) % n);
  return w;
}

void down(Wiring& w, std::initializer_list<std::uint32_t> who) {
  for (const auto r : who) w.faulty[r] = w.silent[r] = true;
}

struct Answer {
  Power least;
  bool within;
};

/// Tries every set of replicas.
Answer by_all_sets(const Wiring& w, Power allowed, Power quorum) {
  const auto piece_of = pieces(w);
  Answer answer{.least = ~Power{0}, .within = false};
  for (std::uint32_t set = 0; set < 1u << w.n(); ++set) {
    const auto in = [&](std::uint32_t r) { return (set >> r & 1) != 0; };
    bool covers = true;
    Power power = 0;
    for (std::uint32_t a = 0; a < w.n(); ++a) {
      covers = covers && (!w.faulty[a] || in(a));
      for (const std::uint32_t b : w.impaired[a]) covers = covers && (in(a) || in(b));
      power += in(a) ? w.power[a] : 0;
    }
    if (!covers) continue;
    answer.least = std::min(answer.least, power);
    if (power > allowed) continue;
    for (std::uint32_t p = 0; p < w.n(); ++p) {
      Power rest = 0;
      for (std::uint32_t r = 0; r < w.n(); ++r) {
        if (piece_of[r] == p && !in(r)) rest += w.power[r];
      }
      answer.within = answer.within || rest >= quorum;
    }
  }
  return answer;
}

Wiring drawn(Rng& rng) {
  const auto n = static_cast<std::uint32_t>(between(rng, 1, 10));
  std::vector<Power> power(n, 1);
  if (between(rng, 0, 1) == 1) {
    for (Power& p : power) p = between(rng, 0, 9);
  }
  Wiring w{power};
  const auto bad = between(rng, 0, 6), sparse = between(rng, 0, 2);
  if (sparse > 0) w.links.resize(n);
  for (std::uint32_t a = 0; a < n; ++a) {
    w.faulty[a] = between(rng, 0, 5) == 0;
    w.silent[a] = w.faulty[a] && between(rng, 0, 2) > 0;
    for (std::uint32_t b = 0; b < a; ++b) {
      const bool linked = sparse == 0 || b + 1 == a || between(rng, 0, 2) < sparse;
      if (linked && sparse > 0) link(w, a, b);
      if (linked && between(rng, 0, 9) < bad) w.impair(a, b);
    }
  }
  return w;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(faulty_power_of_a_moment)

BOOST_AUTO_TEST_CASE(the_links_of_one_replica_are_no_worse_than_that_replica) {
  Wiring w = mesh(4);
  cross(w, {0}, {1, 2, 3});
  const FaultyPower p = faulty_power(w);
  BOOST_TEST(p.is_exact());
  BOOST_TEST(p.least == 1u);
  BOOST_TEST(p.set[0]);
  BOOST_TEST((standing(w, 1, 3).kind == Kind::within));
}

BOOST_AUTO_TEST_CASE(links_that_only_two_replicas_explain_cost_two) {
  Wiring w = mesh(7);
  w.impair(0, 1);
  w.impair(2, 3);
  BOOST_TEST(faulty_power(w).least == 2u);
  BOOST_TEST((standing(w, 2, 5).kind == Kind::within));
  w.impair(4, 5);
  BOOST_TEST(faulty_power(w).least == 3u);
  BOOST_TEST((standing(w, 2, 5).kind == Kind::too_faulty));
}

BOOST_AUTO_TEST_CASE(a_triangle_costs_two) {
  Wiring w = mesh(7);
  cross(w, {0}, {1, 2});
  w.impair(1, 2);
  BOOST_TEST(faulty_power(w).least == 2u);
}

BOOST_AUTO_TEST_CASE(who_is_down_pays_for_its_links) {
  Wiring w = mesh(4);
  cross(w, {0}, {1, 2, 3});
  down(w, {0});
  BOOST_TEST(faulty_power(w).least == 1u);
  w.impair(1, 2);
  BOOST_TEST(faulty_power(w).least == 2u);
}

BOOST_AUTO_TEST_CASE(the_smaller_side_of_a_partition_is_faulty) {
  Wiring w = mesh(7);
  cross(w, {0, 1}, {2, 3, 4, 5, 6});
  BOOST_TEST(faulty_power(w).least == 2u);
  BOOST_TEST((standing(w, 2, 5).kind == Kind::within));
  Wiring halves = mesh(7);
  cross(halves, {0, 1, 2}, {3, 4, 5, 6});
  BOOST_TEST(faulty_power(halves).least == 3u);
  BOOST_TEST((standing(halves, 2, 5).kind == Kind::too_faulty));
}

BOOST_AUTO_TEST_CASE(power_is_weighed_and_not_counted) {
  Wiring w(std::vector<Power>{50, 10, 10, 10, 10, 10});
  w.impair(0, 1);
  BOOST_TEST(faulty_power(w).least == 10u);
  cross(w, {0}, {2, 3, 4, 5});
  BOOST_TEST(faulty_power(w).least == 50u);
}

BOOST_AUTO_TEST_CASE(a_ring_of_which_two_are_down_falls_apart) {
  Wiring w = ring(7);
  down(w, {0, 5});
  const PowerStanding s = standing(w, 2, 5);
  BOOST_TEST((s.kind == Kind::fell_apart));
  BOOST_TEST(s.connected == 4u);
  Wiring neighbours = ring(7);
  down(neighbours, {0, 1});
  BOOST_TEST((standing(neighbours, 2, 5).kind == Kind::within));
}

BOOST_AUTO_TEST_CASE(a_star_falls_apart_with_its_hub) {
  Wiring w = mesh(7);
  for (std::uint32_t r = 1; r < 7; ++r) link(w, 0, r);
  Wiring leaf = w;
  down(w, {0});
  BOOST_TEST((standing(w, 2, 5).kind == Kind::fell_apart));
  down(leaf, {3, 4});
  BOOST_TEST((standing(leaf, 2, 5).kind == Kind::within));
}

BOOST_AUTO_TEST_CASE(of_equal_sets_the_one_that_leaves_a_quorum_counts) {
  // A path of four: the middle link is bad. Either end of it covers, no piece
  // holds three.
  Wiring path = mesh(4);
  link(path, 0, 1);
  link(path, 1, 2);
  link(path, 2, 3);
  path.impair(1, 2);
  BOOST_TEST((standing(path, 1, 3).kind == Kind::fell_apart));
  // With a way round it is one piece, and either will do.
  link(path, 3, 0);
  BOOST_TEST((standing(path, 1, 3).kind == Kind::within));
  // Two links to a leaf of a star: hub or leaf. Without the hub four are left,
  // in one piece with it.
  Wiring star = mesh(5);
  for (std::uint32_t r = 1; r < 5; ++r) link(star, 0, r);
  star.impair(0, 4);
  BOOST_TEST((standing(star, 1, 4).kind == Kind::within));
}

BOOST_AUTO_TEST_CASE(drawn_wirings_are_judged_as_trying_all_sets_does) {
  Rng rng(7);
  int within = 0, apart = 0;
  for (int i = 0; i < 1500; ++i) {
    const Wiring w = drawn(rng);
    Power total = 0;
    for (const Power p : w.power) total += p;
    if (total == 0) continue;
    const Power allowed = between(rng, 0, total), quorum = between(rng, 1, total);
    const Answer right = by_all_sets(w, allowed, quorum);
    const FaultyPower p = faulty_power(w);
    const PowerStanding s = standing(w, allowed, quorum);
    BOOST_TEST_CONTEXT("wiring " << i) {
      BOOST_TEST(p.is_exact());
      BOOST_TEST(p.least == right.least);
      BOOST_TEST((s.kind == Kind::within) == right.within);
      if (!right.within) {
        BOOST_TEST((s.kind == (right.least > allowed ? Kind::too_faulty : Kind::fell_apart)));
      }
    }
    within += right.within ? 1 : 0;
    apart += s.kind == Kind::fell_apart ? 1 : 0;
  }
  BOOST_TEST(within > 200);
  BOOST_TEST(apart > 100);
}

BOOST_AUTO_TEST_CASE(thirty_two_replicas_are_exact) {
  Rng rng(11);
  Wiring w = mesh(32);
  for (std::uint32_t a = 0; a < 32; ++a) {
    for (std::uint32_t b = 0; b < a; ++b) {
      if (between(rng, 0, 3) == 0) w.impair(a, b);
    }
  }
  const FaultyPower p = faulty_power(w);
  BOOST_TEST(p.is_exact());
  Power power = 0;
  for (std::uint32_t a = 0; a < 32; ++a) {
    power += p.set[a] ? 1 : 0;
    for (const std::uint32_t b : w.impaired[a]) BOOST_TEST((p.set[a] || p.set[b]));
  }
  BOOST_TEST(power == p.least);
}

BOOST_AUTO_TEST_CASE(beyond_thirty_two_simple_cuts_are_known_and_others_are_bounded) {
  Wiring isolated = mesh(100);
  for (std::uint32_t r = 0; r < 10; ++r) {
    for (std::uint32_t b = r + 1; b < 100; ++b) isolated.impair(r, b);
  }
  BOOST_TEST(faulty_power(isolated).is_exact());
  BOOST_TEST(faulty_power(isolated).least == 10u);
  BOOST_TEST((standing(isolated, 33, 67).kind == Kind::within));

  Wiring halves = mesh(100);
  for (std::uint32_t a = 0; a < 50; ++a) {
    for (std::uint32_t b = 50; b < 100; ++b) halves.impair(a, b);
  }
  BOOST_TEST(faulty_power(halves).least == 50u);
  BOOST_TEST((standing(halves, 33, 67).kind == Kind::too_faulty));

  Wiring all = mesh(101);
  for (std::uint32_t a = 0; a < 101; ++a) {
    for (std::uint32_t b = 0; b < a; ++b) all.impair(a, b);
  }
  BOOST_TEST(faulty_power(all).least == 100u);
  BOOST_TEST((standing(all, 50, 51).kind == Kind::too_faulty));

  // Fifteen rings of five: each costs three, and half its links say no more
  // than two and a half.
  Wiring rings = mesh(75);
  for (std::uint32_t r = 0; r < 75; ++r) rings.impair(r, r / 5 * 5 + (r + 1) % 5);
  const FaultyPower p = faulty_power(rings);
  BOOST_TEST(p.least <= 45u);
  BOOST_TEST(p.most >= 45u);
  BOOST_TEST(p.least >= 30u);
  if (!p.is_exact()) BOOST_TEST((standing(rings, p.least, 1).kind == Kind::cannot_tell));
  BOOST_TEST((standing(rings, 20, 51).kind == Kind::too_faulty));
}

BOOST_AUTO_TEST_SUITE_END()
