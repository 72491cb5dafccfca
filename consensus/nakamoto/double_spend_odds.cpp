#include "consensus/nakamoto/double_spend_odds.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace byzlab::nakamoto {
namespace {

/// Blocks the attacker must find beyond the honest ones after the payment: -1, 0 or 1.
int handicap(const DoubleSpendRace& race) {
  return (race.tie_suffices ? 0 : 1) - (race.premined ? 1 : 0);
}

}  // namespace

// P = 1 - Σ_{m=0}^{z+h-1} C(m+z-1, m) (p^z q^m - p^{m-h} q^{z+h}),   h the handicap, q < p.
//
// While the others find z blocks the attacker finds m, negative binomially distributed; from z+h-m
// > 0 blocks short of success it still gets there with probability (q/p)^{z+h-m} (gambler's ruin).
double double_spend_probability(const DoubleSpendRace& race) {
  const double q = race.attacker_share;
  const double p = 1 - q;
  if (q >= p) return 1;
  const int needed = static_cast<int>(race.confirmations) + handicap(race);
  double exactly_m = 1;  // C(m+z-1, m) p^z q^m
  for (std::uint32_t i = 0; i < race.confirmations; ++i) exactly_m *= p;
  double catches_up = 1;  // (q/p)^(needed-m)
  for (int i = 0; i < needed; ++i) catches_up *= q / p;
  double fails = 0;
  for (int m = 0; m < needed; ++m) {
    fails += exactly_m * (1 - catches_up);
    exactly_m *= q * (race.confirmations + static_cast<double>(m)) / (m + 1);
    catches_up *= p / q;
  }
  return 1 - fails;
}

double double_spend_probability(const DoubleSpendRace& race, std::uint32_t give_up_behind) {
  const double q = race.attacker_share;
  const double p = 1 - q;
  const int z = static_cast<int>(race.confirmations);
  const int limit = static_cast<int>(give_up_behind);
  const int start = race.premined ? 1 : 0;  // length of the secret chain when the race begins
  const int needed_lead = race.tie_suffices ? 0 : 1;

  // With the confirmations there, only d = public - secret length counts. The values solve
  // v(d) = q v(d-1) + p v(d+1) with v = 1 at the needed lead and 0 beyond the limit: forward
  // elimination gives v(d) = keep(d) v(d+1) + add(d), and then every v from the far end back.
  const int won = -needed_lead;
  const int lost = limit + 1;
  std::vector<double> value(static_cast<std::size_t>(std::max(lost - won + 1, 1)), 1.0);
  if (lost > won) {
    std::vector<double> keep(value.size(), 0.0);
    std::vector<double> add(value.size(), 1.0);
    for (std::size_t i = 1; i + 1 < value.size(); ++i) {
      const double pivot = 1 - q * keep[i - 1];
      keep[i] = p / pivot;
      add[i] = q * add[i - 1] / pivot;
    }
    value.back() = 0;
    for (std::size_t i = value.size() - 1; i-- > 0;) value[i] = keep[i] * value[i + 1] + add[i];
  }
  const auto from = [&](int behind) {
    if (behind <= won) return 1.0;
    return behind >= lost ? 0.0 : value[static_cast<std::size_t>(behind - won)];
  };

  // Before that: row n holds the values of secret lengths 0..enough, from n = z down. A chain of
  // `enough` blocks needs no more.
  const int enough = z + needed_lead;
  std::vector<double> row(static_cast<std::size_t>(enough) + 1);
  for (int secret = 0; secret <= enough; ++secret) row[secret] = from(z - secret);
  for (int n = z - 1; n >= 0; --n) {
    std::vector<double> next(row.size());
    next[enough] = 1;
    for (int secret = enough - 1; secret >= 0; --secret) {
      next[secret] = n - secret > limit ? 0 : q * next[secret + 1] + p * row[secret];
    }
    row = std::move(next);
  }
  return row[std::min(start, enough)];
}

}  // namespace byzlab::nakamoto
