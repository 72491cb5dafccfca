#include "consensus/nakamoto/selfish_mining_odds.h"

namespace byzlab::nakamoto {

double selfish_relative_revenue(const SelfishPool& pool) {
  const double a = pool.share;
  const double g = pool.gamma;
  const double numerator = a * (1 - a) * (1 - a) * (4 * a + g * (1 - 2 * a)) - a * a * a;
  return numerator / (1 - a * (1 + (2 - a) * a));
}

double selfish_threshold(double gamma) { return (1 - gamma) / (3 - 2 * gamma); }

}  // namespace byzlab::nakamoto
