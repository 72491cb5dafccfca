// Randomness that depends on what is drawn, not on when: counter-based, integer, the same
// everywhere.
//
// A draw is a hash (splitmix64's finaliser, Steele, Lea & Flood 2014) of a key and a counter, so
// two runs that ask the same question get the same answer whatever happened in between. No std::
// distribution and no libm is involved: those differ between libraries and flags.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace byzlab {

/// splitmix64's finaliser: a bijection on 64 bits whose output looks random.
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ull;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

/// Hash of several words, order-sensitive.
template <class... Words>
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b, Words... rest) {
  return mix(mix(a) ^ b, static_cast<std::uint64_t>(rest)...);
}

/// A probability as a threshold on 64 random bits; exact at 0 and 1.
class Probability {
 public:
  constexpr Probability() = default;
  /// p is clamped to [0, 1].
  static constexpr Probability of(double p) {
    Probability result;
    if (p >= 1.0) {
      result.certain_ = true;
    } else if (p > 0.0) {
      result.threshold_ = static_cast<std::uint64_t>(p * 18446744073709551616.0);
    }
    return result;
  }
  constexpr bool holds(std::uint64_t random_bits) const {
    return certain_ || random_bits < threshold_;
  }
  constexpr bool certain() const { return certain_; }
  constexpr bool never() const { return !certain_ && threshold_ == 0; }

 private:
  std::uint64_t threshold_ = 0;
  bool certain_ = false;
};

/// A stream of random words named by its key.
class Rng {
 public:
  constexpr explicit Rng(std::uint64_t key) : key_(key) {}

  constexpr std::uint64_t next() { return mix(key_ ^ (++counter_ * 0xD1342543DE82EF95ull)); }

  /// Uniform in [0, n); n > 0. Lemire's multiplication, its bias is below n / 2^64.
  constexpr std::uint64_t below(std::uint64_t n) {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * n) >> 64);
  }

  constexpr bool chance(Probability p) { return p.holds(next()); }

  /// Uniform in [low, high]; low ≤ high.
  constexpr Duration uniform(Duration low, Duration high) {
    const auto width = static_cast<std::uint64_t>((high - low).count());
    return low + Duration{static_cast<std::int64_t>(below(width + 1))};
  }

  /// Exponential with the given mean, exactly distributed up to the resolution of 2^-64 of the
  /// mean: von Neumann's comparison method (1951), which needs neither log nor floating point.
  constexpr Duration exponential(Duration mean) {
    return exponential(static_cast<unsigned __int128>(mean.count()));
  }

  /// The same for a mean below 2^100 ns, which a Duration need not hold. A draw that it does not
  /// hold is the longest duration there is: later than anything that happens.
  constexpr Duration exponential(unsigned __int128 mean) {
    for (std::uint64_t whole = 0;; ++whole) {
      const std::uint64_t first = next();
      std::uint64_t last = first;
      unsigned descents = 1;
      for (std::uint64_t u = next(); u <= last; u = next()) {
        last = u;
        ++descents;
      }
      if (descents % 2 == 0) continue;
      const auto low = static_cast<std::uint64_t>(mean);
      const unsigned __int128 share =
          (mean >> 64) * first + (static_cast<unsigned __int128>(low) * first >> 64);
      const unsigned __int128 draw = whole * mean + share;
      const auto most = static_cast<std::uint64_t>(Duration::max().count());
      return Duration{static_cast<std::int64_t>(draw < most ? draw : most)};
    }
  }

  /// An independent stream.
  constexpr Rng fork(std::uint64_t name) const { return Rng(mix(key_, name)); }

  constexpr std::uint64_t key() const { return key_; }

 private:
  std::uint64_t key_;
  std::uint64_t counter_ = 0;
};

}  // namespace byzlab
