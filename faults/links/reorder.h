// Reorder: a share of the packets is held back for a while, so that later ones overtake them.
#pragma once

#include "faults/links/draw.h"
#include "faults/links/link_fault.h"
#include "network/link.h"

namespace byzlab::links {

class Reorder final : public LinkRule {
 public:
  /// A packet is held back with the probability, by a uniform draw from [0, window].
  Reorder(Where where, Probability probability, Duration window)
      : LinkRule(std::move(where)), probability_(probability), window_(window) {}

  void shape(const Message&, Rng key, Fates& fates) override {
    const Probability p = probability_;
    std::uint64_t held = 0;
    for (std::size_t i = 0; i < fates.to.size(); ++i) {
      const std::uint64_t bits = draw(key, fates.to[i]);
      if (!p.holds(bits) || fates.arrival[i] == kNever || !to_matches(fates.to[i])) continue;
      fates.arrival[i] = later(fates.arrival[i], up_to(mix(bits), window_));
      ++held;
    }
    for (Fates::Copy& copy : fates.copies) {
      const std::uint64_t bits = draw(key, copy);
      if (!p.holds(bits) || !to_matches(copy.to)) continue;
      copy.arrival = later(copy.arrival, up_to(mix(bits), window_));
      ++held;
    }
    count(held);
  }

 private:
  Probability probability_;
  Duration window_;
};

}  // namespace byzlab::links

namespace byzlab::faults {

/// `reorder: 30%`
class Reorder final : public LinkFault {
 public:
  static constexpr auto kOptions =
      on_links(std::array<OptionSpec, 2>{{{.name = "probability",
                                           .type = OptionType::probability,
                                           .range = "0..1",
                                           .doc = "probability that a packet is held back",
                                           .required = true},
                                          {.name = "by",
                                           .type = OptionType::duration,
                                           .default_text = "50ms",
                                           .range = "1ns..1d",
                                           .doc = "held back by up to this"}}});

  explicit Reorder(const Options& options)
      : LinkFault(options),
        probability_(options.probability("probability")),
        by_(options.duration("by")) {}

 protected:
  void describe(FaultReach& reach) const override { reach.adds = by_; }
  std::unique_ptr<LinkRule> rule(Where where, const Ground&) const override {
    return std::make_unique<links::Reorder>(std::move(where), Probability::of(probability_), by_);
  }

 private:
  double probability_;
  Duration by_;
};

}  // namespace byzlab::faults
