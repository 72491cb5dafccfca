// Corrupt: with a probability a packet arrives with some bits flipped (network/corruption.h).
//
// The packet itself is lost and a corrupted copy takes its place; it does not count as dropped
// here, the receiver counts it as malformed or unauthentic.
#pragma once

#include "faults/links/draw.h"
#include "faults/links/link_fault.h"
#include "network/link.h"

namespace byzlab::links {

class Corrupt final : public LinkRule {
 public:
  Corrupt(Where where, Probability probability)
      : LinkRule(std::move(where)), probability_(probability) {}

  void shape(const Message&, Rng key, Fates& fates) override {
    const Probability p = probability_;
    std::uint64_t corrupted = 0;
    for (Fates::Copy& copy : fates.copies) {
      const std::uint64_t bits = draw(key, copy);
      if (!p.holds(bits) || copy.corruption != 0 || !to_matches(copy.to)) continue;
      copy.corruption = mix(bits) | 1;
      ++corrupted;
    }
    for (std::size_t i = 0; i < fates.to.size(); ++i) {
      const std::uint64_t bits = draw(key, fates.to[i]);
      if (!p.holds(bits) || fates.arrival[i] == kNever || !to_matches(fates.to[i])) continue;
      fates.copies.push_back(
          {.to = fates.to[i], .arrival = fates.arrival[i], .corruption = mix(bits) | 1});
      fates.arrival[i] = kNever;
      ++corrupted;
    }
    count(corrupted);
  }

 private:
  Probability probability_;
};

}  // namespace byzlab::links

namespace byzlab::faults {

/// `corrupt: 30%`
class Corrupt final : public LinkFault {
 public:
  static constexpr auto kOptions =
      on_links(std::array<OptionSpec, 1>{{{.name = "probability",
                                           .type = OptionType::probability,
                                           .range = "0..1",
                                           .doc = "probability that bytes are flipped",
                                           .required = true}}});

  explicit Corrupt(const Options& options)
      : LinkFault(options), probability_(options.probability("probability")) {}

 protected:
  void describe(FaultReach& reach) const override { reach.probability = probability_; }
  std::unique_ptr<LinkRule> rule(Where where, const Ground&) const override {
    return std::make_unique<links::Corrupt>(std::move(where), Probability::of(probability_));
  }

 private:
  double probability_;
};

}  // namespace byzlab::faults
