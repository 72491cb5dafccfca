// Synchrony: the model's promise, partial synchrony with a global stabilisation time (Dwork, Lynch
// & Stockmeyer 1988). Nothing arrives later than max(sent, GST) + Δ.
//
// It is the last rule (FaultInjector::set_promise), so it overrides all others. A lost packet
// arrives by the bound too: in this model the network delays and never loses, whatever a partition,
// a loss or a corruption rule did. A corrupted packet's original arrives by the bound beside the
// damaged copy. GST in the past makes the network synchronous; a scenario that wants real loss has
// no synchrony.
#pragma once

#include <algorithm>

#include "network/link.h"

namespace byzlab::links {

class Synchrony final : public LinkRule {
 public:
  Synchrony(Time gst, Duration delta) : LinkRule(Where{}), gst_(gst), delta_(delta) {}

  void shape(const Message&, Rng, Fates& fates) override {
    const Time bound = later(std::max(fates.sent, gst_), delta_);
    std::uint64_t hastened = 0;
    for (Time& arrival : fates.arrival) {
      hastened += arrival > bound ? 1 : 0;
      arrival = std::min(arrival, bound);
    }
    for (Fates::Copy& copy : fates.copies) {
      hastened += copy.arrival > bound ? 1 : 0;
      copy.arrival = std::min(copy.arrival, bound);
    }
    count(hastened);
  }

 private:
  Time gst_;
  Duration delta_;
};

}  // namespace byzlab::links
