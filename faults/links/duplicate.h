// Duplicate: with a probability a packet arrives twice, the second time a little later.
//
// Copies that an earlier rule made are not duplicated again.
#pragma once

#include "faults/links/draw.h"
#include "network/link.h"

namespace byzlab::links {

class Duplicate final : public LinkRule {
 public:
  /// The copy follows its packet by a uniform draw from [0, spread].
  Duplicate(Where where, Probability probability, Duration spread)
      : LinkRule(std::move(where)), probability_(probability), spread_(spread) {}

  void shape(const Message&, Rng key, Fates& fates) override {
    const Probability p = probability_;
    std::uint64_t duplicated = 0;
    for (std::size_t i = 0; i < fates.to.size(); ++i) {
      const std::uint64_t bits = draw(key, fates.to[i]);
      if (!p.holds(bits) || fates.arrival[i] == kNever || !to_matches(fates.to[i])) continue;
      fates.copies.push_back({.to = fates.to[i],
                              .arrival = fates.arrival[i] + up_to(mix(bits), spread_),
                              .corruption = 0});
      ++duplicated;
    }
    count(duplicated);
  }

 private:
  Probability probability_;
  Duration spread_;
};

}  // namespace byzlab::links
