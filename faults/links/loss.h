// Loss: each packet is lost with a probability, independently of all others.
#pragma once

#include "faults/links/draw.h"
#include "faults/links/link_fault.h"
#include "network/link.h"

namespace byzlab::links {

class Loss final : public LinkRule {
 public:
  Loss(Where where, Probability probability)
      : LinkRule(std::move(where)), probability_(probability) {}

  void shape(const Message&, Rng key, Fates& fates) override {
    const Probability p = probability_;
    lose_if(fates, DropReason::loss, [&](ProcessId to) { return p.holds(draw(key, to)); });
  }
  bool severs(ProcessId from, ProcessId to) const override {
    return probability_.certain() && looks_at_all(from, to);
  }

 private:
  Probability probability_;
};

}  // namespace byzlab::links

namespace byzlab::faults {

/// `drop: 30%`
class Drop final : public LinkFault {
 public:
  static constexpr auto kOptions =
      on_links(std::array<OptionSpec, 1>{{{.name = "probability",
                                           .type = OptionType::probability,
                                           .default_text = "1",
                                           .range = "0..1",
                                           .doc = "probability that a packet is lost"}}});

  explicit Drop(const Options& options)
      : LinkFault(options), probability_(options.probability("probability")) {}

 protected:
  void describe(FaultReach& reach) const override { reach.probability = probability_; }
  std::unique_ptr<LinkRule> rule(Where where, const Ground&) const override {
    return std::make_unique<links::Loss>(std::move(where), Probability::of(probability_));
  }

 private:
  double probability_;
};

}  // namespace byzlab::faults
