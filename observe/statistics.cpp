#include "observe/statistics.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <set>
#include <vector>

namespace byzlab {
namespace {

/// Half of the 95 % interval, in standard errors.
double students_t(double degrees_of_freedom) {
  return boost::math::quantile(boost::math::students_t(degrees_of_freedom), 0.975);
}

double mean(std::span<const double> values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

/// The squared standard error of the mean; at least two values.
double squared_error(std::span<const double> values, double mean) {
  const auto n = static_cast<double>(values.size());
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return squares / (n - 1) / n;
}

Estimate as_factor(const Estimate& e) {
  if (e.samples == 0) return e;
  return {.mean = std::exp(e.mean),
          .low = std::exp(e.low),
          .high = std::exp(e.high),
          .samples = e.samples};
}

std::vector<double> logarithms(std::span<const double> values) {
  std::vector<double> result;
  for (const double v : values) {
    if (v > 0) result.push_back(std::log(v));
  }
  return result;
}

}  // namespace

Estimate mean_of(std::span<const double> values) {
  if (values.empty()) return {};
  const double middle = mean(values);
  if (values.size() == 1) return {.mean = middle, .low = middle, .high = middle, .samples = 1};
  const double half =
      students_t(static_cast<double>(values.size()) - 1) * std::sqrt(squared_error(values, middle));
  return {.mean = middle, .low = middle - half, .high = middle + half, .samples = values.size()};
}

Estimate ratio_of(std::span<const double> a, std::span<const double> b) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (a[i] > 0 && b[i] > 0) differences.push_back(std::log(a[i] / b[i]));
  }
  return as_factor(mean_of(differences));
}

Estimate unpaired_ratio_of(std::span<const double> a, std::span<const double> b) {
  const auto ours = logarithms(a), theirs = logarithms(b);
  const std::uint64_t samples = std::min(ours.size(), theirs.size());
  if (samples == 0) return {};
  const double difference = mean(ours) - mean(theirs);
  Estimate e{.mean = difference, .low = difference, .high = difference, .samples = samples};
  if (samples > 1) {
    const double u = squared_error(ours, mean(ours)), v = squared_error(theirs, mean(theirs));
    const double freedom =  // Welch and Satterthwaite's
        (u + v) * (u + v) /
        (u * u / static_cast<double>(ours.size() - 1) +
         v * v / static_cast<double>(theirs.size() - 1));
    const double half = u + v > 0 ? students_t(freedom) * std::sqrt(u + v) : 0;
    e.low -= half;
    e.high += half;
  }
  return as_factor(e);
}

PowerLaw power_law_of(std::span<const double> x, std::span<const double> y) {
  std::vector<double> u, v;
  for (std::size_t i = 0; i < x.size() && i < y.size(); ++i) {
    if (!(x[i] > 0 && y[i] > 0)) continue;
    u.push_back(std::log(x[i]));
    v.push_back(std::log(y[i]));
  }
  if (std::set(u.begin(), u.end()).size() < 3) return {};
  const double u_mean = mean(u), v_mean = mean(v);
  double uu = 0, uv = 0, vv = 0;
  for (std::size_t i = 0; i < u.size(); ++i) {
    uu += (u[i] - u_mean) * (u[i] - u_mean);
    uv += (u[i] - u_mean) * (v[i] - v_mean);
    vv += (v[i] - v_mean) * (v[i] - v_mean);
  }
  const double slope = uv / uu, freedom = static_cast<double>(u.size()) - 2;
  const double unexplained = std::max(0.0, vv - slope * uv);
  const double half = students_t(freedom) * std::sqrt(unexplained / freedom / uu);
  return {.exponent = slope,
          .low = slope - half,
          .high = slope + half,
          .factor = std::exp(v_mean - slope * u_mean),
          .r_squared = vv > 0 ? 1 - unexplained / vv : 1,
          .samples = u.size()};
}

}  // namespace byzlab
