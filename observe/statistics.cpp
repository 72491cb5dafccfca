#include "observe/statistics.h"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <vector>

namespace byzlab {

Estimate mean_of(std::span<const double> values) {
  if (values.empty()) return {};
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  for (const double v : values) sum += v;
  const double mean = sum / n;
  if (values.size() == 1) return {.mean = mean, .low = mean, .high = mean, .samples = 1};
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  const double t = boost::math::quantile(boost::math::students_t(n - 1), 0.975);
  const double half = t * std::sqrt(squares / (n - 1) / n);
  return {.mean = mean, .low = mean - half, .high = mean + half, .samples = values.size()};
}

Estimate ratio_of(std::span<const double> a, std::span<const double> b) {
  std::vector<double> logarithms;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (a[i] > 0 && b[i] > 0) logarithms.push_back(std::log(a[i] / b[i]));
  }
  Estimate e = mean_of(logarithms);
  if (e.samples == 0) return e;
  return {.mean = std::exp(e.mean),
          .low = std::exp(e.low),
          .high = std::exp(e.high),
          .samples = e.samples};
}

}  // namespace byzlab
