#include "network/latency.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <utility>

#include "network/portable_math.h"

namespace byzlab {

namespace {

constexpr auto kLongest = static_cast<double>(DelayDistribution::longest().count());

/// The table's last step must stand for a tail that has no end. With its end at this share of the
/// step the mean of the step is right: exactly for an exponential tail, nearly for a normal one.
constexpr double kTail = 0.13533528323661270;  // e^-2

Duration rounded(double ns) {
  return Duration{static_cast<std::int64_t>(std::clamp(ns, 0.0, kLongest) + 0.5)};
}

}  // namespace

// ------------------------------------------------------------------------------ distributions

/// `quantile(p)` in ns for the ends of the steps; the outermost two stand in for p = 0 and p = 1.
template <class Quantile>
DelayDistribution DelayDistribution::tabulate(Quantile quantile, Duration min) {
  std::vector<Duration> ends(kSteps + 1);
  for (std::size_t i = 0; i <= kSteps; ++i) {
    const double inner = i == 0 ? kTail : i == kSteps ? kSteps - kTail : static_cast<double>(i);
    ends[i] = std::max(min, rounded(quantile(inner / static_cast<double>(kSteps))));
    if (i > 0) ends[i] = std::max(ends[i], ends[i - 1]);
  }
  DelayDistribution result;
  result.smallest_ = ends.front();
  const auto spread = static_cast<std::uint64_t>((ends.back() - ends.front()).count());
  result.is_constant_ = spread == 0;
  result.shift_ =
      static_cast<unsigned>(std::max<int>(static_cast<int>(std::bit_width(spread)) - 32, 0));
  for (std::size_t i = 0; i <= kSteps; ++i) {
    const auto above = static_cast<std::uint64_t>((ends[i] - result.smallest_).count());
    result.quantiles_[i] = static_cast<std::uint32_t>(above >> result.shift_);
  }
  return result;
}

DelayDistribution DelayDistribution::constant(Duration delay) {
  DelayDistribution result;
  result.smallest_ = std::max(delay, Duration{0});
  return result;
}

DelayDistribution DelayDistribution::uniform(Duration min, Duration max) {
  const auto low = static_cast<double>(min.count());
  const auto width = static_cast<double>((max - min).count());
  return tabulate(
      [=](double p) {
        if (p < 1.0 / kSteps) p = 0;  // it has no tails
        if (p > 1 - 1.0 / kSteps) p = 1;
        return low + width * p;
      },
      min);
}

DelayDistribution DelayDistribution::normal(Duration mean, Duration stddev, Duration min) {
  const auto m = static_cast<double>(mean.count());
  const auto s = static_cast<double>(stddev.count());
  return tabulate([=](double p) { return m + s * portable::inverse_normal(p); }, min);
}

DelayDistribution DelayDistribution::lognormal(Duration median, double sigma, Duration min) {
  const auto m = static_cast<double>(median.count());
  const auto at = [=](double z) { return m * portable::exp(sigma * z); };
  if (sigma <= 1) return tabulate([=](double p) { return at(portable::inverse_normal(p)); }, min);

  // Each level is the last step of the one before it. What is exceeded with probability q is, by
  // symmetry, what a normal falls below with q: exact for the smallest q.
  DelayDistribution result;
  result.has_heavy_tail_ = true;
  result.is_constant_ = false;
  double all = 1;  // the probability that a level stands for
  for (std::size_t level = 0; level < kLevels; ++level) {
    for (std::size_t i = 0; i <= kSteps; ++i) {
      const bool first = level == 0 && i == 0;
      const double above = first         ? kSteps - kTail
                           : i == kSteps ? kTail
                                         : static_cast<double>(kSteps - i);
      const Duration end = rounded(at(-portable::inverse_normal(all * above / kSteps)));
      result.tail_.push_back(std::max(min, end));
    }
    all /= kSteps;
  }
  result.smallest_ = result.tail_.front();
  return result;
}

Duration DelayDistribution::at_heavy(std::uint64_t random_bits) const {
  const Duration* table = tail_.data();
  for (std::size_t level = 1; level < kLevels && random_bits >> 52 == kSteps - 1; ++level) {
    table += kSteps + 1;
    random_bits <<= 12;
  }
  const Duration* const low = table + (random_bits >> 52);
  const auto step = static_cast<unsigned __int128>((low[1] - low[0]).count());
  return low[0] + Duration{static_cast<std::int64_t>(step * (random_bits << 12) >> 64)};
}

DelayDistribution DelayDistribution::exponential(Duration mean, Duration min) {
  const auto low = static_cast<double>(min.count());
  const auto above = static_cast<double>((mean - min).count());
  return tabulate(
      [=](double p) {
        if (p < 1.0 / kSteps) p = 0;  // the lower end is sharp
        return low - above * portable::log(1 - p);
      },
      min);
}

// -------------------------------------------------------------------------------------- model

LatencyModel::LatencyModel(DelayDistribution everywhere)
    : draw_(std::move(everywhere)), smallest_(draw_.smallest()), largest_(draw_.largest()) {}

LatencyModel::LatencyModel(const DelayMatrix& matrix, std::span<const std::uint16_t> region_of,
                           DelayDistribution jitter)
    : draw_(std::move(jitter)),
      regions_(matrix.names.size()),
      base_(matrix.one_way),
      region_of_(region_of.begin(), region_of.end()) {
  std::vector<std::uint32_t> inhabitants(regions_, 0);
  for (const auto region : region_of_) {
    assert(region < regions_);
    ++inhabitants[region];
  }
  Duration least = Duration::max();
  Duration most{0};
  for (std::size_t from = 0; from < regions_; ++from) {
    for (std::size_t to = 0; to < regions_; ++to) {
      if (inhabitants[from] == 0 || inhabitants[to] == 0) continue;
      if (from == to && inhabitants[from] < 2) continue;
      least = std::min(least, matrix.at(from, to));
      most = std::max(most, matrix.at(from, to));
    }
  }
  for (Duration& base : base_) base = std::min(base, DelayDistribution::longest());
  smallest_ = sum(std::min(least, most), draw_.smallest());
  largest_ = sum(most, draw_.largest());
}

void LatencyModel::sample(ProcessId from, std::span<const ProcessId> to, Time leave,
                          std::uint64_t key, std::span<Time> arrivals) const {
  assert(arrivals.size() == to.size());
  const bool one_region = region_of_.empty();
  const Duration* const row = one_region ? nullptr : &base_[region_of_[from.value] * regions_];
  const std::uint16_t* const region_of = region_of_.data();
  if (draw_.is_constant()) {
    const Time least = leave + draw_.smallest();
    if (one_region) {
      std::ranges::fill(arrivals, least);
    } else {
      for (std::size_t i = 0; i < to.size(); ++i) arrivals[i] = least + row[region_of[to[i].value]];
    }
    return;
  }
  if (draw_.has_heavy_tail()) {
    for (std::size_t i = 0; i < to.size(); ++i) {
      arrivals[i] = leave + sample(from, to[i], key);
    }
    return;
  }
  const DelayDistribution::Draw draw = draw_.draw();
  if (one_region) {
    for (std::size_t i = 0; i < to.size(); ++i) {
      arrivals[i] = leave + draw(bits(from, to[i], key));
    }
  } else {
    for (std::size_t i = 0; i < to.size(); ++i) {
      arrivals[i] = leave + row[region_of[to[i].value]] + draw(bits(from, to[i], key));
    }
  }
}

}  // namespace byzlab
