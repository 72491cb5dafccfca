// One double spend between an attacker and a merchant who mines honestly, on links without delay:
// the race of the papers, fought by the real engines.
#pragma once

#include <optional>

#include "consensus/nakamoto/double_spend_odds.h"
#include "tests/nakamoto/miners.h"

namespace byzlab::nakamoto {

inline constexpr ReplicaId kAttacker{0};
inline constexpr ReplicaId kMerchant{1};

struct RaceSetup {
  DoubleSpendRace race;
  std::uint32_t give_up_behind = 50;
};

inline Options race_options(const RaceSetup& setup) {
  const auto z = std::to_string(setup.race.confirmations);
  return Options(kPrivateMinerOptions)
      .with("confirmations", z)
      .with("release_after", z)
      .with("give_up_behind", std::to_string(setup.give_up_behind))
      .with("premined", setup.race.premined ? "true" : "false")
      .with("success", setup.race.tie_suffices ? "tie" : "longer");
}

/// The attacker has its share of the power, rounded to thousandths; the merchant all the rest.
inline Miners race_miners(const RaceSetup& setup, const Options& options, std::uint64_t seed) {
  const auto attacker = static_cast<Power>(setup.race.attacker_share * 1000 + 0.5);
  return Miners({.power = {attacker, 1000 - attacker},
                 .delay = {},
                 .seed = seed,
                 .make = [confirmations = options.text("confirmations"),
                          options](ReplicaId r) -> std::unique_ptr<Engine> {
                   if (r == kAttacker) return std::make_unique<PrivateMiner>(options);
                   const Options honest = Options(kOptions).with("confirmations", confirmations);
                   return std::make_unique<Nakamoto>(honest);
                 }});
}

struct RaceOutcome {
  bool published = false;
  bool cheated = false;  ///< the merchant committed the payment, then the other spend of the coin
};

/// Follows a log: what has become of the coins so far.
class RaceWatch {
 public:
  /// Reads what has been added to the log. True when an attempt is over: it worked, or the attacker
  /// mines honestly again.
  bool over(const Miners& miners) {
    for (; read_ < miners.log.size(); ++read_) {
      const auto& what = miners.log[read_].what;
      if (const auto* commit = std::get_if<Miners::Committed>(&what)) {
        if (commit->replica == kMerchant) read(*commit->block);
      } else if (const auto* noted = std::get_if<Miners::Noted>(&what)) {
        if (noted->replica != kAttacker) continue;
        outcome.published |= noted->note.milestone == Milestone::published;
        honest_again_ |= noted->note.milestone == Milestone::proposed;
      }
    }
    return outcome.cheated || honest_again_;
  }
  RaceOutcome outcome;

 private:
  void read(const Block& block) {
    for (const Request& r : block.requests) {
      if (r.coin == 0) continue;
      outcome.cheated |= paid_ && paid_->coin == r.coin && paid_->id != r.id;
      if (!paid_) paid_ = r;
    }
  }
  std::size_t read_ = 0;
  bool honest_again_ = false;
  std::optional<Request> paid_;  // the first spend the merchant committed
};

inline RaceOutcome run_race(const RaceSetup& setup, const Options& options, std::uint64_t seed) {
  Miners miners = race_miners(setup, options, seed);
  RaceWatch watch;
  miners.run(kStart + std::chrono::hours(24 * 365), [&] { return watch.over(miners); });
  watch.over(miners);
  return watch.outcome;
}

}  // namespace byzlab::nakamoto
