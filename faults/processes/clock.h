// clock: { who: r1, drift: 0.05 }. A clock that is wrong; right again when the window ends.
//
// An engine lives by its clock: what it takes for the time, and when its timers are due. Skew: it
// was always off, and no timer notices. Jump: it is set, so that timers it leaps over are due at
// once, and those ahead of a step back wait that much longer. Drift: it runs fast or slow.
#pragma once

#include <array>
#include <cmath>

#include "faults/fault.h"

namespace byzlab::faults {

class Clock final : public Fault {
 public:
  static constexpr std::array<OptionSpec, 5> kOptions{
      {{.name = "who",
        .type = OptionType::selector,
        .doc = "the replicas whose clock it is",
        .required = true},
       {.name = "skew",
        .type = OptionType::duration,
        .default_text = "0s",
        .range = "0s..1d",
        .doc = "it is off by so much, and no timer notices"},
       {.name = "jump",
        .type = OptionType::duration,
        .default_text = "0s",
        .range = "0s..1d",
        .doc = "it is set by so much, and timers are due by it"},
       {.name = "back",
        .type = OptionType::flag,
        .default_text = "false",
        .doc = "skew and jump are back, not forward, and drift is slow, not fast"},
       {.name = "drift",
        .type = OptionType::number,
        .default_text = "0",
        .range = "0..0.9",
        .doc = "by what share it runs fast"}}};

  explicit Clock(const Options& options)
      : fault_{.skew = options.duration("skew"),
               .jump = options.duration("jump"),
               .drift = std::llround(options.number("drift") * 1e9)} {
    if (!options.flag("back")) return;
    fault_.skew = -fault_.skew;
    fault_.jump = -fault_.jump;
    fault_.drift = -fault_.drift;
  }

  void begin(Ground& ground, const FaultReach& reach) override {
    for (const ReplicaId r : reach.who) ground.turn_clock(r, fault_);
  }

 private:
  ClockFault fault_;
};

}  // namespace byzlab::faults
