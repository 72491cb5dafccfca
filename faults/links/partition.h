// Partition: only processes on the same side hear each other; who is on no side is alone.
//
// Packets sent before the cut still arrive, as on a real wire; what is sent during it is lost.
#pragma once

#include <cstdint>
#include <vector>

#include "faults/links/cut.h"
#include "faults/links/link_fault.h"
#include "network/link.h"

namespace byzlab::links {

class Partition final : public LinkRule {
 public:
  /// Sides must be disjoint, among processes 0 … processes-1.
  Partition(Where where, std::size_t processes, const std::vector<std::vector<ProcessId>>& sides)
      : LinkRule(std::move(where)), side_(processes, kAlone) {
    std::uint16_t number = kAlone;
    for (const auto& side : sides) {
      ++number;
      for (ProcessId p : side) side_.at(p.value) = number;
    }
  }

  void shape(const Message&, Rng, Fates& fates) override {
    const std::uint16_t mine = side_[fates.from.value];
    lose_if(fates, DropReason::partition, [&](ProcessId to) {
      const std::uint16_t theirs = side_[to.value];
      return (theirs != mine) | (theirs == kAlone);
    });
  }
  bool severs(ProcessId from, ProcessId to) const override {
    const std::uint16_t mine = side_[from.value];
    return looks_at_all(from, to) && (mine != side_[to.value] || mine == kAlone);
  }

 private:
  static constexpr std::uint16_t kAlone = 0;
  std::vector<std::uint16_t> side_;  // by process
};

}  // namespace byzlab::links

namespace byzlab::faults {

/// `partition: [ west, east ]`, `partition: halves`; `partition: { from: r0, to: all }` is a cut of
/// links.
class Partition final : public Fault {
 public:
  static constexpr std::array<OptionSpec, 4> kOptions{
      {{.name = "sides",
        .type = OptionType::sides,
        .doc = "a list of selectors, one a side, or `halves`; who is in no side is alone"},
       {.name = "from", .type = OptionType::selector, .doc = "the senders", .required = true},
       {.name = "to", .type = OptionType::selector, .doc = "the receivers", .required = true},
       {.name = "one_way",
        .type = OptionType::flag,
        .default_text = "true",
        .doc = "false cuts the way back too",
        .needs = "from"}}};

  explicit Partition(const Options& options) : one_way_(options.flag("one_way")) {}

  FaultReach reach(const Targets& targets) const override {
    if (!targets.has("from")) return {.sides = targets.sides};
    FaultReach reach;
    reach.links.push_back({.from = targets.of("from"), .to = targets.of("to")});
    if (!one_way_) reach.links.push_back({.from = targets.of("to"), .to = targets.of("from")});
    return reach;
  }
  void begin(Ground& ground, const FaultReach& reach) override {
    if (reach.sides.empty()) return Cut(Options(Cut::kOptions)).begin(ground, reach);
    std::vector<std::vector<ProcessId>> sides;
    for (const auto& replicas : reach.sides) {
      auto& side = sides.emplace_back();
      for (const ReplicaId r : replicas) {
        const auto processes = ground.processes_of(r);
        side.insert(side.end(), processes.begin(), processes.end());
      }
    }
    ground.bend(std::make_unique<links::Partition>(Where{}, ground.processes(), sides));
  }

 private:
  bool one_way_;
};

}  // namespace byzlab::faults
