// The clock of one machine, which may be wrong: local time as a function of true time.
//
// Engines live by it: what Context::now() says and when timers are due. Three things can be wrong
// with it, and add up:
//  - skew: it has always been off by so much. Whoever runs on it notices nothing: timers that are
//    armed keep what is left of them;
//  - a jump: it is set forward or back. Timers are due at moments of this clock, so those that it
//    leaps over are due at once, and those ahead of a step back wait that much longer;
//  - drift: it runs fast or slow, in billionths. A timer of 1 s takes 1 s of this clock. What it
//  gained
//    stays when it runs right again, until it is set.
// Integers only, so that every build agrees.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace byzlab {

class LocalClock {
 public:
  bool right() const { return offset_ == Duration{0} && rate_ == 0; }

  Time at(Time t) const { return t + offset_ + gained(t - since_, rate_); }
  /// How far it goes in that much true time.
  Duration ticks(Duration d) const { return d + gained(d, rate_); }
  /// How long, in true time, until it has gone that far; rounded up, so that a timer never fires
  /// before its time.
  Duration lasts(Duration ticks) const {
    if (rate_ == 0) return ticks;
    const auto speed = static_cast<__int128>(kBillion + rate_);
    const __int128 time = static_cast<__int128>(ticks.count()) * kBillion;
    const __int128 up = time > 0 ? speed - 1 : 0;
    return Duration{static_cast<std::int64_t>((time + up) / speed)};
  }

  void shift(Duration by) { offset_ += by; }
  void drift(Time now, std::int64_t by) {
    offset_ += gained(now - since_, rate_);
    since_ = now;
    rate_ += by;
    if (rate_ <= -kBillion) rate_ = 1 - kBillion;  // it never stands still
  }

  /// How far a rate leads it from true time in so long; towards zero.
  static Duration gained(Duration d, std::int64_t billionths) {
    return Duration{
        static_cast<std::int64_t>(static_cast<__int128>(d.count()) * billionths / kBillion)};
  }

 private:
  static constexpr std::int64_t kBillion = 1'000'000'000;
  Duration offset_{0};
  Time since_ = kStart;    // of the present rate
  std::int64_t rate_ = 0;  // beside true time's, in billionths
};

}  // namespace byzlab
