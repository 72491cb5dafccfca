// Selfish mining's relative revenue beside Eyal & Sirer's formula, and stale shares beside D/(T+D).
//
//   byzlab_fidelity_selfish [blocks of a cell, default 400000]
//
// Exits with 1 when a revenue is further than 0.005 from the formula, or a stale share further from
// its own than chance and finitely many miners explain (three sigma, and 1/n of it).
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "tests/nakamoto/selfish.h"

namespace byzlab::nakamoto {
namespace {

/// In runs of at most 100 000 blocks, each with a seed of its own: no tree gets large.
double measured_revenue(const SelfishPool& pool, std::uint64_t blocks) {
  constexpr std::uint64_t kRun = 100'000;
  double by_pool = 0;
  std::uint64_t seed = 1;
  for (std::uint64_t left = blocks; left > 0; ++seed) {
    const std::uint64_t now = std::min(left, kRun);
    const auto chain = selfish_chain({.pool = pool, .seed = seed}, now);
    by_pool += static_cast<double>(std::count(chain.begin(), chain.end(), true));
    left -= now;
  }
  return by_pool / static_cast<double>(blocks);
}

/// Share of the blocks of `n` honest miners that are not in the longest chain.
double measured_stale_share(std::uint32_t n, Duration delay, std::uint64_t blocks) {
  const Options options(kOptions);
  const Open* first = nullptr;
  Miners miners(
      {.power = std::vector<Power>(n, 1), .delay = delay, .seed = 1, .make = [&](ReplicaId) {
         auto miner = std::make_unique<Open>(options);
         if (first == nullptr) first = miner.get();
         return miner;
       }});
  miners.run(kNever, [&] { return first->best().height() >= blocks; });
  const auto found = static_cast<double>(first->best().tree().size() - 1);
  return 1 - static_cast<double>(first->best().height()) / found;
}

int run(std::uint64_t blocks) {
  int wrong = 0;
  std::printf("relative revenue of a selfish pool, %llu blocks a cell\n",
              static_cast<unsigned long long>(blocks));
  std::printf("alpha gamma  measured   formula     error\n");
  for (const double a : {0.2, 0.3, 0.4, 0.45}) {
    for (const double g : {0.0, 0.5, 1.0}) {
      const double revenue = measured_revenue({.share = a, .gamma = g}, blocks);
      const double formula = selfish_relative_revenue({.share = a, .gamma = g});
      const bool met = std::abs(revenue - formula) <= 0.005;
      wrong += met ? 0 : 1;
      std::printf("%5.2f %5.2f %9.5f %9.5f %+9.5f  %s%s\n", a, g, revenue, formula,
                  revenue - formula, met ? "within 0.005" : "OUTSIDE 0.005",
                  formula > a ? ", earns more than its share" : "");
    }
  }
  std::printf("\nstale blocks of 128 honest miners, 20000 heights a row\n");
  std::printf("  D/T   measured   D/(T+D)     error\n");
  for (const int delay : {6, 60, 300}) {
    const double share = measured_stale_share(128, std::chrono::seconds(delay), 20'000);
    const double expected = delay / (600.0 + delay);
    // The finder knows its block at once: O(1/n) of the figure; and sqrt(count) of chance.
    const double bound = expected * (1.0 / 128 + 3 / std::sqrt(20'000 * delay / 600.0));
    const bool met = std::abs(share - expected) <= bound;
    wrong += met ? 0 : 1;
    std::printf("%5.2f %9.5f %9.5f %+9.5f  %s %.5f\n", delay / 600.0, share, expected,
                share - expected, met ? "within" : "OUTSIDE", bound);
  }
  std::printf("%.1f s of CPU\n", static_cast<double>(std::clock()) / CLOCKS_PER_SEC);
  return wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace byzlab::nakamoto

int main(int argc, char** argv) {
  const std::uint64_t blocks = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 0;
  return byzlab::nakamoto::run(blocks == 0 ? 400'000 : blocks);
}
