// Latency models: the tables against the analytic distributions, spans against single draws.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

#include "network/latency.h"
#include "network/portable_math.h"

using namespace byzlab;
using namespace std::chrono_literals;

namespace {

using Cdf = std::function<double(double)>;

double normal_cdf(double z) { return std::erfc(-z / std::sqrt(2.0)) / 2; }

/// Kolmogorov and Smirnov's distance of 200,000 draws from a distribution given in ns, and their
/// mean.
struct Fit {
  double distance = 0;
  double mean = 0;
};
Fit fit(const DelayDistribution& d, const Cdf& cdf) {
  constexpr std::size_t kDraws = 200'000;
  Rng rng(11);
  std::vector<double> draws(kDraws);
  for (auto& x : draws) x = static_cast<double>(d.at(rng.next()).count());
  std::ranges::sort(draws);
  Fit result;
  for (std::size_t i = 0; i < kDraws; ++i) {
    const double below = static_cast<double>(i) / kDraws;
    const double p = cdf(draws[i]);
    // A clamped distribution has an atom at its minimum: only the end of a run of equals counts
    // there.
    const bool last = i + 1 == kDraws || draws[i + 1] > draws[i];
    const bool first = i == 0 || draws[i - 1] < draws[i];
    if (last) result.distance = std::max(result.distance, below + 1.0 / kDraws - p);
    if (first && draws[i] > draws.front()) result.distance = std::max(result.distance, p - below);
  }
  result.mean = std::accumulate(draws.begin(), draws.end(), 0.0) / kDraws;
  return result;
}

// 1.63 / sqrt(200,000): exceeded by 1 % of the samples of the true distribution.
constexpr double kKsBound = 0.00365;

}  // namespace

BOOST_AUTO_TEST_SUITE(latency)

BOOST_AUTO_TEST_CASE(portable_functions_agree_with_the_library) {
  for (double x = -600; x < 600; x += 0.37) {
    BOOST_TEST(portable::exp(x) == std::exp(x), boost::test_tools::tolerance(1e-11));
  }
  for (double x = 1e-300; x < 1e300; x *= 3.7) {
    BOOST_TEST(std::abs(portable::log(x) - std::log(x)) <= 1e-11);
  }
  for (double x = 0.5; x < 2; x += 0.001) {
    BOOST_TEST(std::abs(portable::log(x) - std::log(x)) <= 1e-14);
  }
  for (double p = 1e-9; p < 1; p += 0.000317) {
    BOOST_TEST(normal_cdf(portable::inverse_normal(p)) == p, boost::test_tools::tolerance(1e-9));
  }
  BOOST_TEST(portable::inverse_normal(0.5) == 0.0);
  BOOST_TEST(portable::inverse_normal(1e-12) == -7.034483825301131,
             boost::test_tools::tolerance(1e-9));
  for (double x = -4; x <= 4; x += 0.01) {
    BOOST_TEST(std::abs(portable::sin(x) - std::sin(x)) <= 1e-12);
    BOOST_TEST(std::abs(portable::cos(x) - std::cos(x)) <= 1e-12);
  }
  for (double x = 0; x < 1e6; x = x * 1.3 + 0.001) {
    BOOST_TEST(std::abs(portable::arctan(x) - std::atan(x)) <= 1e-12);
  }
  BOOST_TEST(portable::great_circle(0, 0, 0, 180) == portable::kPi,
             boost::test_tools::tolerance(1e-9));
  BOOST_TEST(portable::great_circle(90, 0, 0, 77) == portable::kPi / 2,
             boost::test_tools::tolerance(1e-9));
  BOOST_TEST(portable::great_circle(12, 34, 12, 34) == 0.0);
}

BOOST_AUTO_TEST_CASE(constant_is_constant) {
  const auto d = DelayDistribution::constant(10ms);
  BOOST_TEST(d.is_constant());
  BOOST_TEST((d.at(0) == 10ms && d.at(~0ull) == 10ms));
  BOOST_TEST((d.smallest() == 10ms && d.largest() == 10ms));
}

BOOST_AUTO_TEST_CASE(uniform_has_its_distribution_and_bounds) {
  const auto d = DelayDistribution::uniform(5ms, 25ms);
  const Fit f = fit(d, [](double x) { return (x - 5e6) / 20e6; });
  BOOST_TEST(f.distance < kKsBound);
  BOOST_TEST(f.mean == 15e6, boost::test_tools::tolerance(0.002));
  BOOST_TEST((d.smallest() == 5ms && d.largest() == 25ms));
  BOOST_TEST((d.at(0) == 5ms));
  BOOST_TEST((d.at(~0ull) <= 25ms && d.at(~0ull) >= 25ms - 2ns));
}

BOOST_AUTO_TEST_CASE(normal_has_its_distribution) {
  const Fit f = fit(DelayDistribution::normal(40ms, 8ms, 1ms),
                    [](double x) { return normal_cdf((x - 40e6) / 8e6); });
  BOOST_TEST(f.distance < kKsBound);
  BOOST_TEST(f.mean == 40e6, boost::test_tools::tolerance(0.002));
}

BOOST_AUTO_TEST_CASE(normal_is_clamped_from_below) {
  const auto d = DelayDistribution::normal(10ms, 10ms, 5ms);
  const Fit f = fit(d, [](double x) { return normal_cdf((x - 10e6) / 10e6); });
  BOOST_TEST(f.distance < kKsBound);
  BOOST_TEST((d.smallest() == 5ms));
  BOOST_TEST((d.at(std::uint64_t{1} << 62) == 5ms));  // the lower quartile, 3.3 ms, is below
  // E max(X, a) = a Φ(α) + μ (1 - Φ(α)) + σ φ(α), α = (a - μ) / σ = -1/2
  BOOST_TEST(f.mean == 5e6 * 0.3085375 + 10e6 * 0.6914625 + 10e6 * 0.3520653,
             boost::test_tools::tolerance(0.003));
}

BOOST_AUTO_TEST_CASE(lognormal_has_its_distribution) {
  const Fit f = fit(DelayDistribution::lognormal(90ms, 0.6),
                    [](double x) { return normal_cdf(std::log(x / 90e6) / 0.6); });
  BOOST_TEST(f.distance < kKsBound);
  BOOST_TEST(f.mean == 90e6 * std::exp(0.18), boost::test_tools::tolerance(0.004));
}

BOOST_AUTO_TEST_CASE(exponential_has_its_distribution) {
  const auto d = DelayDistribution::exponential(60ms, 5ms);
  const Fit f = fit(d, [](double x) { return 1 - std::exp(-(x - 5e6) / 55e6); });
  BOOST_TEST(f.distance < kKsBound);
  BOOST_TEST(f.mean == 60e6, boost::test_tools::tolerance(0.005));
  BOOST_TEST((d.smallest() == 5ms));
}

BOOST_AUTO_TEST_CASE(the_mean_of_the_table_itself_is_right) {
  // Every table cell once, at its middle: no sampling error, only the table's.
  const auto mean = [](const DelayDistribution& d) {
    double sum = 0;
    for (std::uint64_t i = 0; i < 4096; ++i) {
      sum += static_cast<double>(d.at(i << 52 | std::uint64_t{1} << 51).count());
    }
    return sum / 4096;
  };
  using boost::test_tools::tolerance;
  BOOST_TEST(mean(DelayDistribution::exponential(60ms, 5ms)) == 60e6, tolerance(3e-5));
  BOOST_TEST(mean(DelayDistribution::normal(40ms, 8ms, 1ms)) == 40e6, tolerance(1e-6));
  BOOST_TEST(mean(DelayDistribution::lognormal(90ms, 0.6)) == 90e6 * std::exp(0.18),
             tolerance(2e-4));
}

BOOST_AUTO_TEST_CASE(draws_are_monotone_in_their_bits) {
  const auto d = DelayDistribution::lognormal(2s, 2.0);  // quantiles that need a shift
  BOOST_TEST((d.largest() > 1h));
  Duration last{0};
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    const Duration now = d.at(i * (~std::uint64_t{0} / 100'000));
    BOOST_REQUIRE(now >= last);
    last = now;
  }
  BOOST_TEST((d.at(std::uint64_t{1} << 63) > 1999ms && d.at(std::uint64_t{1} << 63) < 2001ms));
}

BOOST_AUTO_TEST_CASE(a_wild_sigma_stays_finite) {
  const auto d = DelayDistribution::lognormal(1s, 400.0);
  BOOST_TEST((d.smallest() >= 0ns));
  BOOST_TEST((d.largest() == DelayDistribution::longest()));
}

BOOST_AUTO_TEST_CASE(a_span_is_its_single_draws) {
  const DelayMatrix matrix{.names = {"a", "b", "c"},
                           .one_way = {1ms, 20ms, 30ms, 21ms, 2ms, 40ms, 31ms, 41ms, 3ms}};
  std::vector<std::uint16_t> regions;
  std::vector<ProcessId> to;
  for (std::uint32_t p = 0; p < 50; ++p) {
    regions.push_back(static_cast<std::uint16_t>(p % 3));
    if (p != 7) to.emplace_back(p);
  }
  const auto jitter = DelayDistribution::exponential(2ms);
  const std::vector<LatencyModel> models{
      LatencyModel(DelayDistribution::constant(5ms)),
      LatencyModel(DelayDistribution::normal(40ms, 8ms, 1ms)),
      LatencyModel(matrix, regions),
      LatencyModel(matrix, regions, jitter),
  };
  std::vector<Time> arrivals(to.size());
  for (const auto& model : models) {
    const Time leave = kStart + 3s;
    model.sample(ProcessId(7), to, leave, 99, arrivals);
    for (std::size_t i = 0; i < to.size(); ++i) {
      const Duration delay = model.sample(ProcessId(7), to[i], 99);
      BOOST_TEST((arrivals[i] == leave + delay));
      BOOST_TEST((model.smallest() <= delay && delay <= model.largest()));
    }
  }
  BOOST_TEST((models[2].sample(ProcessId(0), ProcessId(1), 5) == 20ms));
  BOOST_TEST((models[2].sample(ProcessId(1), ProcessId(0), 5) == 21ms));
  BOOST_TEST((models[2].smallest() == 1ms && models[2].largest() == 41ms));
}

BOOST_AUTO_TEST_CASE(draws_depend_on_the_key_and_both_ends) {
  const LatencyModel model(DelayDistribution::uniform(0ms, 1s));
  const auto d = [&](std::uint32_t from, std::uint32_t to, std::uint64_t key) {
    return model.sample(ProcessId(from), ProcessId(to), key);
  };
  BOOST_TEST((d(1, 2, 3) == d(1, 2, 3)));
  BOOST_TEST((d(1, 2, 3) != d(2, 1, 3)));
  BOOST_TEST((d(1, 2, 3) != d(1, 3, 3)));
  BOOST_TEST((d(1, 2, 3) != d(1, 2, 4)));
}

BOOST_AUTO_TEST_CASE(bounds_count_only_regions_with_replicas) {
  const DelayMatrix matrix{.names = {"a", "b", "c"},
                           .one_way = {1ms, 20ms, 30ms, 21ms, 2ms, 40ms, 31ms, 41ms, 3ms}};
  const std::vector<std::uint16_t> regions{0, 1};  // one each: nobody has a neighbour in its region
  const LatencyModel model(matrix, regions);
  BOOST_TEST((model.smallest() == 20ms && model.largest() == 21ms));
}

BOOST_AUTO_TEST_CASE(known_draws) {
  // The same under every compiler, flag and library: if these change, so does every trace hash.
  const auto ns = [](const DelayDistribution& d) {
    return nanoseconds(LatencyModel(d).sample(ProcessId(3), ProcessId(4), 12345));
  };
  BOOST_TEST(ns(DelayDistribution::uniform(0ms, 1s)) == 24'483'292);
  BOOST_TEST(ns(DelayDistribution::normal(40ms, 8ms, 1ms)) == 24'248'911);
  BOOST_TEST(ns(DelayDistribution::lognormal(90ms, 0.6)) == 27'618'301);
  BOOST_TEST(ns(DelayDistribution::exponential(60ms, 5ms)) == 6'363'339);
}

BOOST_AUTO_TEST_SUITE_END()
