// A histogram of fixed relative error, which can be merged: DDSketch (C. Masson, J. E. Rim, H. K.
// Lee: "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with Relative-Error Guarantees", VLDB
// 2019), with all its buckets kept.
//
// Bucket i counts the samples x with γ^(i-1) < x <= γ^i, where γ = (1 + α) / (1 - α) and α = 1 %
// (§2.1). Its answer 2 γ^i / (γ + 1) is within 1 % of every sample in it (Lemma 2), so that every
// quantile is within 1 % of the exact one of all samples together, however many sketches they came
// from (Propositions 3 and 4). That is not so of a mean of quantiles: the mean of ten runs' p99 is
// what a run's worst percent is like on average, the p99 of ten runs together is what the worst
// percent of all requests saw.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace byzlab {

class QuantileSketch {
 public:
  static constexpr double kRelativeError = 0.01;
  static constexpr double kGamma = (1 + kRelativeError) / (1 - kRelativeError);
  /// Samples of any length a Duration can have, in seconds: from 1 ns to 292 years.
  static constexpr double kSmallest = 1e-9, kLargest = 9.3e9;

  /// Samples below kSmallest, negative ones too, count as 0; samples above kLargest as kLargest; a
  /// NaN is no sample.
  void add(double sample, std::uint64_t times = 1);
  /// The same as if the other's samples had been added here.
  void merge(const QuantileSketch& other);

  /// The smallest sample that at least this share of the samples does not exceed, within
  /// kRelativeError of it; none without samples. `share` is in 0..1.
  std::optional<double> quantile(double share) const;

  std::uint64_t count() const { return count_; }
  /// Samples that count as 0.
  std::uint64_t zeros() const { return zeros_; }
  /// Buckets that are not empty, as index and count, ascending.
  std::vector<std::pair<int, std::uint64_t>> buckets() const;
  /// As written by zeros() and buckets(): puts `times` samples into bucket `index`; false, and no
  /// change, when there is no such bucket.
  bool add_to_bucket(int index, std::uint64_t times);

  /// γ^index: the largest sample of a bucket.
  static double upper_edge(int index);

  friend bool operator==(const QuantileSketch&, const QuantileSketch&) = default;

 private:
  std::vector<std::uint64_t> counts_;  // from bucket first_ to the last that is not empty
  int first_ = 0;
  std::uint64_t count_ = 0, zeros_ = 0;
};

}  // namespace byzlab
