// wipe: r1. A crash that loses the disk: started again empty, at once or when the window ends.
#pragma once

#include <array>

#include "faults/fault.h"

namespace byzlab::faults {

class Wipe final : public Fault {
 public:
  static constexpr std::array<OptionSpec, 1> kOptions{{{.name = "who",
                                                        .type = OptionType::selector,
                                                        .doc = "the replicas that lose their disk",
                                                        .required = true}}};
  explicit Wipe(const Options&) {}

  void begin(Ground& ground, const FaultReach& reach) override {
    for (const ReplicaId r : reach.who) {
      ground.lose_disk(r);
      if (ground.ends() == kNever) {
        ground.restart(r);
      } else {
        ground.hold_down(r);
      }
    }
  }
};

}  // namespace byzlab::faults
