// What selfish mining earns, in closed form: Eyal & Sirer 2014, equations 7 to 9. For reports and
// tests; no simulation depends on it. docs/nakamoto.md has the conventions.
#pragma once

namespace byzlab::nakamoto {

struct SelfishPool {
  double share = 0;  ///< α, of the hash power
  double gamma = 0;  ///< γ, share of the others' power that mines on the pool's block in a tie
};

/// R: the share of the blocks of the longest chain that are the pool's (equation 8). 0 ≤ α < 1/2.
double selfish_relative_revenue(const SelfishPool& pool);

/// The α above which R > α (equation 9): (1 − γ) / (3 − 2γ).
double selfish_threshold(double gamma);

}  // namespace byzlab::nakamoto
