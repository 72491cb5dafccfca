// Isolate: the victims hear nobody and nobody hears them, each other neither.
#pragma once

#include "network/link.h"

namespace byzlab::links {

class Isolate final : public LinkRule {
 public:
  explicit Isolate(ProcessSet victims) : LinkRule(Where{}), victims_(std::move(victims)) {}

  void shape(const Message&, Rng, Fates& fates) override {
    if (victims_.contains(fates.from)) {
      lose_if(fates, DropReason::isolation, [](ProcessId) { return true; });
    } else {
      lose_if(fates, DropReason::isolation, [&](ProcessId to) { return victims_.contains(to); });
    }
  }

 private:
  ProcessSet victims_;
};

}  // namespace byzlab::links
