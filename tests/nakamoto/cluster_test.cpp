// The same closed forms with everything around the engine: scenario file, cluster, network, judge.
// Fixed seeds: deterministic.
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/poisson.hpp>
#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

#include "consensus/nakamoto/double_spend_odds.h"
#include "testbed/run.h"
#include "testbed/scenario/load.h"

namespace byzlab::nakamoto {
namespace {

/// What miners tell about their blocks.
class Blocks final : public RunObserver {
 public:
  Interest interest() const override { return Interest::in<Noted>(); }
  void on(Time, const Event& event) override {
    const auto& noted = std::get<Noted>(event);
    if (noted.milestone != Milestone::proposed) return;
    ++found;
    by_others += noted.replica == ReplicaId(0) ? 0 : 1;
    height = std::max(height, noted.value);
  }
  std::uint64_t found = 0;
  std::uint64_t by_others = 0;  // than r0
  std::uint64_t height = 0;
};

Report run_text(std::string_view yaml, std::uint64_t seed, RunObserver* observer = nullptr) {
  const auto loaded = scenario::load_text(yaml, "test.yaml", catalogue(), {.seed = seed});
  BOOST_REQUIRE_MESSAGE(loaded.scenario, to_text(loaded.diagnostics, yaml));
  std::vector<RunObserver*> observers;
  if (observer != nullptr) observers.push_back(observer);
  return run(*loaded.scenario, {.seed = seed}, observers);
}

/// `count` lies inside the central 99 % of the distribution.
template <class Distribution>
bool plausible(const Distribution& d, std::uint64_t count) {
  const auto k = static_cast<double>(count);
  return cdf(d, k) > 0.005 && (count == 0 || cdf(complement(d, k - 1)) > 0.005);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(nakamoto_cluster)

/// Nineteen miners with a thousandth of the power need 52 years each for a block: more than a timer
/// is drawn from.
BOOST_AUTO_TEST_CASE(miners_whose_mean_is_longer_than_any_run_find_blocks_as_rarely_as_asked) {
  Blocks blocks;
  (void)run_text(
      "version: 1\nname: rare\nduration: 3650d\n"
      "protocol: { name: nakamoto, replicas: 20, power: { r0: 0.999, rest: equal }, "
      "options: { block_interval: 1d, confirmations: 1 } }\n"
      "network: { latency: 100ms }\n"
      "workload: { clients: 1, rate: 0.00001 tx/s }\n",
      5, &blocks);
  BOOST_TEST(plausible(boost::math::poisson(3.65), blocks.by_others), blocks.by_others);
  BOOST_TEST(plausible(boost::math::poisson(3650), blocks.found), blocks.found);
}

// docs/nakamoto.md: a height has 1 + Poisson(D/T) blocks, D/(T+D) of all blocks are stale.
BOOST_AUTO_TEST_CASE(stale_blocks_on_a_full_mesh) {
  for (const std::uint64_t delay : {6, 60, 300}) {
    Blocks blocks;
    const std::string yaml =
        "version: 1\nname: fork-rate\nduration: 40d\n"
        "protocol: { name: nakamoto, replicas: 128, options: { block_interval: 600s } }\n"
        "network: { latency: " +
        std::to_string(delay) +
        "s }\n"
        "workload: { clients: 1, rate: 0.0001 tx/s }\n"
        "expect: [ { integrity: holds } ]\n";
    run_text(yaml, 3, &blocks);
    const boost::math::poisson_distribution<double> expected(static_cast<double>(blocks.height) *
                                                             static_cast<double>(delay) / 600);
    BOOST_TEST(blocks.found > 5000u);
    BOOST_TEST(plausible(expected, blocks.found - blocks.height),
               "D " << delay << " s: " << blocks.found - blocks.height << " stale of "
                    << blocks.found << ", expected " << expected.mean());
  }
}

// Delays are short against the block interval, so that the race is nearly the papers'.
BOOST_AUTO_TEST_CASE(double_spends_succeed_as_often_as_rosenfeld_says) {
  constexpr std::uint64_t kRuns = 300;
  for (const std::uint32_t z : {1u, 2u}) {
    const std::string depth = std::to_string(z);
    const std::string yaml =
        "version: 1\nname: double-spend\nduration: 5d\n"
        "protocol: { name: nakamoto, replicas: 4, power: { r0: 0.3, rest: equal },\n"
        "            options: { block_interval: 10min, confirmations: " +
        depth +
        " } }\n"
        "network: { latency: 10ms }\n"
        "workload: { clients: 1, rate: 0.001 tx/s }\n"
        "adversary:\n"
        "  members: [r0]\n"
        "  behaviors: [ { double_spend: { merchant: r2, release_after: " +
        depth +
        ", give_up_behind: 20 } } ]\n"
        "expect: [ { double_spend: succeeds }, { agreement: violated } ]\n";
    std::uint64_t cheated = 0;
    for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
      for (const auto& e : run_text(yaml, seed).expectations) {
        cheated += e.property == scenario::Property::double_spend && e.status == Status::pass;
      }
    }
    const double exact = double_spend_probability({.attacker_share = 0.3, .confirmations = z}, 20);
    const boost::math::binomial_distribution<double> expected(kRuns, exact);
    BOOST_TEST(plausible(expected, cheated),
               "z " << z << ": " << cheated << " of " << kRuns << ", expected " << exact * kRuns);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::nakamoto
