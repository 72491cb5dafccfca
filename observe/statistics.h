// Estimates from runs: means with their uncertainty, and ratios of runs that share a seed.
#pragma once

#include <cstdint>
#include <span>

namespace byzlab {

/// A mean and the 95 % interval round it.
struct Estimate {
  double mean = 0, low = 0, high = 0;
  std::uint64_t samples = 0;
};

/// Student's interval. One sample has no width; none has no mean: samples is 0.
Estimate mean_of(std::span<const double> values);

/// The mean of a[i] / b[i] as a factor: the geometric mean, with Student's interval of the
/// logarithms. Pairs in which either is not above 0 have no ratio and are left out.
Estimate ratio_of(std::span<const double> a, std::span<const double> b);

}  // namespace byzlab
