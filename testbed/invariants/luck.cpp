#include "testbed/invariants/luck.h"

#include <algorithm>
#include <cmath>

namespace byzlab::luck {

/// The attacker makes k blocks while the others make z, and makes up for what it lacks then: the
/// sum of positive terms, so that small chances keep their digits.
double reversal(double q, std::uint64_t z) {
  const double p = 1 - q;
  if (q >= p) return 1;
  if (q <= 0) return z == 0 ? 1 : 0;
  const auto zd = static_cast<double>(z);
  const double odds = std::log(q / p);
  double sum = 0, tail = 1;
  double log_made = zd * std::log(p);  // of C(k + z - 1, k) p^z q^k
  for (std::uint64_t k = 0; k < z; ++k) {
    const auto kd = static_cast<double>(k);
    sum += std::exp(log_made + (zd - kd) * odds);
    tail -= std::exp(log_made);
    log_made += std::log(q) + std::log((kd + zd) / (kd + 1));
  }
  return std::min(1.0, sum + std::max(tail, 0.0));
}

double fork(Duration delay, Duration interval, std::uint64_t z) {
  if (interval <= Duration{0}) return 1;
  const double meanwhile = -std::expm1(-seconds(delay) / seconds(interval));
  return std::pow(meanwhile, static_cast<double>(z));
}

double ever(double chance, double tries) {
  if (chance >= 1) return 1;
  return -std::expm1(tries * std::log1p(-chance));
}

}  // namespace byzlab::luck
