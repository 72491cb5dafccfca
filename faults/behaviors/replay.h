// Replay: remembers what was said and says it again, its own words and those of others, these under
// their authors' signatures. What the engine sends goes out untouched.
#pragma once

#include "faults/behavior.h"

namespace byzlab::behaviors {

class Replay final : public Behavior {
 public:
  static constexpr auto kOptions = with_condition(
      std::array<OptionSpec, 4>{{{.name = "memory",
                                  .type = OptionType::count,
                                  .default_text = "64",
                                  .range = "1..100000",
                                  .doc = "how many of the latest messages it remembers"},
                                 {.name = "every",
                                  .type = OptionType::duration,
                                  .default_text = "1s",
                                  .range = "1us..1d",
                                  .doc = "time between two replays"},
                                 {.name = "burst",
                                  .type = OptionType::count,
                                  .default_text = "1",
                                  .range = "1..1000",
                                  .doc = "messages a replay"},
                                 {.name = "whose",
                                  .type = OptionType::choice,
                                  .default_text = "all",
                                  .range = "all|own|others",
                                  .doc = "whose messages it remembers"}}});

  explicit Replay(const Options& options)
      : capacity_(options.count("memory")),
        every_(options.duration("every")),
        burst_(options.count("burst")),
        own_(options.choice("whose") != "others"),
        others_(options.choice("whose") != "own") {}

  void begin(Stage& on) override { on.set_alarm(every_); }

  void on_send(Stage& on, const Outgoing& out) override { on.pass(out); }

  void saw(Stage& on, const Message& m) override {
    if (!(m.from() == on.self() ? own_ : others_)) return;
    HeldMessage held(on.ctx().store(), m);
    if (memory_.size() < capacity_) {
      memory_.push_back(std::move(held));
    } else {
      memory_[next_] = std::move(held);
      next_ = (next_ + 1) % capacity_;
    }
  }

  void on_alarm(Stage& on, Timer, bool acts) override {
    on.set_alarm(every_);
    if (!acts || memory_.empty()) return;
    for (std::uint64_t k = 0; k < burst_; ++k) {
      on.make_up(*memory_[on.rng().below(memory_.size())]);
    }
  }

  void end(Stage& on) override {
    on.cancel_alarm();
    memory_.clear();
    next_ = 0;
  }

 private:
  std::uint64_t capacity_;
  Duration every_;
  std::uint64_t burst_;
  bool own_, others_;
  std::vector<HeldMessage> memory_;  // a ring once it is full
  std::uint64_t next_ = 0;
};

}  // namespace byzlab::behaviors
