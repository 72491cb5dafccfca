// Estimates from runs: means with their uncertainty, ratios, and how a figure grows with a size.
// The unit of all of them is the run: samples within one run depend on each other, runs do not.
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

/// The same of two groups whose runs are not pairs: the ratio of their geometric means, with
/// Welch's interval of the logarithms (Welch 1947). Samples are those of the smaller group; values
/// that are not above 0 are left out.
Estimate unpaired_ratio_of(std::span<const double> a, std::span<const double> b);

/// y = factor · x^exponent.
struct PowerLaw {
  double exponent = 0, low = 0, high = 0;  ///< with its 95 % interval
  double factor = 0;
  double r_squared = 0;  ///< share of the logarithms' variance that the law explains
  std::uint64_t samples = 0;
};

/// Least squares through the logarithms; the interval is Student's with samples - 2 degrees of
/// freedom. Points with a coordinate that is not above 0 are left out. Needs three points over
/// three different x; else samples is 0. The interval tells how well the exponent of a power law is
/// known; that the points follow one is r_squared's to say.
PowerLaw power_law_of(std::span<const double> x, std::span<const double> y);

}  // namespace byzlab
