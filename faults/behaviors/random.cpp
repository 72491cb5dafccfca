#include "faults/behaviors/random.h"

#include "base/quantity.h"
#include "faults/behaviors/corrupt.h"
#include "faults/behaviors/delay.h"
#include "faults/behaviors/replay.h"
#include "faults/behaviors/selective_send.h"
#include "faults/behaviors/silent.h"

namespace byzlab::behaviors {

Random::Random(const Options& options)
    : period_(options.duration("period")), together_(options.flag("together")) {
  const std::string late = duration_text(options.duration("late"));
  const std::string every = duration_text(period_);
  parts_.push_back(std::make_unique<Silent>(Options(Silent::kOptions)));
  parts_.push_back(
      std::make_unique<Delay>(Options(Delay::kOptions).with("add", "1us").with("jitter", late)));
  parts_.push_back(std::make_unique<SelectiveSend>(
      Options(SelectiveSend::kOptions).with("audience", "by_message")));
  parts_.push_back(std::make_unique<Corrupt>(Options(Corrupt::kOptions)));
  parts_.push_back(std::make_unique<Replay>(Options(Replay::kOptions).with("every", every)));
}

void Random::on_send(Stage& on, const Outgoing& out) {
  const std::uint64_t i = pick(on);
  Stage part = on.part(static_cast<std::uint8_t>(i));
  parts_[i]->on_send(part, out);
}

std::uint64_t Random::pick(Stage& on) const {
  if (!together_) return on.rng().below(parts_.size());
  const auto period = static_cast<std::uint64_t>(on.now().time_since_epoch() / period_);
  return on.adversary().mind(mix(3, period)).below(parts_.size());
}

void Random::begin(Stage& on) {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    Stage part = on.part(static_cast<std::uint8_t>(i));
    parts_[i]->begin(part);
  }
}

void Random::saw(Stage& on, const Message& m) {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    Stage part = on.part(static_cast<std::uint8_t>(i));
    parts_[i]->saw(part, m);
  }
}

void Random::on_alarm(Stage& on, Timer timer, bool acts) {
  const std::size_t i = timer.id - std::size_t{1};
  if (i >= parts_.size()) return;
  Stage part = on.part(static_cast<std::uint8_t>(i));
  parts_[i]->on_alarm(part, timer, acts);
}

void Random::end(Stage& on) {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    Stage part = on.part(static_cast<std::uint8_t>(i));
    parts_[i]->end(part);
  }
}

}  // namespace byzlab::behaviors
