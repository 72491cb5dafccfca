// How often a double spend works, exactly: closed forms, and the race computed step by step.
//
// Rosenfeld, "Analysis of Hashrate-Based Double-Spending" (2014); Grunspan & Pérez-Marco, "Double
// spend races" (2017). Blocks arrive one by one, each the attacker's with probability q.
// docs/nakamoto.md derives the formulas. For reports and tests; no simulation depends on it.
#pragma once

#include <cstdint>

namespace byzlab::nakamoto {

struct DoubleSpendRace {
  double attacker_share = 0;        ///< q, of the hash power; the others have p = 1 - q
  std::uint32_t confirmations = 6;  ///< z
  bool premined = true;             ///< the attacker has one secret block when it pays
  bool tie_suffices = false;        ///< publishes an equally long chain, not only a longer one
};

/// Probability that the attacker, who never gives up, ever succeeds. Time Θ(z).
double double_spend_probability(const DoubleSpendRace& race);

/// The same when it gives up once it is more than `give_up_behind` blocks behind, by solving for
/// the value of every state of the race: shares nothing with the closed form. Time Θ(z² +
/// give_up_behind).
double double_spend_probability(const DoubleSpendRace& race, std::uint32_t give_up_behind);

}  // namespace byzlab::nakamoto
