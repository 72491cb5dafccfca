// Delay: packets arrive later by a fixed time and a uniform jitter on top.
#pragma once

#include "faults/links/draw.h"
#include "network/link.h"

namespace byzlab::links {

class Delay final : public LinkRule {
 public:
  /// Later by add plus a uniform draw from [0, jitter].
  Delay(Where where, Duration add, Duration jitter)
      : LinkRule(std::move(where)), add_(add), jitter_(jitter) {}

  void shape(const Message&, Rng key, Fates& fates) override {
    if (jitter_ == Duration::zero()) {
      delay(fates, [add = add_](const auto&) { return add; });
    } else {
      delay(fates, [add = add_, jitter = jitter_, key](const auto& packet) {
        return add + up_to(draw(key, packet), jitter);
      });
    }
  }

 private:
  template <class By>
  void delay(Fates& fates, By by) {
    std::uint64_t delayed = 0;
    for (std::size_t i = 0; i < fates.to.size(); ++i) {
      if (fates.arrival[i] == kNever || !to_matches(fates.to[i])) continue;
      fates.arrival[i] += by(fates.to[i]);
      ++delayed;
    }
    for (Fates::Copy& copy : fates.copies) {
      if (!to_matches(copy.to)) continue;
      copy.arrival += by(copy);
      ++delayed;
    }
    count(delayed);
  }

  Duration add_, jitter_;
};

}  // namespace byzlab::links
