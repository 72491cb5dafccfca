// Medians, intervals, factors and growth against values worked out by hand, and how often the
// intervals hold the truth.
#include "observe/statistics.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "base/rng.h"

using namespace byzlab;
namespace tt = boost::test_tools;

namespace {

double uniform(Rng& rng) { return static_cast<double>(rng.next() >> 11) * 0x1p-53; }
/// Skewed, as waiting times are; its median is log 2.
double exponential(Rng& rng) { return -std::log(1 - uniform(rng)); }

using ValuesOfSeeds = std::vector<std::optional<double>>;

}  // namespace

BOOST_AUTO_TEST_SUITE(statistics)

BOOST_AUTO_TEST_CASE(the_interval_of_a_median_is_made_of_two_sorted_values) {
  // With ten values the 2nd to the 9th hold the median in 97.85 % of the cases, the 3rd to the 8th
  // in 89.06 %; 95 % lies I = 0.3246 of the way between, and the values (n-d) I / (d + (n-2d) I) =
  // 0.6582 of it (Hettmansperger and Sheather's weights).
  std::vector<double> values;
  for (int i = 10; i >= 1; --i) values.push_back(i * i);
  const Estimate e = median_of(values);
  BOOST_TEST(e.value == 30.5);
  BOOST_TEST(e.mean == 38.5);
  const double part = (0.978515625 - 0.95) / (0.978515625 - 0.890625);
  const double inwards = 8 * part / (2 + 6 * part);
  BOOST_TEST(e.low == 4 + 5 * inwards, tt::tolerance(1e-12));
  BOOST_TEST(e.high == 81 - 17 * inwards, tt::tolerance(1e-12));
  BOOST_TEST(e.confidence == 0.95);
  BOOST_TEST(e.samples == 10u);
  BOOST_TEST(e.above_zero == 10u);
  BOOST_TEST(e.max == 100);
}

BOOST_AUTO_TEST_CASE(fewer_than_six_runs_have_a_range_and_its_confidence) {
  const std::array five{5.0, 1.0, 4.0, 2.0, 3.0};
  const Estimate e = median_of(five);
  BOOST_TEST(e.value == 3.0);
  BOOST_TEST(e.low == 1.0);
  BOOST_TEST(e.high == 5.0);
  BOOST_TEST(e.confidence == 0.9375);
  const std::array one{7.0};
  BOOST_TEST(median_of(one).low == 7.0);
  BOOST_TEST(median_of(one).confidence == 0.0);
  BOOST_TEST(median_of({}).samples == 0u);
}

/// The third is normal in nine runs of ten and fifty times as large in one: a mean of ten runs says
/// nothing of it, a median does.
BOOST_AUTO_TEST_CASE(the_interval_holds_the_truth_as_often_as_it_says_whatever_the_distribution) {
  Rng rng(5);
  const auto of_ten = [&rng](auto draw, double truth, std::size_t runs) {
    int held = 0;
    for (int trial = 0; trial < 2000; ++trial) {
      std::vector<double> values;
      for (std::size_t i = 0; i < runs; ++i) values.push_back(draw());
      const Estimate e = median_of(values);
      held += e.low <= truth && truth <= e.high ? 1 : 0;
    }
    return held / 2000.0;
  };
  const auto skewed = [&] { return std::exp(3 * exponential(rng)); };
  const auto two_kinds = [&] { return uniform(rng) < 0.1 ? 50.0 + uniform(rng) : uniform(rng); };
  for (const std::size_t runs : {6u, 7u, 10u, 25u}) {
    for (const double held : {of_ten([&] { return uniform(rng); }, 0.5, runs),
                              of_ten([&] { return exponential(rng); }, std::log(2), runs),
                              of_ten(skewed, 8.0, runs), of_ten(two_kinds, 0.5 / 0.9, runs)}) {
      BOOST_TEST(held > 0.90, runs << " runs: " << held);
      BOOST_TEST(held < 0.98, runs << " runs: " << held);
    }
  }
}

BOOST_AUTO_TEST_CASE(factors_are_medians_of_pairs) {
  const std::array a{2.0, 20.0, 200.0}, b{1.0, 10.0, 100.0};
  const Estimate e = ratio_of(a, b);
  BOOST_TEST(e.value == 2.0);
  BOOST_TEST(e.low == 2.0);
  BOOST_TEST(e.samples == 3u);
  BOOST_TEST(e.left_out == 0u);
}

BOOST_AUTO_TEST_CASE(only_what_would_divide_by_zero_is_left_out_of_factors_and_it_is_said) {
  const std::array a{0.0, 6.0, 9.0, 5.0}, b{4.0, 2.0, 3.0, 0.0};
  const Estimate e = ratio_of(a, b);  // 0, 3, 3
  BOOST_TEST(e.value == 3.0);
  BOOST_TEST(e.low == 0.0);
  BOOST_TEST(e.samples == 3u);
  BOOST_TEST(e.left_out == 1u);
  const std::array none{0.0, 0.0};
  BOOST_TEST(ratio_of(a, none).samples == 0u);
  BOOST_TEST(ratio_of(a, none).left_out == 2u);
}

BOOST_AUTO_TEST_CASE(factors_of_groups_are_quotients_of_medians) {
  std::vector<double> ours, theirs;
  for (int i = 1; i <= 9; ++i) {
    ours.push_back(2 * std::exp(0.1 * (i - 5)));
    theirs.push_back(std::exp(0.1 * (5 - i)));
  }
  const Estimate e = unpaired_ratio_of(ours, theirs);
  BOOST_TEST(e.value == 2.0, tt::tolerance(1e-12));
  // Both intervals are w wide on either side, on the logarithms: together √2 w.
  const double w = std::log(median_of(ours).high / 2);
  BOOST_TEST(std::log(e.high / 2) == std::sqrt(2) * w, tt::tolerance(0.02));
  BOOST_TEST(e.low < 2.0);
  BOOST_TEST(unpaired_ratio_of({}, ours).samples == 0u);
  const std::array same{2.0, 2.0};
  BOOST_TEST(unpaired_ratio_of(same, same).high == 1.0, tt::tolerance(1e-12));
  const std::array mostly_none{0.0, 0.0, 1.0};
  BOOST_TEST(unpaired_ratio_of(ours, mostly_none).left_out == 3u);
}

BOOST_AUTO_TEST_CASE(factors_of_groups_hold_the_truth_as_often_as_they_say) {
  Rng rng(11);
  int held = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    std::vector<double> a, b;
    for (int i = 0; i < 10; ++i) {
      a.push_back(3 * exponential(rng));
      b.push_back(1 + uniform(rng));
    }
    const Estimate e = unpaired_ratio_of(a, b);
    const double truth = 3 * std::log(2) / 1.5;
    held += e.low <= truth && truth <= e.high ? 1 : 0;
  }
  BOOST_TEST(held > 1800);
  BOOST_TEST(held < 1980);
}

BOOST_AUTO_TEST_CASE(an_exact_power_law_has_no_width) {
  const std::array x{4.0, 16.0, 64.0};
  const std::vector<ValuesOfSeeds> y{
      {3 * 16.0, 6 * 16.0}, {3 * 256.0, 6 * 256.0}, {3 * 4096.0, 6 * 4096.0}};
  const PowerLaw law = power_law_of(x, y);
  BOOST_TEST(law.exponent == 2.0, tt::tolerance(1e-12));
  BOOST_TEST(law.factor == 3.0 * std::sqrt(2), tt::tolerance(1e-12));
  BOOST_TEST(law.high - law.low < 1e-9);
  BOOST_TEST(law.samples == 2u);
  const std::array two{4.0, 4.0, 16.0};
  BOOST_TEST(power_law_of(two, y).samples == 0u);  // a line through two sizes says nothing
}

/// Each seed is better or worse at all sizes alike: that is no doubt about how it grows.
BOOST_AUTO_TEST_CASE(what_a_seed_has_at_all_sizes_does_not_widen_its_exponent) {
  Rng rng(3);
  const std::array x{4.0, 8.0, 16.0};
  std::vector<ValuesOfSeeds> y(3);
  for (int seed = 0; seed < 10; ++seed) {
    const double of_seed = std::exp(2 * uniform(rng));
    for (std::size_t s = 0; s < 3; ++s) y[s].push_back(of_seed * x[s]);
  }
  const PowerLaw law = power_law_of(x, y);
  BOOST_TEST(law.exponent == 1.0, tt::tolerance(1e-9));
  BOOST_TEST(law.high - law.low < 1e-9);
  BOOST_TEST(law.r_squared < 0.9);
}

BOOST_AUTO_TEST_CASE(seeds_with_a_zero_or_without_a_value_are_left_out_of_growth_and_counted) {
  const std::array x{4.0, 8.0, 16.0};
  const std::vector<ValuesOfSeeds> y{{4.0, 0.0, 4.0, std::nullopt},
                                     {8.0, 8.0, 8.0, std::nullopt},
                                     {16.0, 16.0, std::nullopt, std::nullopt}};
  const PowerLaw law = power_law_of(x, y);
  BOOST_TEST(law.exponent == 1.0, tt::tolerance(1e-12));
  BOOST_TEST(law.samples == 1u);
  BOOST_TEST(law.left_out == 2u);  // the fourth seed was run nowhere
}

BOOST_AUTO_TEST_CASE(exponents_hold_the_truth_as_often_as_they_say) {
  Rng rng(17);
  const std::array x{4.0, 8.0, 16.0, 32.0};
  int held = 0;
  for (int trial = 0; trial < 1000; ++trial) {
    std::vector<ValuesOfSeeds> y(4);
    for (int seed = 0; seed < 10; ++seed) {
      const double of_seed = exponential(rng);
      // The noise of the largest size is skewed, so that the slopes are.
      for (std::size_t s = 0; s < 4; ++s)
        y[s].push_back(std::exp(of_seed) * x[s] * (s == 3 ? std::exp(exponential(rng)) : 1));
    }
    const PowerLaw law = power_law_of(x, y);
    // The slope of log x^1 and of the noise's median, log 2, at the last of four sizes.
    const double truth = 1 + std::log(2) * 1.5 / (5 * std::log(2));
    held += law.low <= truth && truth <= law.high ? 1 : 0;
  }
  BOOST_TEST(held > 900);
  BOOST_TEST(held < 980);
}

BOOST_AUTO_TEST_SUITE_END()
