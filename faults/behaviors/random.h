// Random: a hostile replica that does now this and now that. What the conformance suite attacks
// every engine with.
//
// For each matching message it picks one of: silence, lateness, a part of the audience, corruption;
// and it replays now and then. With `together`, all members pick the same during a period, as one
// mind would.
#pragma once

#include <memory>

#include "faults/behavior.h"

namespace byzlab::behaviors {

class Random final : public Behavior {
 public:
  static constexpr auto kOptions = with_condition(std::array<OptionSpec, 3>{
      {{.name = "late",
        .type = OptionType::duration,
        .default_text = "500ms",
        .range = "1us..1d",
        .doc = "most lateness of a late message"},
       {.name = "period",
        .type = OptionType::duration,
        .default_text = "1s",
        .range = "1us..1d",
        .doc = "time between two replays, and for which members pick together"},
       {.name = "together",
        .type = OptionType::flag,
        .default_text = "false",
        .range = "",
        .doc = "members pick alike during a period, else each for each message"}}});

  explicit Random(const Options& options);

  void begin(Stage&) override;
  void on_send(Stage&, const Outgoing& out) override;
  void saw(Stage&, const Message&) override;
  void on_alarm(Stage&, Timer, bool acts) override;
  void end(Stage&) override;

 private:
  std::uint64_t pick(Stage&) const;

  Duration period_;
  bool together_;
  std::vector<std::unique_ptr<Behavior>> parts_;
};

}  // namespace byzlab::behaviors
