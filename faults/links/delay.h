// Delay: packets arrive later by a fixed time and a uniform jitter on top.
#pragma once

#include "faults/links/draw.h"
#include "faults/links/link_fault.h"
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
      fates.arrival[i] = later(fates.arrival[i], by(fates.to[i]));
      ++delayed;
    }
    for (Fates::Copy& copy : fates.copies) {
      if (!to_matches(copy.to)) continue;
      copy.arrival = later(copy.arrival, by(copy));
      ++delayed;
    }
    count(delayed);
  }

  Duration add_, jitter_;
};

}  // namespace byzlab::links

namespace byzlab::faults {

/// `delay: { links: r0 -> all, add: 100ms }`
class Delay final : public LinkFault {
 public:
  static constexpr auto kOptions =
      on_links(std::array<OptionSpec, 2>{{{.name = "add",
                                           .type = OptionType::duration,
                                           .range = "0s..30d",
                                           .doc = "added to every packet",
                                           .required = true},
                                          {.name = "jitter",
                                           .type = OptionType::duration,
                                           .default_text = "0s",
                                           .range = "0s..30d",
                                           .doc = "up to this on top, uniform"}}});

  explicit Delay(const Options& options)
      : LinkFault(options), add_(options.duration("add")), jitter_(options.duration("jitter")) {}

 protected:
  void describe(FaultReach& reach) const override { reach.adds = add_ + jitter_; }
  std::unique_ptr<LinkRule> rule(Where where, const Ground&) const override {
    return std::make_unique<links::Delay>(std::move(where), add_, jitter_);
  }

 private:
  Duration add_, jitter_;
};

}  // namespace byzlab::faults
