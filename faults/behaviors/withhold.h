// Withhold: keeps messages of some kinds, by default votes, from all who are honest. Its fellow
// members get them.
#pragma once

#include "faults/behavior.h"

namespace byzlab::behaviors {

class Withhold final : public Behavior {
 public:
  static constexpr auto kOptions = with_condition(std::array<OptionSpec, 0>{}, "votes");

  explicit Withhold(const Options&) {}

  void on_send(Stage& on, const Outgoing& out) override {
    on.own_copy(out);
    on.for_each_receiver(out, [&](ReplicaId r) {
      if (on.adversary().is_member(r)) on.send(r, out.message);
    });
  }
};

}  // namespace byzlab::behaviors
