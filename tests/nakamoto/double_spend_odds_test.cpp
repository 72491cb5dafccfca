// The closed forms against the papers' tables, against an independent solution of the race, and
// against the engines.
#include "consensus/nakamoto/double_spend_odds.h"

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "tests/nakamoto/race.h"

namespace byzlab::nakamoto {
namespace {

constexpr double kShares[] = {0.01, 0.1, 0.25, 0.3, 0.4, 0.45};

/// `successes` out of `runs` lie inside the central 99 % of the binomial distribution.
bool plausible(std::uint64_t successes, std::uint64_t runs, double probability) {
  using namespace boost::math;
  const binomial_distribution<double> d(static_cast<double>(runs), probability);
  const auto k = static_cast<double>(successes);
  return cdf(d, k) > 0.005 && (k == 0 || cdf(complement(d, k - 1)) > 0.005);
}

std::uint64_t successes(const RaceSetup& setup, std::uint64_t seeds) {
  const Options options = race_options(setup);
  std::uint64_t count = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const RaceOutcome outcome = run_race(setup, options, seed);
    count += setup.race.tie_suffices ? outcome.published : outcome.cheated;
  }
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(double_spend_odds)

BOOST_AUTO_TEST_CASE(rosenfelds_table_1) {
  const auto percent = [](double q, std::uint32_t z) {
    return 100 * double_spend_probability({.attacker_share = q, .confirmations = z});
  };
  const double at_10[] = {20, 5.6, 1.712, 0.546, 0.178, 0.059};
  const double at_30[] = {60, 43.2, 32.616, 25.207, 19.762, 15.645};
  for (std::uint32_t z = 1; z <= 6; ++z) {
    BOOST_TEST(std::abs(percent(0.1, z) - at_10[z - 1]) < 0.0005);
    BOOST_TEST(std::abs(percent(0.3, z) - at_30[z - 1]) < 0.0005);
  }
}

BOOST_AUTO_TEST_CASE(a_premined_block_and_a_tie_that_counts_are_worth_the_same) {
  // Grunspan & Pérez-Marco 2017, theorem 1: I_{4pq}(z, 1/2).
  for (const double q : kShares) {
    for (std::uint32_t z = 1; z <= 20; ++z) {
      const double beta = boost::math::ibeta(z, 0.5, 4 * q * (1 - q));
      const DoubleSpendRace rosenfeld{.attacker_share = q, .confirmations = z};
      const DoubleSpendRace grunspan{
          .attacker_share = q, .confirmations = z, .premined = false, .tie_suffices = true};
      BOOST_TEST(std::abs(double_spend_probability(rosenfeld) - beta) < 1e-12);
      BOOST_TEST(std::abs(double_spend_probability(grunspan) - beta) < 1e-12);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_closed_forms_solve_the_race) {
  for (const double q : kShares) {
    for (std::uint32_t z = 1; z <= 12; ++z) {
      for (const bool premined : {false, true}) {
        for (const bool tie : {false, true}) {
          const DoubleSpendRace race{
              .attacker_share = q, .confirmations = z, .premined = premined, .tie_suffices = tie};
          const double closed = double_spend_probability(race);
          BOOST_TEST(std::abs(closed - double_spend_probability(race, 400)) < 1e-12);
          BOOST_TEST(double_spend_probability(race, 10) <= closed + 1e-12);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_race_small_enough_to_solve_by_hand) {
  // One confirmation, no head start, strictly longer, never behind: the attacker finds the first
  // block and then either the second, or the third.
  const DoubleSpendRace race{.attacker_share = 0.3, .confirmations = 1, .premined = false};
  BOOST_TEST(std::abs(double_spend_probability(race, 0) - 0.3 * (0.3 + 0.7 * 0.3)) < 1e-15);
}

BOOST_AUTO_TEST_CASE(a_majority_always_wins_unless_it_gives_up) {
  const DoubleSpendRace majority{.attacker_share = 0.51};
  BOOST_TEST(double_spend_probability(majority) == 1);
  const double bounded = double_spend_probability(majority, 50);
  BOOST_TEST(bounded > 0.9);
  BOOST_TEST(bounded < 1);
  BOOST_TEST(double_spend_probability(majority, 5) < bounded);
}

// Fixed seeds: deterministic. bench/fidelity_nakamoto.cpp has more of them.
BOOST_AUTO_TEST_CASE(engines_succeed_as_often_as_rosenfeld_says) {
  for (const double q : {0.1, 0.3}) {
    for (const std::uint32_t z : {1, 2, 6}) {
      const RaceSetup setup{.race = {.attacker_share = q, .confirmations = z}};
      const double exact = double_spend_probability(setup.race, setup.give_up_behind);
      const std::uint64_t count = successes(setup, 2000);
      BOOST_TEST(plausible(count, 2000, exact),
                 "q " << q << " z " << z << ": " << count << " of 2000, expected " << 2000 * exact);
    }
  }
}

BOOST_AUTO_TEST_CASE(engines_succeed_as_often_as_the_other_conventions_say) {
  for (const bool premined : {false, true}) {
    for (const bool tie : {false, true}) {
      const RaceSetup setup{.race = {.attacker_share = 0.35,
                                     .confirmations = 2,
                                     .premined = premined,
                                     .tie_suffices = tie},
                            .give_up_behind = 3};
      const double exact = double_spend_probability(setup.race, setup.give_up_behind);
      const std::uint64_t count = successes(setup, 1000);
      BOOST_TEST(plausible(count, 1000, exact), "premined " << premined << " tie " << tie << ": "
                                                            << count << " of 1000, expected "
                                                            << 1000 * exact);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::nakamoto
