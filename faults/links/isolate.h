// Isolate: the victims hear nobody and nobody hears them, each other neither.
#pragma once

#include "faults/links/link_fault.h"
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

  bool severs(ProcessId from, ProcessId to) const override {
    return victims_.contains(from) || victims_.contains(to);
  }

 private:
  ProcessSet victims_;
};

}  // namespace byzlab::links

namespace byzlab::faults {

/// `isolate: r1`
class Isolate final : public Fault {
 public:
  static constexpr std::array<OptionSpec, 1> kOptions{
      {{.name = "who",
        .type = OptionType::selector,
        .doc = "the replicas that hear nobody and that nobody hears, each other neither",
        .required = true}}};
  explicit Isolate(const Options&) {}

  FaultReach reach(const Targets& targets) const override {
    FaultReach reach{.who = targets.of("who")};
    for (const ReplicaId victim : reach.who) reach.sides.push_back({victim});
    std::vector<ReplicaId> others;
    for (std::uint32_t r = 0; r < targets.n; ++r) {
      if (!std::ranges::binary_search(reach.who, ReplicaId(r))) others.push_back(ReplicaId(r));
    }
    if (!others.empty()) reach.sides.push_back(std::move(others));
    return reach;
  }
  void begin(Ground& ground, const FaultReach& reach) override {
    ground.bend(std::make_unique<links::Isolate>(processes_of(ground, reach.who)));
  }
};

}  // namespace byzlab::faults
