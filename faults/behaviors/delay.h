// Delay: holds messages back and sends them later; a late proposal or vote is a lie about time.
//
// Its own engine is not deceived: its copy of a broadcast comes at once.
#pragma once

#include <algorithm>

#include "faults/behavior.h"

namespace byzlab::behaviors {

class Delay final : public Behavior {
 public:
  static constexpr std::array<OptionSpec, 2> kOwn{
      {{.name = "add",
        .type = OptionType::duration,
        .default_text = "500ms",
        .range = "1us..1d",
        .doc = "how much later messages leave"},
       {.name = "jitter",
        .type = OptionType::duration,
        .default_text = "0s",
        .range = "0s..1d",
        .doc = "more lateness, uniform in [0, jitter]"}}};
  static constexpr auto kOptions = with_condition(kOwn);
  static constexpr auto kProposalOptions = with_condition(kOwn, "proposals");

  explicit Delay(const Options& options)
      : add_(options.duration("add")), jitter_(options.duration("jitter")) {}

  void on_send(Stage& on, const Outgoing& out) override {
    on.own_copy(out);
    const Held held{.due = on.now() + add_ + on.rng().uniform(Duration::zero(), jitter_),
                    .to = out.to,
                    .message = {}};
    const auto place = std::upper_bound(held_.begin(), held_.end(), held,
                                        [](const Held& a, const Held& b) { return a.due < b.due; });
    const bool first = place == held_.begin();
    held_.insert(place, Held{.due = held.due,
                             .to = held.to,
                             .message = HeldMessage(on.ctx().store(), out.message)});
    if (first) on.set_alarm(held_.front().due - on.now());
  }

  void on_alarm(Stage& on, Timer, bool) override {
    let_go(on, on.now());
    if (!held_.empty()) on.set_alarm(held_.front().due - on.now());
  }

  void end(Stage& on) override {
    let_go(on, kNever);
    on.cancel_alarm();
  }

 private:
  struct Held {
    Time due;
    std::optional<ReplicaId> to;
    HeldMessage message;
  };

  void let_go(Stage& on, Time now) {
    auto end = held_.begin();
    for (; end != held_.end() && end->due <= now; ++end) {
      if (end->to) {
        on.send(*end->to, *end->message);
      } else {
        on.to_others(*end->message);
      }
    }
    held_.erase(held_.begin(), end);
  }

  Duration add_, jitter_;
  std::vector<Held> held_;  // by due, then by when they were held back
};

}  // namespace byzlab::behaviors
