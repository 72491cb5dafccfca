// Means, intervals and ratios against values worked out by hand.
#include "observe/statistics.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "base/rng.h"

using namespace byzlab;
namespace tt = boost::test_tools;

BOOST_AUTO_TEST_SUITE(statistics)

BOOST_AUTO_TEST_CASE(students_interval) {
  // t(0.975, 4) = 2.776445; the standard deviation of 1..5 is sqrt(2.5).
  const std::array values{1.0, 2.0, 3.0, 4.0, 5.0};
  const Estimate e = mean_of(values);
  const double half = 2.776445105 * std::sqrt(2.5 / 5);
  BOOST_TEST(e.mean == 3.0, tt::tolerance(1e-12));
  BOOST_TEST(e.low == 3.0 - half, tt::tolerance(1e-8));
  BOOST_TEST(e.high == 3.0 + half, tt::tolerance(1e-8));
  BOOST_TEST(e.samples == 5u);
}

BOOST_AUTO_TEST_CASE(one_sample_has_no_width_and_none_no_mean) {
  const std::array one{7.0};
  BOOST_TEST(mean_of(one).low == 7.0);
  BOOST_TEST(mean_of(one).high == 7.0);
  BOOST_TEST(mean_of({}).samples == 0u);
}

BOOST_AUTO_TEST_CASE(the_interval_holds_the_truth_as_often_as_it_says) {
  Rng rng(5);
  int held = 0;
  constexpr int kTrials = 4000;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> values;
    for (int i = 0; i < 8; ++i) {
      double sum = 0;  // nearly normal
      for (int k = 0; k < 12; ++k) sum += static_cast<double>(rng.next() >> 11) * 0x1p-53;
      values.push_back(sum);
    }
    const Estimate e = mean_of(values);
    held += e.low <= 6.0 && 6.0 <= e.high ? 1 : 0;
  }
  // 95 % of 4000 is 3800; the standard deviation of the count is 14.
  BOOST_TEST(held > 3740);
  BOOST_TEST(held < 3860);
}

BOOST_AUTO_TEST_CASE(ratios_are_of_pairs) {
  const std::array a{2.0, 20.0, 200.0}, b{1.0, 10.0, 100.0};
  const Estimate e = ratio_of(a, b);
  BOOST_TEST(e.mean == 2.0, tt::tolerance(1e-12));
  BOOST_TEST(e.low == 2.0, tt::tolerance(1e-12));
  const std::array zero{0.0, 1.0};
  BOOST_TEST(ratio_of(zero, a).samples == 1u);
}

BOOST_AUTO_TEST_CASE(the_width_is_students_at_any_number_of_runs) {
  // t(0.975, df) as printed in tables.
  for (const auto& [runs, t] : {std::pair{2, 12.706}, {3, 4.303}, {10, 2.262}, {31, 2.042}}) {
    std::vector<double> values;
    for (int i = 0; i < runs; ++i) values.push_back(i);
    double squares = 0;
    for (const double v : values) squares += (v - (runs - 1) / 2.0) * (v - (runs - 1) / 2.0);
    const Estimate e = mean_of(values);
    BOOST_TEST((e.high - e.mean) / std::sqrt(squares / (runs - 1) / runs) == t,
               tt::tolerance(2e-4));
  }
}

BOOST_AUTO_TEST_CASE(ratios_of_groups_are_welchs) {
  // Logarithms 1, 2, 3 and 0, 4, 5, 7: means 2 and 4, squared errors 1/3 and 13/6, hence
  // (5/2)² / ((1/3)²/2 + (13/6)²/3) = 3.857 degrees of freedom, whose quantile, by Simpson's rule,
  // is 2.8175.
  const auto factors = [](std::initializer_list<double> logarithms) {
    std::vector<double> result;
    for (const double v : logarithms) result.push_back(std::exp(v));
    return result;
  };
  const Estimate e = unpaired_ratio_of(factors({1, 2, 3}), factors({0, 4, 5, 7}));
  BOOST_TEST(e.mean == std::exp(-2.0), tt::tolerance(1e-12));
  BOOST_TEST(std::log(e.high / e.mean) / std::sqrt(2.5) == 2.8175, tt::tolerance(1e-4));
  BOOST_TEST(e.low * e.high == e.mean * e.mean, tt::tolerance(1e-12));
  BOOST_TEST(e.samples == 3u);
  BOOST_TEST(unpaired_ratio_of({}, factors({1})).samples == 0u);
  const std::array same{2.0, 2.0};
  BOOST_TEST(unpaired_ratio_of(same, same).high == 1.0, tt::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(a_power_law_is_found_with_its_interval) {
  // Anscombe's first quartet (1973) as logarithms: slope 0.5001 ± t(0.975, 9) · 0.1179, intercept
  // 3.0001, r² 0.6665.
  const std::array x{10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0};
  const std::array y{8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68};
  std::vector<double> u, v;
  for (const double value : x) u.push_back(std::exp(value));
  for (const double value : y) v.push_back(std::exp(value));
  const PowerLaw law = power_law_of(u, v);
  BOOST_TEST(law.exponent == 0.5001, tt::tolerance(1e-3));
  BOOST_TEST(law.high - law.exponent == 2.2622 * 0.1179, tt::tolerance(1e-3));
  BOOST_TEST(law.exponent - law.low == law.high - law.exponent, tt::tolerance(1e-9));
  BOOST_TEST(std::log(law.factor) == 3.0001, tt::tolerance(1e-4));
  BOOST_TEST(law.r_squared == 0.6665, tt::tolerance(1e-3));
  BOOST_TEST(law.samples == 11u);
}

BOOST_AUTO_TEST_CASE(an_exact_power_law_has_no_width) {
  const std::array x{4.0, 16.0, 64.0}, y{3 * 16.0, 3 * 256.0, 3 * 4096.0};
  const PowerLaw law = power_law_of(x, y);
  BOOST_TEST(law.exponent == 2.0, tt::tolerance(1e-12));
  BOOST_TEST(law.factor == 3.0, tt::tolerance(1e-12));
  BOOST_TEST(law.high - law.low < 1e-6);
  BOOST_TEST(law.r_squared == 1.0, tt::tolerance(1e-12));
  const std::array two{4.0, 4.0, 16.0};
  BOOST_TEST(power_law_of(two, y).samples == 0u);  // a line through two sizes says nothing
  const std::array silent{0.0, 5.0, 6.0};
  BOOST_TEST(power_law_of(x, silent).samples == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
