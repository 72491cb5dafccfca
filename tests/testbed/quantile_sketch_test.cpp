// DDSketch against exact quantiles: the promised error on all kinds of data, also after merging.
#include "testbed/quantile_sketch.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "base/rng.h"

using namespace byzlab;
namespace tt = boost::test_tools;

namespace {

constexpr double kShares[] = {0, 0.001, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1};

/// The smallest sample that at least this share of the samples does not exceed.
double exact_quantile(std::vector<double> samples, double share) {
  std::ranges::sort(samples);
  const double rank = std::max(1.0, std::ceil(share * static_cast<double>(samples.size()) - 1e-9));
  return samples[static_cast<std::size_t>(rank) - 1];
}

QuantileSketch sketch_of(const std::vector<double>& samples) {
  QuantileSketch sketch;
  for (const double s : samples) sketch.add(s);
  return sketch;
}

double uniform(Rng& rng) { return static_cast<double>(rng.next() >> 11) * 0x1p-53; }

/// Samples that are hard for histograms, each kind in its own way.
std::vector<std::vector<double>> hard_data() {
  Rng rng(7);
  std::vector<std::vector<double>> all;
  auto& heavy = all.emplace_back();  // a tail over ten decades
  for (int i = 0; i < 5000; ++i) heavy.push_back(1e-3 * std::pow(1 - uniform(rng), -2.0));
  auto& two_worlds = all.emplace_back();  // microseconds and hours, nothing between
  for (int i = 0; i < 3000; ++i)
    two_worlds.push_back(i % 100 == 0 ? 3600 : 1e-6 * (1 + uniform(rng)));
  auto& geometric = all.emplace_back();  // every decade the same
  for (int i = 0; i < 2000; ++i) geometric.push_back(std::pow(10.0, -9 + 18 * uniform(rng)));
  auto& edges = all.emplace_back();  // exactly on the edges, and a bit to either side
  for (int i = -900; i < 900; i += 7) {
    const double edge = QuantileSketch::upper_edge(i);
    edges.insert(edges.end(), {edge, std::nextafter(edge, 0), std::nextafter(edge, 1e300)});
  }
  all.push_back({0.05});
  all.push_back(std::vector<double>(1000, 0.1));
  auto& rising = all.emplace_back();  // sorted, the worst order for many sketches
  for (int i = 1; i <= 4000; ++i) rising.push_back(i * 1e-4);
  auto& falling = all.emplace_back(rising);
  std::ranges::reverse(falling);
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(quantile_sketch)

BOOST_AUTO_TEST_CASE(every_quantile_is_within_the_relative_error) {
  for (const auto& samples : hard_data()) {
    const QuantileSketch sketch = sketch_of(samples);
    BOOST_TEST(sketch.count() == samples.size());
    for (const double share : kShares) {
      const double exact = exact_quantile(samples, share);
      // Edges are products of up to 1100 factors: some 1e-13 beside γ^i.
      BOOST_TEST(std::abs(*sketch.quantile(share) - exact) <=
                 exact * (QuantileSketch::kRelativeError + 1e-9));
    }
  }
}

BOOST_AUTO_TEST_CASE(merged_is_as_if_all_had_been_added_to_one) {
  for (const auto& samples : hard_data()) {
    std::vector<QuantileSketch> parts(7);
    for (std::size_t i = 0; i < samples.size(); ++i) parts[i * i % 7].add(samples[i]);
    QuantileSketch forward, backward;
    for (const auto& part : parts) forward.merge(part);
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) backward.merge(*part);
    BOOST_TEST((forward == sketch_of(samples)));
    BOOST_TEST((backward == forward));
  }
}

BOOST_AUTO_TEST_CASE(a_bucket_is_open_below_and_closed_above) {
  for (const int index : {-1000, -3, -1, 0, 1, 2, 100, 1000}) {
    const double edge = QuantileSketch::upper_edge(index);
    BOOST_TEST(edge == std::pow(QuantileSketch::kGamma, index), tt::tolerance(1e-11));
    BOOST_TEST(sketch_of({edge}).buckets().front().first == index);
    BOOST_TEST(sketch_of({std::nextafter(edge, 1e300)}).buckets().front().first == index + 1);
  }
}

BOOST_AUTO_TEST_CASE(what_is_written_can_be_read) {
  QuantileSketch once = sketch_of({0, 1e-10, -1, 0.25, 0.25, 7, 1e12});
  once.add(0.25, 40);
  BOOST_TEST(once.zeros() == 3u);
  QuantileSketch again;
  again.add(0, once.zeros());
  for (const auto& [index, count] : once.buckets()) BOOST_TEST(again.add_to_bucket(index, count));
  BOOST_TEST((again == once));
  BOOST_TEST(again.count() == 47u);
  BOOST_TEST(!again.add_to_bucket(100'000, 1));
  BOOST_TEST(!again.add_to_bucket(-100'000, 1));
  BOOST_TEST((again == once));
}

BOOST_AUTO_TEST_CASE(nothing_has_no_quantile_and_zeros_have) {
  BOOST_TEST(!QuantileSketch().quantile(0.5));
  BOOST_TEST(!sketch_of({std::nan("")}).quantile(0.5));
  const QuantileSketch mostly_zero = sketch_of({0, 0, 0, 5});
  BOOST_TEST(*mostly_zero.quantile(0.75) == 0.0);
  BOOST_TEST(*mostly_zero.quantile(0.76) == 5.0, tt::tolerance(0.01));
}

BOOST_AUTO_TEST_SUITE_END()
