// Silent: says nothing, to everybody or to some. With probability it stutters.
#pragma once

#include <algorithm>

#include "faults/behavior.h"

namespace byzlab::behaviors {

class Silent final : public Behavior {
 public:
  static constexpr auto kOptions = with_condition(
      std::array<OptionSpec, 1>{{{.name = "to",
                                  .type = OptionType::replicas,
                                  .default_text = "",
                                  .range = "",
                                  .doc = "who hears nothing; nobody named: everybody"}}});

  explicit Silent(const Options& options)
      : deaf_(options.replicas("to").begin(), options.replicas("to").end()) {}

  void on_send(Stage& on, const Outgoing& out) override {
    on.own_copy(out);
    if (deaf_.empty()) return;
    on.for_each_receiver(out, [&](ReplicaId r) {
      if (std::find(deaf_.begin(), deaf_.end(), r) == deaf_.end()) on.send(r, out.message);
    });
  }

 private:
  std::vector<ReplicaId> deaf_;
};

}  // namespace byzlab::behaviors
