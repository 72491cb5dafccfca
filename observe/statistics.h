// Estimates from runs: the middle of a figure with its uncertainty, factors, and how a figure grows
// with a size. The unit of all of them is the run: samples within one run depend on each other,
// runs do not.
//
// Figures of runs are skewed, have outliers and come in two kinds of seeds as soon as something
// goes wrong in some of them. Nothing holds a mean of these with ten runs, because the seeds that
// move it are often not among the ten. The median can be held whatever the distribution is: each
// run is below it or above it with the same probability, so that how many are is binomial, and two
// of the sorted values are its interval (Thompson 1936). bench/interval_coverage shows it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace byzlab {

/// The median of runs, and the interval of the median of all seeds.
struct Estimate {
  double value = 0, low = 0, high = 0;
  double mean = 0;        ///< of the same runs; it has no interval
  double confidence = 0;  ///< of low..high: 0.95, and less of fewer than six, which is their range
  std::uint64_t samples = 0;
  std::uint64_t above_zero = 0;  ///< samples that are
  double max = 0;
  std::uint64_t left_out = 0;  ///< of a factor: pairs that have none, because they divide by 0
};

/// Where one value says it all: an interval of order statistics, interpolated between the two that
/// hold the median in a little more and a little less than 95 % of the cases (Hettmansperger and
/// Sheather 1986).
Estimate median_of(std::span<const double> values);

/// The median of a[i] / b[i]. Pairs whose b is not above 0 are left out.
Estimate ratio_of(std::span<const double> a, std::span<const double> b);

/// Of two groups whose runs are not pairs: the ratio of their medians, with the interval that
/// follows from both of theirs (Zou and Donner 2008, on the logarithms). Samples are those of the
/// smaller group. There is none when the interval of b's median reaches down to 0.
Estimate unpaired_ratio_of(std::span<const double> a, std::span<const double> b);

/// y = factor · x^exponent.
struct PowerLaw {
  double exponent = 0, low = 0, high = 0, confidence = 0;  ///< with its interval
  double factor = 0;
  double r_squared = 0;        ///< share of the logarithms' variance that the law explains
  std::uint64_t samples = 0;   ///< slopes behind it; 0: there is no law
  std::uint64_t left_out = 0;  ///< slopes that could not be had: a value is 0 or not there
};

/// Least squares through the logarithms, seed by seed: the exponent is the median of the slopes. So
/// what the runs of a seed have in common, its load and its faults, does not widen the interval.
/// `y` is by size, then by seed. Sizes without any value are left out, seeds without one above 0 at
/// one of the others too. Needs three different x. The interval tells how well the exponent of a
/// power law is known; that the points follow one is r_squared's to say.
PowerLaw power_law_of(std::span<const double> x,
                      const std::vector<std::vector<std::optional<double>>>& y);

}  // namespace byzlab
