// Cut: the links it looks at carry nothing, in that direction only. The asymmetric partition.
#pragma once

#include "network/link.h"

namespace byzlab::links {

class Cut final : public LinkRule {
 public:
  using LinkRule::LinkRule;

  void shape(const Message&, Rng, Fates& fates) override {
    lose_if(fates, DropReason::partition, [](ProcessId) { return true; });
  }
};

}  // namespace byzlab::links
