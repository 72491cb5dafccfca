#include "testbed/quantile_sketch.h"

#include <algorithm>
#include <cmath>

namespace byzlab {
namespace {

/// γ^i for all i in use. Made by multiplication, and searched: no logarithm, whose last bit is the
/// library's, decides on which side of an edge a sample falls.
struct Edges {
  std::vector<double> at;  // ascending
  int first = 0;           // the index of at[0]: the bucket that holds kSmallest

  Edges() {
    for (double edge = 1; edge >= QuantileSketch::kSmallest; edge /= QuantileSketch::kGamma)
      at.push_back(edge);
    first = 1 - static_cast<int>(at.size());
    std::ranges::reverse(at);
    while (at.back() < QuantileSketch::kLargest) at.push_back(at.back() * QuantileSketch::kGamma);
  }
  int index_of(double sample) const {
    return first + static_cast<int>(std::ranges::lower_bound(at, sample) - at.begin());
  }
  bool has(int index) const {
    return index >= first && index < first + static_cast<int>(at.size());
  }
};

const Edges& edges() {
  static const Edges table;
  return table;
}

}  // namespace

void QuantileSketch::add(double sample, std::uint64_t times) {
  if (std::isnan(sample)) return;
  if (sample < kSmallest) {
    zeros_ += times;
    count_ += times;
    return;
  }
  add_to_bucket(edges().index_of(std::min(sample, kLargest)), times);
}

void QuantileSketch::merge(const QuantileSketch& other) {
  for (const auto& [index, times] : other.buckets()) add_to_bucket(index, times);
  zeros_ += other.zeros_;
  count_ += other.zeros_;
}

std::optional<double> QuantileSketch::quantile(double share) const {
  if (count_ == 0) return std::nullopt;
  // The rank, from 1: as exact quantiles have it.
  const double rank = std::max(1.0, std::ceil(share * static_cast<double>(count_) - 1e-9));
  auto below = static_cast<double>(zeros_);
  if (rank <= below) return 0.0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    below += static_cast<double>(counts_[i]);
    if (rank <= below || i + 1 == counts_.size())
      return 2 * upper_edge(first_ + static_cast<int>(i)) / (kGamma + 1);
  }
  return 0.0;
}

std::vector<std::pair<int, std::uint64_t>> QuantileSketch::buckets() const {
  std::vector<std::pair<int, std::uint64_t>> result;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] > 0) result.emplace_back(first_ + static_cast<int>(i), counts_[i]);
  }
  return result;
}

bool QuantileSketch::add_to_bucket(int index, std::uint64_t times) {
  if (!edges().has(index)) return false;
  if (times == 0) return true;
  if (counts_.empty()) first_ = index;
  if (index < first_) {
    counts_.insert(counts_.begin(), static_cast<std::size_t>(first_ - index), 0);
    first_ = index;
  }
  const auto at = static_cast<std::size_t>(index - first_);
  if (at >= counts_.size()) counts_.resize(at + 1);
  counts_[at] += times;
  count_ += times;
  return true;
}

double QuantileSketch::upper_edge(int index) {
  const Edges& table = edges();
  return table.at[static_cast<std::size_t>(
      std::clamp(index - table.first, 0, static_cast<int>(table.at.size()) - 1))];
}

}  // namespace byzlab
