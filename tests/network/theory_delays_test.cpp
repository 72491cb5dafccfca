// Random times against their closed forms: delays, arrivals of a long tail, exponential draws of
// any mean.
#include <boost/test/unit_test.hpp>

#include "tests/network/wire.h"

namespace byzlab::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kDraws = 50'000;

std::vector<double> draws(const DelayDistribution& d, std::uint64_t seed = 5) {
  Rng rng(seed);
  std::vector<double> sample(kDraws);
  for (double& x : sample) x = static_cast<double>(d.at(rng.next()).count());
  return sample;
}

double normal_cdf(double z) { return std::erfc(-z / std::sqrt(2.0)) / 2; }

/// The delay that is exceeded with probability 2^-k.
double exceeded(const DelayDistribution& d, unsigned k) {
  return static_cast<double>(d.at(~std::uint64_t{0} << (64 - k)).count());
}

/// z that a standard normal exceeds with probability 2^-k, by bisection of erfc.
double normal_above(unsigned k) {
  double low = 0, high = 12;
  for (int i = 0; i < 80; ++i) {
    const double z = (low + high) / 2;
    (std::erfc(z / std::sqrt(2.0)) / 2 > std::ldexp(1.0, -static_cast<int>(k)) ? low : high) = z;
  }
  return low;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(theory_delays)

BOOST_AUTO_TEST_CASE(packets_take_what_the_model_says) {
  Wire wire({.latency = DelayDistribution::exponential(60ms, 5ms)});
  for (int i = 0; i < 20'000; ++i) wire.at(i * 1ms, [&] { wire.send(0, 1); });
  wire.run(1h);
  std::vector<double> delays;
  for (const auto& a : wire.arrivals) delays.push_back((a.at - a.sent).count() / 1e6);
  BOOST_TEST(mean_of(delays) == 60, boost::test_tools::tolerance(0.03));
  BOOST_TEST(ks_distance(delays, [](double x) { return 1 - std::exp(-(x - 5) / 55); }) <
             ks_bound(delays.size()));
}

BOOST_AUTO_TEST_CASE(a_lognormal_of_any_sigma_has_its_distribution) {
  for (const double sigma : {0.2, 0.9, 1.1, 2.0, 3.0, 4.0, 5.0}) {
    BOOST_TEST_CONTEXT("sigma " << sigma) {
      const auto sample = draws(DelayDistribution::lognormal(20ms, sigma));
      // A nanosecond is the smallest delay: below it only the cell counts.
      const double distance = ks_distance(
          sample, [&](double ns) { return normal_cdf(std::log((ns + 0.5) / 20e6) / sigma); });
      BOOST_TEST(distance < ks_bound(kDraws));
      const auto zeros = static_cast<double>(std::ranges::count(sample, 0.0));
      BOOST_TEST(zeros / kDraws <= normal_cdf(std::log(0.5 / 20e6) / sigma) + 0.0005);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_tail_of_a_lognormal_is_right_down_to_one_in_a_million_million) {
  for (const double sigma : {1.5, 4.0, 5.0}) {
    const auto d = DelayDistribution::lognormal(20ms, sigma);
    for (const unsigned k : {1u, 4u, 11u, 13u, 20u, 24u, 30u, 36u, 40u}) {
      const double expected = 20e6 * std::exp(sigma * normal_above(k));
      BOOST_TEST(exceeded(d, k) == std::min(expected, std::ldexp(1.0, 61)),
                 boost::test_tools::tolerance(0.02));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_mean_of_a_heavy_tail_is_right) {
  // Stratified: as many draws of each level of the tail, weighted.
  for (const double sigma : {1.5, 2.5, 4.0}) {
    const auto d = DelayDistribution::lognormal(1ms, sigma);
    double mean = 0;
    for (unsigned level = 0; level < 4; ++level) {
      double sum = 0;
      const double share = std::ldexp(1.0, -12 * static_cast<int>(level));
      const std::uint64_t ones = level == 0 ? 0 : ~std::uint64_t{0} << (64 - 12 * level);
      for (std::uint64_t cell = 0; cell < 4095; ++cell) {
        const std::uint64_t bits = cell << 52 | std::uint64_t{1} << 51;
        sum += static_cast<double>(d.at(ones | bits >> 12 * level).count());
      }
      mean += share * sum / 4096;
    }
    BOOST_TEST(mean == 1e6 * std::exp(sigma * sigma / 2), boost::test_tools::tolerance(0.02));
  }
}

BOOST_AUTO_TEST_CASE(delays_of_weeks_are_not_cut_short) {
  const double day = 24 * 3600e9;
  const auto uniform = draws(DelayDistribution::uniform(24h * 10, 24h * 30));
  BOOST_TEST(ks_distance(uniform, [&](double x) { return (x / day - 10) / 20; }) <
             ks_bound(kDraws));
  const auto exponential = draws(DelayDistribution::exponential(24h * 30));
  BOOST_TEST(ks_distance(exponential, [&](double x) { return 1 - std::exp(-x / day / 30); }) <
             ks_bound(kDraws));
  BOOST_TEST(mean_of(exponential) == 30 * day, boost::test_tools::tolerance(0.02));
  const auto normal = draws(DelayDistribution::normal(24h * 30, 24h * 5, 0ms));
  BOOST_TEST(ks_distance(normal, [&](double x) { return normal_cdf((x / day - 30) / 5); }) <
             ks_bound(kDraws));
  BOOST_TEST((DelayDistribution::constant(24h * 30).at(77) == 24h * 30));
}

BOOST_AUTO_TEST_CASE(a_normal_is_clamped_and_not_truncated) {
  // Half of it lies below the mean: so much is the minimum exactly.
  const auto sample = draws(DelayDistribution::normal(10ms, 5ms, 10ms));
  const auto at_minimum = static_cast<double>(std::ranges::count(sample, 10e6));
  BOOST_TEST(std::abs(at_minimum / kDraws - 0.5) < 4 * 0.5 / std::sqrt(double{kDraws}));
}

BOOST_AUTO_TEST_CASE(an_exponential_draw_has_its_distribution_whatever_the_mean) {
  // Up to 2^99 ns: of that almost every draw is later than anything that happens.
  for (const unsigned bits : {10u, 30u, 50u, 58u, 61u}) {
    Rng rng(3);
    const auto mean = static_cast<unsigned __int128>(1) << bits;
    std::vector<double> sample(kDraws);
    double beyond = 0;
    for (double& x : sample) {
      const Duration d = rng.exponential(mean);
      beyond += d == Duration::max() ? 1 : 0;
      x = static_cast<double>(d.count()) / std::ldexp(1.0, static_cast<int>(bits));
      BOOST_REQUIRE(x >= 0);
    }
    const double p = std::exp(-std::ldexp(1.0, 63 - static_cast<int>(bits)));
    BOOST_TEST(std::abs(beyond - kDraws * p) <= 4 * std::sqrt(kDraws * p) + 1e-9);
    if (beyond > 0) continue;
    BOOST_TEST(mean_of(sample) == 1, boost::test_tools::tolerance(0.02));
    BOOST_TEST(ks_distance(sample, [](double x) { return 1 - std::exp(-x); }) <
               ks_bound(kDraws) + std::ldexp(1.0, -static_cast<int>(bits)));
  }
  Rng rng(4);
  double soon = 0;
  for (std::size_t i = 0; i < kDraws; ++i) {
    soon += rng.exponential(static_cast<unsigned __int128>(1) << 70) < Duration::max() ? 1 : 0;
  }
  const double p = 1 - std::exp(-std::ldexp(1.0, -7));
  BOOST_TEST(std::abs(soon - kDraws * p) <= 4 * std::sqrt(kDraws * p));
}

BOOST_AUTO_TEST_CASE(sums_of_times_end_at_the_end_of_the_clock) {
  BOOST_TEST((later(kStart + 1s, 2s) == kStart + 3s));
  BOOST_TEST((later(kLastMoment, 1ns) == kLastMoment));
  BOOST_TEST((later(kStart + Duration::max() - 5ns, Duration::max()) == kLastMoment));
  BOOST_TEST((later(kNever, 1s) == kNever));
  BOOST_TEST((sum(Duration::min(), -1ns) == Duration::min()));
  BOOST_TEST((sum(Duration::max(), 1ns) == Duration::max()));
  BOOST_TEST((times(Duration::max(), 2) == Duration::max() && times(3ns, 5) == 15ns));
  BOOST_TEST((on_the_line(16u << 20, 1) == Duration{(std::int64_t{16} << 20) * 8'000'000'000}));
  BOOST_TEST((on_the_line(~std::uint64_t{0}, 1) == Duration::max()));
  BOOST_TEST((on_the_line(1, 3) == Duration{2'666'666'667}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::testing
