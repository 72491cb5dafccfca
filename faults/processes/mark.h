// mark: "the attack begins". A note on the timeline and every chart; nothing happens.
#pragma once

#include <array>

#include "faults/fault.h"

namespace byzlab::faults {

class Mark final : public Fault {
 public:
  static constexpr std::array<OptionSpec, 1> kOptions{
      {{.name = "text", .type = OptionType::text, .doc = "the note", .required = true}}};
  explicit Mark(const Options&) {}

  void begin(Ground&, const FaultReach&) override {}
};

}  // namespace byzlab::faults
