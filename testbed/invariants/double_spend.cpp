#include "testbed/invariants/double_spend.h"

#include <fmt/format.h>

#include <algorithm>

#include "testbed/invariants/words.h"

namespace byzlab {
namespace {

void add_merchants(const scenario::Behavior& behavior, std::vector<ReplicaId>& out) {
  const auto specs = behavior.options.specs();
  const bool names_one = std::ranges::any_of(specs, [](const OptionSpec& s) {
    return s.name == "merchant" && s.type == OptionType::replicas;
  });
  if (!names_one) return;
  const auto who = behavior.options.replicas("merchant");
  out.insert(out.end(), who.begin(), who.end());
}

}  // namespace

DoubleSpend::DoubleSpend(const Witness& witness)
    : witness_(witness), merchant_(witness.run.replica_of.size(), false) {
  std::vector<ReplicaId> named;
  for (const auto& behavior : witness.run.scenario->adversary.behaviors) {
    add_merchants(behavior, named);
  }
  for (const auto& entry : witness.run.scenario->timeline) {
    if (entry.action.behavior) add_merchants(*entry.action.behavior, named);
  }
  for (std::size_t p = 0; p < merchant_.size(); ++p) {
    const ReplicaId r = witness.run.replica_of[p];
    merchant_[p] = named.empty() || std::ranges::find(named, r) != named.end();
  }
}

void DoubleSpend::on(const CommitStep& step) {
  const LogTree& logs = witness_.logs;
  const LogTree::Node& node = logs[step.log.node];
  for (const Request& r : node.block->requests) {
    if (r.coin == 0) continue;
    const auto [entry, first] =
        paid_.try_emplace(r.coin, Payment{.id = r.id, .node = step.log.node, .at = step.now});
    const Payment paid = entry->second;
    // Both in one log would be the engine's own mistake, not a payment taken back.
    if (first || success_ || paid.id == r.id || logs.extends(step.log.node, paid.node)) continue;
    success_ = Violation{
        .at = step.now,
        .what = fmt::format("{} was paid at {} and the coin is spent elsewhere since {}",
                            witness_.name(step.replica), words::moment(paid.at),
                            words::moment(step.now)),
        .lines = {fmt::format("the payment stood in {} at height {}",
                              logs[paid.node].block->digest.short_hex(), logs[paid.node].height),
                  fmt::format("{} at height {}, proposed by {}, spends the same coin",
                              node.block->digest.short_hex(), node.height,
                              witness_.name(node.block->proposer))},
        .reversal = witness_.reversal_of(paid.node, 0)};
  }
}

}  // namespace byzlab
