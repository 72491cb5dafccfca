// crash: r1. Down until the window ends, then restarted with its disk; without `for` it stays down,
// unless a restart or a wipe starts it.
#pragma once

#include <array>

#include "faults/fault.h"

namespace byzlab::faults {

class Crash final : public Fault {
 public:
  static constexpr std::array<OptionSpec, 1> kOptions{{{.name = "who",
                                                        .type = OptionType::selector,
                                                        .doc = "the replicas that crash",
                                                        .required = true}}};
  explicit Crash(const Options&) {}

  void begin(Ground& ground, const FaultReach& reach) override {
    for (const ReplicaId r : reach.who) {
      ground.hold_down(r);
    }
  }
};

}  // namespace byzlab::faults
