// A selfish pool and some honest miners on links of one constant delay, and who the blocks of the
// longest chain are by.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "consensus/nakamoto/selfish_miner.h"
#include "consensus/nakamoto/selfish_mining_odds.h"
#include "tests/nakamoto/miners.h"

namespace byzlab::nakamoto {

inline constexpr ReplicaId kPool{0};

struct SelfishSetup {
  SelfishPool pool;
  std::uint32_t honest = 3;  ///< miners, of equal power
  Duration delay{};
  std::uint64_t seed = 1;
};

/// An honest miner whose chain can be looked at.
class Open final : public Nakamoto {
 public:
  using Nakamoto::Nakamoto;
  const BestChain& best() const { return chain(); }
};

/// By height, from 1 on: is the block of the first honest miner's best chain the pool's? Runs until
/// that chain has `blocks`. Ties are decided by the miners' own draws, with the pool's γ.
inline std::vector<bool> selfish_chain(const SelfishSetup& setup, std::uint64_t blocks) {
  const Options options =
      Options(kOptions).with("tie_break", "gamma").with("gamma", std::to_string(setup.pool.gamma));
  constexpr Power kHonest = 1'000'000;
  std::vector<Power> power(setup.honest + 1, kHonest);
  power[kPool.value] = static_cast<Power>(setup.pool.share / (1 - setup.pool.share) *
                                              static_cast<double>(kHonest * setup.honest) +
                                          0.5);
  const Open* honest = nullptr;
  Miners miners({.power = power,
                 .delay = setup.delay,
                 .seed = setup.seed,
                 .make = [&](ReplicaId r) -> std::unique_ptr<Engine> {
                   if (r == kPool) return std::make_unique<SelfishMiner>(options);
                   auto miner = std::make_unique<Open>(options);
                   if (honest == nullptr) honest = miner.get();
                   return miner;
                 }});
  miners.run(kNever, [&] { return honest->best().height() >= blocks; });
  std::vector<bool> by_pool;
  for (std::uint64_t h = 1; h <= blocks; ++h) {
    by_pool.push_back(honest->best().tree()[honest->best().at(h)].proposer == kPool);
  }
  return by_pool;
}

}  // namespace byzlab::nakamoto
