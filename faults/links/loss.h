// Loss: each packet is lost with a probability, independently of all others.
#pragma once

#include "faults/links/draw.h"
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

 private:
  Probability probability_;
};

}  // namespace byzlab::links
