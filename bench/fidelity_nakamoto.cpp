// Success rates of nakamoto/private_miner beside the exact odds: every convention, q and z.
//
//   byzlab_fidelity_nakamoto [seeds, default 5000]
//
// Exits with 1 when a rate lies outside the 99.99 % interval of its exact value. Of cells that are
// right one in a hundred lies outside the 99 % interval, which is marked only.
#include <array>
#include <boost/math/distributions/binomial.hpp>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "tests/nakamoto/race.h"

namespace byzlab::nakamoto {
namespace {

std::uint64_t successes(const RaceSetup& setup, std::uint64_t seeds) {
  const Options options = race_options(setup);
  std::uint64_t count = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const RaceOutcome outcome = run_race(setup, options, seed);
    count += setup.race.tie_suffices ? outcome.published : outcome.cheated;
  }
  return count;
}

/// How unlikely a count this far out is, on its side.
double tail(std::uint64_t successes, std::uint64_t runs, double probability) {
  using namespace boost::math;
  const binomial_distribution<double> d(static_cast<double>(runs), probability);
  const auto k = static_cast<double>(successes);
  return std::min(cdf(d, k), successes == 0 ? 1.0 : cdf(complement(d, k - 1)));
}

int run(std::uint64_t seeds) {
  int wrong = 0;
  std::printf("private miner, %llu seeds a row, give_up_behind 50\n",
              static_cast<unsigned long long>(seeds));
  std::printf("premined success    q  z   measured      exact  closed form  inside 99 %%\n");
  for (const auto& [premined, tie] : {std::pair(true, false), {false, true}, {false, false}}) {
    for (const double q : {0.1, 0.3, 0.45}) {
      for (const std::uint32_t z : {1u, 2u, 6u}) {
        const RaceSetup setup{.race = {.attacker_share = q,
                                       .confirmations = z,
                                       .premined = premined,
                                       .tie_suffices = tie}};
        const double exact = double_spend_probability(setup.race, setup.give_up_behind);
        const std::uint64_t count = successes(setup, seeds);
        const double out = tail(count, seeds, exact);
        wrong += out < 0.00005;
        std::printf("%-8s %-7s %4.2f %2u %9.4f%% %9.4f%%   %9.4f%%  %s\n", premined ? "yes" : "no",
                    tie ? "tie" : "longer", q, z,
                    100 * static_cast<double>(count) / static_cast<double>(seeds), 100 * exact,
                    100 * double_spend_probability(setup.race),
                    out > 0.005     ? "yes"
                    : out < 0.00005 ? "NO, far out"
                                    : "no");
      }
    }
  }
  std::printf("%.1f s of CPU\n", static_cast<double>(std::clock()) / CLOCKS_PER_SEC);
  return wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace byzlab::nakamoto

int main(int argc, char** argv) {
  const std::uint64_t seeds = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 5000;
  return byzlab::nakamoto::run(seeds == 0 ? 5000 : seeds);
}
