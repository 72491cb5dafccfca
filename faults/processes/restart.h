// restart: r1. Stopped and started at once, with its disk; starts who is down, but not whom a
// window holds down.
#pragma once

#include <array>

#include "faults/fault.h"

namespace byzlab::faults {

class Restart final : public Fault {
 public:
  static constexpr std::array<OptionSpec, 1> kOptions{{{.name = "who",
                                                        .type = OptionType::selector,
                                                        .doc = "the replicas that restart",
                                                        .required = true}}};
  explicit Restart(const Options&) {}

  void begin(Ground& ground, const FaultReach& reach) override {
    for (const ReplicaId r : reach.who) {
      ground.restart(r);
    }
  }
};

}  // namespace byzlab::faults
