// Selective send: tells only some of the replicas. All members of the adversary choose the same
// ones, and are always among them.
#pragma once

#include <algorithm>

#include "faults/behavior.h"

namespace byzlab::behaviors {

class SelectiveSend final : public Behavior {
 public:
  static constexpr auto kOptions = with_condition(std::array<OptionSpec, 3>{
      {{.name = "to",
        .type = OptionType::replicas,
        .default_text = "",
        .range = "",
        .doc = "who is told; nobody named: a random audience"},
       {.name = "share",
        .type = OptionType::probability,
        .default_text = "0.5",
        .range = "",
        .doc = "share of the replicas in a random audience"},
       {.name = "audience",
        .type = OptionType::choice,
        .default_text = "fixed",
        .range = "fixed|by_view|by_message",
        .doc = "one random audience for the run, one a view, or one a message"}}});

  explicit SelectiveSend(const Options& options)
      : told_(options.replicas("to").begin(), options.replicas("to").end()),
        share_(Probability::of(options.probability("share"))),
        by_view_(options.choice("audience") == "by_view"),
        by_message_(options.choice("audience") == "by_message") {}

  void on_send(Stage& on, const Outgoing& out) override {
    on.own_copy(out);
    const Rng audience = on.adversary().mind(audience_of(on, out));
    on.for_each_receiver(out, [&](ReplicaId r) {
      if (hears(r, audience) || on.adversary().is_member(r)) on.send(r, out.message);
    });
  }

 private:
  std::uint64_t audience_of(Stage& on, const Outgoing& out) const {
    if (by_view_) return mix(1, on.standing().view.value);
    return by_message_ ? mix(2, out.message.digest()) : 0;
  }
  bool hears(ReplicaId r, Rng audience) const {
    if (!told_.empty()) return std::find(told_.begin(), told_.end(), r) != told_.end();
    return share_.holds(audience.fork(r.value).key());
  }

  std::vector<ReplicaId> told_;
  Probability share_;
  bool by_view_, by_message_;
};

}  // namespace byzlab::behaviors
