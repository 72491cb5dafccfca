// Whose turn it is where powers differ.
#include <boost/test/unit_test.hpp>

#include <vector>

#include "base/rng.h"
#include "consensus/committee.h"

using namespace byzlab;

BOOST_AUTO_TEST_SUITE(committee)

BOOST_AUTO_TEST_CASE(of_equal_powers_each_leads_in_turn) {
  const Committee equal(7), heavy(std::vector<Power>(7, 1'000'000));
  for (std::uint64_t k = 0; k < 50; ++k) {
    BOOST_TEST(equal.turn(k).value == k % 7);
    BOOST_TEST(heavy.turn(k).value == k % 7);
    BOOST_TEST(equal.draw(k).value == k % 7);
  }
}

BOOST_AUTO_TEST_CASE(turns_and_draws_are_in_proportion_to_power) {
  const Committee c({400, 100, 0, 400, 100});
  std::vector<int> turns(5), draws(5);
  Rng rng(1);
  for (std::uint64_t k = 0; k < 10'000; ++k) {
    ++turns[c.turn(k).value];
    ++draws[c.draw(rng.next()).value];
  }
  const std::vector<int> shares{4000, 1000, 0, 4000, 1000};
  for (std::size_t r = 0; r < 5; ++r) {
    BOOST_TEST(std::abs(turns[r] - shares[r]) <= 3);
    BOOST_TEST(std::abs(draws[r] - shares[r]) <= 200);
  }
}

// Whoever fails, with less than a third of the power: no 3n turns in a row are all theirs. All sets
// of replicas of many committees are tried.
BOOST_AUTO_TEST_CASE(less_than_a_third_of_the_power_never_has_all_turns_for_long) {
  Rng rng(2);
  for (int trial = 0; trial < 300; ++trial) {
    const auto n = static_cast<std::uint32_t>(2 + rng.below(7));
    std::vector<Power> power(n);
    for (Power& p : power) p = 1 + rng.below(rng.below(2) == 0 ? 10 : 1000);
    const Committee c(power);
    if (c.equal_power()) continue;
    for (std::uint32_t faulty = 1; faulty < 1u << n; ++faulty) {
      Power theirs = 0;
      for (std::uint32_t r = 0; r < n; ++r) theirs += (faulty >> r & 1) != 0 ? power[r] : 0;
      if (3 * theirs >= c.total_power()) continue;
      std::uint64_t run = 0, longest = 0;
      for (std::uint64_t k = 0; k < 400; ++k) {
        run = (faulty >> c.turn(k).value & 1) != 0 ? run + 1 : 0;
        longest = std::max(longest, run);
      }
      BOOST_REQUIRE_MESSAGE(longest < 3 * n, longest << " turns of " << faulty << " of " << n);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
