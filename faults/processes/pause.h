// pause: r1. Stopped but not dead: what arrives meanwhile is handled when the window ends.
#pragma once

#include <array>

#include "faults/fault.h"

namespace byzlab::faults {

class Pause final : public Fault {
 public:
  static constexpr std::array<OptionSpec, 1> kOptions{{{.name = "who",
                                                        .type = OptionType::selector,
                                                        .doc = "the replicas that stand still",
                                                        .required = true}}};
  explicit Pause(const Options&) {}

  void begin(Ground& ground, const FaultReach& reach) override {
    for (const ReplicaId r : reach.who) {
      ground.hold_still(r);
    }
  }
};

}  // namespace byzlab::faults
