#include "testbed/invariants/integrity.h"

#include <fmt/format.h>

#include <algorithm>

#include "testbed/invariants/words.h"

namespace byzlab {

void Integrity::on(const CommitStep& step) {
  if (!step.log.created) return;
  const Block& block = *witness_.logs[step.log.node].block;
  requests_ += block.requests.size();
  fresh_ = 0;
  std::vector<RequestId> suspects;
  for (const Request& r : block.requests) {
    NodeId& holder = first_holder(r.id);
    if (holder == LogTree::kNone) {
      holder = step.log.node;
      ++fresh_;
    } else {
      suspects.push_back(r.id);
    }
  }
  distinct_ += fresh_;
  if (!suspects.empty()) check_again(step, suspects);
}

Integrity::NodeId& Integrity::first_holder(RequestId id) {
  if (witness_.run.requests->contains(id)) {
    if (id.value >= holder_.size()) {
      holder_.resize(std::max<std::size_t>(id.value + 1, holder_.size() * 2), LogTree::kNone);
    }
    return holder_[id.value];
  }
  return strange_.try_emplace(id, LogTree::kNone).first->second;
}

bool Integrity::stands_below(NodeId node, RequestId id) const {
  const auto is_below = [&](NodeId holder) {
    return holder != LogTree::kNone && holder != node && witness_.logs.extends(node, holder);
  };
  NodeId first = LogTree::kNone;
  if (witness_.run.requests->contains(id)) {
    if (id.value < holder_.size()) first = holder_[id.value];
  } else if (const auto found = strange_.find(id); found != strange_.end()) {
    first = found->second;
  }
  const auto later = later_.find(id);
  return is_below(first) || (later != later_.end() && std::ranges::any_of(later->second, is_below));
}

void Integrity::check_again(const CommitStep& step, const std::vector<RequestId>& suspects) {
  for (const RequestId id : suspects) {
    const NodeId first = first_holder(id);
    const auto below = [&](NodeId holder) { return witness_.logs.extends(step.log.node, holder); };
    auto& later = later_[id];
    const auto again = std::ranges::find_if(later, below);
    if (below(first)) {
      violate(step, id, first);
    } else if (again != later.end()) {
      violate(step, id, *again);
    }
    later.push_back(step.log.node);
  }
}

void Integrity::violate(const CommitStep& step, RequestId id, NodeId first) {
  if (verdict_) return;
  const LogTree::Node& a = witness_.logs[first];
  const LogTree::Node& b = witness_.logs[step.log.node];
  verdict_ = Violation{
      .at = step.now,
      .what = fmt::format("{} committed request {} twice", witness_.name(step.replica), id.value),
      .lines = {fmt::format("in {} at height {}, proposed by {}", a.block->digest.short_hex(),
                            a.height, witness_.name(a.block->proposer)),
                fmt::format("in {} at height {}, proposed by {}", b.block->digest.short_hex(),
                            b.height, witness_.name(b.block->proposer))}};
}

std::string Integrity::checked() const {
  return fmt::format("{} tx, none twice", words::count(requests_));
}

}  // namespace byzlab
