// Thompson, W. R. (1936): On confidence ranges for the median and other expectation distributions
// for populations of unknown distribution form. Hettmansperger, T. P., Sheather, S. J. (1986):
// Confidence intervals based on interpolated order statistics. Zou, G. Y., Donner, A. (2008):
// Construction of confidence limits about effect measures.
#include "observe/statistics.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <limits>
#include <set>

namespace byzlab {
namespace {

constexpr double kConfidence = 0.95;
constexpr std::size_t kLeastFor95 = 6;

double mean(std::span<const double> values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

/// How often the median lies between the d-th smallest and the d-th largest of n values.
double held_between(std::size_t d, std::size_t n) {
  const boost::math::binomial_distribution<double> below(static_cast<double>(n), 0.5);
  return 1 - 2 * boost::math::cdf(below, static_cast<double>(d - 1));
}

/// The largest d with which it still does so often enough.
std::size_t depth_of(std::size_t n) {
  const auto count = static_cast<double>(n);
  auto d = static_cast<std::size_t>(std::max(1.0, std::floor(count / 2 - std::sqrt(count))));
  while (held_between(d + 1, n) >= kConfidence) ++d;
  return d;
}

/// Of sorted values.
void put_interval(std::span<const double> sorted, Estimate& e) {
  const std::size_t n = sorted.size();
  if (n < kLeastFor95) {
    e.low = sorted.front();
    e.high = sorted.back();
    e.confidence = n < 2 ? 0 : held_between(1, n);
    return;
  }
  const std::size_t d = depth_of(n);
  const double wide = held_between(d, n), narrow = held_between(d + 1, n);
  const double part = (wide - kConfidence) / (wide - narrow);
  const auto outer = static_cast<double>(d), all = static_cast<double>(n);
  const double inwards = (all - outer) * part / (outer + (all - 2 * outer) * part);
  const auto between = [&](double far, double near) { return far + inwards * (near - far); };
  e.low = between(sorted[d - 1], sorted[d]);
  e.high = between(sorted[n - d], sorted[n - d - 1]);
  e.confidence = kConfidence;
}

struct Line {
  double slope = 0, intercept = 0;
};

Line line_through(std::span<const double> u, std::span<const double> v) {
  const double u_mean = mean(u), v_mean = mean(v);
  double uu = 0, uv = 0;
  for (std::size_t i = 0; i < u.size(); ++i) {
    uu += (u[i] - u_mean) * (u[i] - u_mean);
    uv += (u[i] - u_mean) * (v[i] - v_mean);
  }
  return {.slope = uv / uu, .intercept = v_mean - uv / uu * u_mean};
}

/// Share of the variance of all points that the line explains.
double explained_by(const Line& line, std::span<const double> u, std::span<const double> v) {
  const double v_mean = mean(v);
  double all = 0, left = 0;
  for (std::size_t i = 0; i < u.size(); ++i) {
    const double off = v[i] - line.intercept - line.slope * u[i];
    left += off * off;
    all += (v[i] - v_mean) * (v[i] - v_mean);
  }
  return all > 0 ? 1 - left / all : 1;
}

}  // namespace

Estimate median_of(std::span<const double> values) {
  if (values.empty()) return {};
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  const std::size_t n = sorted.size();
  Estimate e{.value = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2,
             .mean = mean(sorted),
             .samples = n,
             .max = sorted.back()};
  e.above_zero = static_cast<std::uint64_t>(sorted.end() - std::ranges::upper_bound(sorted, 0.0));
  put_interval(sorted, e);
  return e;
}

Estimate ratio_of(std::span<const double> a, std::span<const double> b) {
  std::vector<double> factors;
  const std::size_t pairs = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < pairs; ++i) {
    if (b[i] > 0) factors.push_back(a[i] / b[i]);
  }
  Estimate e = median_of(factors);
  e.left_out = pairs - factors.size();
  return e;
}

Estimate unpaired_ratio_of(std::span<const double> a, std::span<const double> b) {
  const Estimate ours = median_of(a), theirs = median_of(b);
  const std::uint64_t samples = std::min(ours.samples, theirs.samples);
  if (samples == 0) return {};
  if (theirs.low <= 0) return {.left_out = samples};
  const auto off = [](double from, double to) { return std::log(to / from); };
  const auto width = [](double x, double y) { return std::exp(std::sqrt(x * x + y * y)); };
  const double factor = ours.value / theirs.value;
  const double below = off(theirs.value, theirs.high), above = off(theirs.low, theirs.value);
  Estimate e{.value = factor,
             .low = ours.low > 0 ? factor / width(off(ours.low, ours.value), below) : 0,
             .high = factor,
             .mean = ours.mean / theirs.mean,
             .confidence = std::min(ours.confidence, theirs.confidence),
             .samples = samples,
             .above_zero = samples};
  if (ours.value > 0)
    e.high = factor * width(off(ours.value, ours.high), above);
  else
    e.high = ours.high / theirs.low;
  e.max = e.high;
  return e;
}

PowerLaw power_law_of(std::span<const double> x,
                      const std::vector<std::vector<std::optional<double>>>& y) {
  std::vector<std::size_t> sizes;  // that have values
  std::size_t seeds = 0;
  std::set<double> different;
  for (std::size_t s = 0; s < x.size() && s < y.size(); ++s) {
    const bool any = std::ranges::any_of(y[s], [](const auto& v) { return v.has_value(); });
    if (!any || !(x[s] > 0)) continue;
    sizes.push_back(s);
    seeds = std::max(seeds, y[s].size());
    different.insert(x[s]);
  }
  if (different.size() < 3) return {};
  PowerLaw law;
  std::vector<double> slopes, all_u, all_v;
  for (std::size_t seed = 0; seed < seeds; ++seed) {
    std::vector<double> u, v;
    bool tried = false;
    for (const std::size_t s : sizes) {
      const auto value = seed < y[s].size() ? y[s][seed] : std::nullopt;
      tried = tried || value;
      if (!value || !(*value > 0)) continue;
      u.push_back(std::log(x[s]));
      v.push_back(std::log(*value));
    }
    if (u.size() < sizes.size()) {
      law.left_out += tried ? 1 : 0;
      continue;
    }
    slopes.push_back(line_through(u, v).slope);
    all_u.insert(all_u.end(), u.begin(), u.end());
    all_v.insert(all_v.end(), v.begin(), v.end());
  }
  if (slopes.empty()) return {.left_out = law.left_out};
  const Estimate exponent = median_of(slopes);
  const Line line{.slope = exponent.value, .intercept = mean(all_v) - exponent.value * mean(all_u)};
  law.exponent = exponent.value;
  law.low = exponent.low;
  law.high = exponent.high;
  law.confidence = exponent.confidence;
  law.factor = std::exp(line.intercept);
  law.r_squared = explained_by(line, all_u, all_v);
  law.samples = slopes.size();
  return law;
}

}  // namespace byzlab
