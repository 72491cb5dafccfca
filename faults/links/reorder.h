// Reorder: a share of the packets is held back for a while, so that later ones overtake them.
#pragma once

#include "faults/links/draw.h"
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
      fates.arrival[i] += up_to(mix(bits), window_);
      ++held;
    }
    for (Fates::Copy& copy : fates.copies) {
      const std::uint64_t bits = draw(key, copy);
      if (!p.holds(bits) || !to_matches(copy.to)) continue;
      copy.arrival += up_to(mix(bits), window_);
      ++held;
    }
    count(held);
  }

 private:
  Probability probability_;
  Duration window_;
};

}  // namespace byzlab::links
