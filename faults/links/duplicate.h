// Duplicate: with a probability a packet arrives twice, the second time a little later.
//
// Copies that an earlier rule made are not duplicated again.
#pragma once

#include "faults/links/draw.h"
#include "faults/links/link_fault.h"
#include "network/link.h"

namespace byzlab::links {

/// A packet's copy follows it by at most this, where nothing else is said.
inline constexpr Duration kDuplicateSpread = std::chrono::milliseconds{10};

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
                              .arrival = later(fates.arrival[i], up_to(mix(bits), spread_)),
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

namespace byzlab::faults {

/// `duplicate: 30%`
class Duplicate final : public LinkFault {
 public:
  static constexpr auto kOptions =
      on_links(std::array<OptionSpec, 1>{{{.name = "probability",
                                           .type = OptionType::probability,
                                           .range = "0..1",
                                           .doc = "probability that a packet arrives twice",
                                           .required = true}}});

  explicit Duplicate(const Options& options)
      : LinkFault(options), probability_(options.probability("probability")) {}

 protected:
  std::unique_ptr<LinkRule> rule(Where where, const Ground&) const override {
    return std::make_unique<links::Duplicate>(std::move(where), Probability::of(probability_),
                                              links::kDuplicateSpread);
  }

 private:
  double probability_;
};

}  // namespace byzlab::faults
