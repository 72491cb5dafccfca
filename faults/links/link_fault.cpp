#include "faults/links/link_fault.h"

#include "faults/kinds.h"

namespace byzlab::faults {
namespace {

/// Rules that no sender is in twice, behind one. Links are seldom a set times a set.
class Together final : public LinkRule {
 public:
  Together(Where where, std::size_t processes, std::vector<std::unique_ptr<LinkRule>> rules)
      : LinkRule(std::move(where)), rules_(std::move(rules)), of_(processes, nullptr) {
    for (const auto& rule : rules_) {
      for (std::uint32_t p = 0; p < processes; ++p) {
        if (rule->where().from->contains(ProcessId(p))) of_[p] = rule.get();
      }
    }
  }

  void shape(const Message& m, Rng key, Fates& fates) override {
    LinkRule* rule = of_[fates.from.value];
    if (rule == nullptr) return;
    const std::uint64_t before = rule->affected();
    rule->shape(m, key, fates);
    count(rule->affected() - before);
  }
  bool severs(ProcessId from, ProcessId to) const override {
    const LinkRule* rule = of_[from.value];
    return rule != nullptr && rule->severs(from, to);
  }

 private:
  std::vector<std::unique_ptr<LinkRule>> rules_;
  std::vector<LinkRule*> of_;  // by sender
};

}  // namespace

FaultReach LinkFault::reach(const Targets& targets) const {
  FaultReach reach{.links = targets.links};
  reach.selective = !kinds_.empty() || views_.has_value();
  describe(reach);
  return reach;
}

void LinkFault::begin(Ground& ground, const FaultReach& reach) {
  const auto where = [&](const std::vector<ReplicaId>& from, const std::vector<ReplicaId>& to) {
    return Where{.from = processes_of(ground, from),
                 .to = processes_of(ground, to),
                 .kinds = kinds_mask(kinds_, ground.messages()),
                 .views = views_};
  };
  const std::vector<LinkSet> sets = by_sender(reach.links);
  if (sets.empty()) return ground.bend(rule(where({}, {}), ground));
  if (sets.size() == 1) return ground.bend(rule(where(sets[0].from, sets[0].to), ground));
  std::vector<std::unique_ptr<LinkRule>> rules;
  for (const LinkSet& set : sets) rules.push_back(rule(where(set.from, set.to), ground));
  Where outer{.kinds = rules[0]->where().kinds, .views = views_};
  ground.bend(std::make_unique<Together>(std::move(outer), ground.processes(), std::move(rules)));
}

ProcessSet processes_of(const Ground& ground, const std::vector<ReplicaId>& replicas) {
  ProcessSet set(ground.processes());
  for (const ReplicaId r : replicas) {
    for (const ProcessId p : ground.processes_of(r)) set.insert(p);
  }
  return set;
}

}  // namespace byzlab::faults
