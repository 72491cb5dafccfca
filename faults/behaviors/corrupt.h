// Corrupt: says nonsense under a valid signature. Bits of its own messages are flipped before they
// are signed; what still decodes is sent, as authentic as it is hostile.
#pragma once

#include "faults/behavior.h"

namespace byzlab::behaviors {

class Corrupt final : public Behavior {
 public:
  static constexpr auto kOptions = with_condition(std::array<OptionSpec, 1>{
      {{.name = "differ",
        .type = OptionType::probability,
        .default_text = "0.5",
        .range = "",
        .doc = "share of the corrupted broadcasts that are corrupted differently for each replica, "
               "and for half of them not at all"}}});

  explicit Corrupt(const Options& options)
      : differ_(Probability::of(options.probability("differ"))) {}

  void on_send(Stage& on, const Outgoing& out) override;

 private:
  Probability differ_;
};

/// The message with a few bits flipped that decodes to another one, by the same author and not
/// signed; null when none of eight attempts does. Nobody holds it yet.
Message* mutate(Context& ctx, const Message& m, Rng rng);

}  // namespace byzlab::behaviors
