// How often blocks are found too early, against the closed forms of docs/nakamoto.md. Fixed seeds:
// deterministic.
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/poisson.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "tests/nakamoto/miners.h"

namespace byzlab::nakamoto {
namespace {

using namespace std::chrono_literals;

/// What is counted while `miners` equal ones work on links of one constant delay.
struct Counts {
  std::uint64_t blocks = 0;
  std::uint64_t blind = 0;  ///< found while their miner had not seen the block found before them
  std::uint64_t height = 0;
};

/// An honest miner that writes down what it could know.
class Observant final : public Nakamoto {
 public:
  struct World {
    Counts counts;
    Digest last;
  };
  Observant(const Options& options, World& world) : Nakamoto(options), world_(world) {}

 private:
  void found_block(Context& ctx) override {
    const bool first = world_.counts.blocks++ == 0;
    if (!first && !chain().tree().contains(world_.last)) ++world_.counts.blind;
    Nakamoto::found_block(ctx);
    for (const Effect& effect : ctx.outbox().effects) {
      if (const auto* note = std::get_if<Note>(&effect)) {
        world_.last = note->subject;
        world_.counts.height = std::max(world_.counts.height, note->value);
      }
    }
  }
  World& world_;
};

Counts mine(std::uint32_t n, Duration delay, std::uint64_t blocks, std::uint64_t seed) {
  Observant::World world;
  const Options options = Options(kOptions).with("block_interval", "10min");
  Miners miners(
      {.power = std::vector<Power>(n, 1), .delay = delay, .seed = seed, .make = [&](ReplicaId) {
         return std::make_unique<Observant>(options, world);
       }});
  miners.run(kNever, [&] { return world.counts.blocks == blocks; });
  return world.counts;
}

/// `count` lies inside the central 99 % of the distribution.
template <class Distribution>
bool plausible(const Distribution& d, std::uint64_t count) {
  const auto k = static_cast<double>(count);
  return cdf(d, k) > 0.005 && (count == 0 || cdf(complement(d, k - 1)) > 0.005);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fork_rate)

// A block is found within D of the one before it with probability 1 - exp(-D/T), by somebody else
// with probability 1 - 1/n, independently of each other and of all other blocks.
BOOST_AUTO_TEST_CASE(share_of_blocks_whose_miner_had_not_seen_the_previous_one) {
  constexpr std::uint64_t kBlocks = 10000;
  for (const std::uint32_t n : {2u, 10u}) {
    for (const Duration delay : {Duration(6s), Duration(60s), Duration(600s)}) {
      const Counts c = mine(n, delay, kBlocks, 1);
      const double share = (1 - 1.0 / n) * (1 - std::exp(-seconds(delay) / 600));
      const boost::math::binomial_distribution<double> expected(kBlocks - 1, share);
      BOOST_TEST(plausible(expected, c.blind), "n " << n << " D " << seconds(delay)
                                                    << " s: " << c.blind << ", expected "
                                                    << share * (kBlocks - 1));
    }
  }
}

// With many miners the blocks beside the longest chain are, a height, Poisson with mean D/T, so
// that D/(T+D) of all blocks are stale. The finder of a block knows it at once, which is worth
// O(1/n).
BOOST_AUTO_TEST_CASE(share_of_stale_blocks) {
  for (const Duration delay : {Duration(6s), Duration(60s), Duration(300s)}) {
    const Counts c = mine(128, delay, 6000, 2);
    const double per_height = seconds(delay) / 600;
    const boost::math::poisson_distribution<double> expected(static_cast<double>(c.height) *
                                                             per_height);
    const std::uint64_t stale = c.blocks - c.height;
    BOOST_TEST(plausible(expected, stale),
               "D " << seconds(delay) << " s: " << stale << " stale, expected " << expected.mean());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::nakamoto
