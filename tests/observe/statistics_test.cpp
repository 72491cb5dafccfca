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

BOOST_AUTO_TEST_SUITE_END()
