// Total order: honest logs have no gaps, and of any two one is a prefix of the other.
#pragma once

#include <fmt/format.h>

#include "testbed/invariants/safety.h"
#include "testbed/invariants/words.h"

namespace byzlab {

class TotalOrder final : public SafetyInvariant {
 public:
  using SafetyInvariant::SafetyInvariant;

  void on(const CommitStep& step) override {
    if (verdict_) return;
    const LogTree::Node& node = witness_.logs[step.log.node];
    const char* what = step.log.gap                          ? "skipped heights"
                       : step.log.replaced != LogTree::kNone ? "rewrote its log"
                       : step.log.conflict != LogTree::kNone ? "left the order of the others"
                                                             : nullptr;
    if (what == nullptr) return;
    verdict_ = Violation{
        .at = step.now,
        .what = fmt::format("{} {} at height {}", witness_.name(step.replica), what, node.height),
        .lines = {fmt::format("it committed {} there", node.block->digest.short_hex())}};
  }
  std::string checked() const override {
    return fmt::format("{} in one order, no gap", words::count(witness_.logs.blocks(), "block"));
  }
};

}  // namespace byzlab
