// become: { who: r3, behavior: silent }. Turns Byzantine; honest again when the window ends.
#pragma once

#include <array>

#include "faults/fault.h"

namespace byzlab::faults {

class Become final : public Fault {
 public:
  static constexpr std::array<OptionSpec, 2> kOptions{
      {{.name = "who", .type = OptionType::selector, .doc = "the replicas", .required = true},
       {.name = "behavior",
        .type = OptionType::behavior,
        .doc = "a name, or a map of one name to its options",
        .required = true}}};
  explicit Become(const Options&) {}

  void begin(Ground& ground, const FaultReach& reach) override {
    for (const ReplicaId r : reach.who) ground.turn(r);
  }
};

}  // namespace byzlab::faults
