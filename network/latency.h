// How long a packet is on its way, without queueing: a base delay of the pair's regions plus a draw
// from a distribution.
//
// A draw is a function of (key, from, to) and of nothing else, so it does not matter in which
// order, or whether, others are drawn. It is one hash and one look-up in a table of 4096 quantiles,
// linear in between: integers only. Where a tail is heavy (lognormal with a sigma above 1) the last
// step of the table is a table of its own, and so on, down to a probability of 2^-48. The tables
// are made by network/portable_math.h, which uses + -
// * / and sqrt only, so they are the same under every compiler and C library.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/rng.h"
#include "base/time.h"

namespace byzlab {

/// A distribution of delays, by its quantiles.
class DelayDistribution {
 public:
  static DelayDistribution constant(Duration delay);
  /// On [min, max].
  static DelayDistribution uniform(Duration min, Duration max);
  /// Whatever falls below `min` is `min`.
  static DelayDistribution normal(Duration mean, Duration stddev, Duration min);
  /// exp of a normal with standard deviation `sigma`; whatever falls below `min` is `min`, and what
  /// is above longest() is that.
  static DelayDistribution lognormal(Duration median, double sigma, Duration min = Duration{0});
  /// min + Exp(mean - min): `mean` is the mean.
  static DelayDistribution exponential(Duration mean, Duration min = Duration{0});

  /// No delay is longer: 73 years, more than any run lasts, and a few of them still fit the clock.
  static constexpr Duration longest() { return Duration{std::int64_t{1} << 61}; }

  /// What a loop over many draws keeps in registers. Not for heavy tails.
  struct Draw {
    const std::uint32_t* quantiles;
    Duration smallest;
    unsigned shift;

    /// The value for 64 random bits, monotone in them.
    Duration operator()(std::uint64_t random_bits) const {
      const std::uint32_t* const low = quantiles + (random_bits >> 52);
      const std::uint64_t between =
          std::uint64_t{low[1] - low[0]} * static_cast<std::uint32_t>(random_bits >> 20) >> 32;
      return smallest + Duration{static_cast<std::int64_t>((low[0] + between) << shift)};
    }
  };
  Draw draw() const { return {quantiles_.data(), smallest_, shift_}; }
  Duration at(std::uint64_t random_bits) const {
    return has_heavy_tail_ ? at_heavy(random_bits) : draw()(random_bits);
  }
  bool is_constant() const { return is_constant_; }
  bool has_heavy_tail() const { return has_heavy_tail_; }
  Duration smallest() const { return smallest_; }
  Duration largest() const {
    if (has_heavy_tail_) return tail_.back();
    return smallest_ + Duration{std::int64_t{quantiles_[kSteps]} << shift_};
  }

 private:
  static constexpr std::size_t kSteps = 4096;
  static constexpr std::size_t kLevels = 4;  // tables of a heavy tail
  Duration at_heavy(std::uint64_t random_bits) const;
  template <class Quantile>
  static DelayDistribution tabulate(Quantile quantile, Duration min);

  Duration smallest_{0};
  unsigned shift_ = 0;  // quantiles count 2^shift ns: 0 up to 4.2 s of spread
  bool is_constant_ = true;
  bool has_heavy_tail_ = false;
  std::vector<std::uint32_t> quantiles_ =
      std::vector<std::uint32_t>(kSteps + 1, 0);  // above smallest_
  std::vector<Duration> tail_;                    // level × step, of a heavy tail; else none
};

/// One-way delays between named places.
struct DelayMatrix {
  std::vector<std::string> names;
  std::vector<Duration> one_way;  ///< from × to, row by row

  Duration at(std::size_t from, std::size_t to) const { return one_way[from * names.size() + to]; }
};

class LatencyModel {
 public:
  /// The same distribution on every link.
  explicit LatencyModel(DelayDistribution everywhere);
  /// matrix[region of from][region of to] + a draw. `region_of` has one entry a process, an index
  /// into the matrix.
  LatencyModel(const DelayMatrix& matrix, std::span<const std::uint16_t> region_of,
               DelayDistribution jitter = DelayDistribution::constant(Duration{0}));

  Duration sample(ProcessId from, ProcessId to, std::uint64_t key) const {
    return base(from, to) + draw_.at(bits(from, to, key));
  }

  /// arrivals[i] = leave + sample(from, to[i], key), for a whole broadcast.
  void sample(ProcessId from, std::span<const ProcessId> to, Time leave, std::uint64_t key,
              std::span<Time> arrivals) const;

  /// The delay for 64 random bits, monotone in them.
  Duration delay_at(ProcessId from, ProcessId to, std::uint64_t random_bits) const {
    return base(from, to) + draw_.at(random_bits);
  }
  /// Every link has the same distribution.
  bool is_uniform() const { return region_of_.empty(); }
  /// Bounds of every delay there can be.
  Duration smallest() const { return smallest_; }
  Duration largest() const { return largest_; }

 private:
  static std::uint64_t bits(ProcessId from, ProcessId to, std::uint64_t key) {
    return mix(key ^ (std::uint64_t{from.value} << 32 | to.value));
  }
  Duration base(ProcessId from, ProcessId to) const {
    if (region_of_.empty()) return Duration{0};
    return base_[region_of_[from.value] * regions_ + region_of_[to.value]];
  }

  DelayDistribution draw_;
  std::size_t regions_ = 0;
  std::vector<Duration> base_;            // regions × regions; empty when there are none
  std::vector<std::uint16_t> region_of_;  // by process
  Duration smallest_{0};
  Duration largest_{0};
};

}  // namespace byzlab
