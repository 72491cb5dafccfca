#include "testbed/invariants/log_tree.h"

#include <algorithm>

namespace byzlab {

LogTree::Step LogTree::commit_slowly(ProcessId p, const Block& block, Time now) {
  Step step;
  const std::uint64_t h = block.height.value;
  const NodeId tip = tips_[p.value];
  step.repeated = h == 0;  // the genesis is in every log
  if (step.repeated) return step;

  NodeId parent = tip;
  if (h <= nodes_[tip].height) {
    const NodeId had = in_log(p, h);
    if (nodes_[had].height == h && nodes_[had].block->digest == block.digest) {
      step.node = had;
      step.repeated = true;
      return step;
    }
    step.replaced = tip;
    parent = at_or_below(tip, h - 1);
  }
  step.gap = h > nodes_[parent].height + 1;
  branched_ = branched_ || step.gap;

  NodeId node = nodes_[parent].first_child;
  while (node != kNone &&
         (nodes_[node].height != h || nodes_[node].block->digest != block.digest)) {
    node = nodes_[node].next_sibling;
  }
  const NodeId first = h < first_at_.size() ? first_at_[h] : kNone;
  // A log that skips heights lands on the block that others have there.
  if (step.gap && first != kNone && nodes_[first].block->digest == block.digest) node = first;
  if (node == kNone) {
    node = create(parent, p, block, now);
    step.created = true;
    if (first != kNone && nodes_[first].block->digest != block.digest) step.conflict = first;
  }
  tips_[p.value] = node;
  step.node = node;
  return step;
}

LogTree::NodeId LogTree::create(NodeId parent, ProcessId p, const Block& block, Time now) {
  const auto id = static_cast<NodeId>(nodes_.size());
  const std::uint64_t h = block.height.value;
  const NodeId sibling = nodes_[parent].first_child;
  branched_ = branched_ || sibling != kNone;
  // The first child stays first: it is the one most logs take.
  if (sibling == kNone) {
    nodes_[parent].first_child = id;
  } else {
    NodeId last = sibling;
    while (nodes_[last].next_sibling != kNone) last = nodes_[last].next_sibling;
    nodes_[last].next_sibling = id;
  }
  nodes_.push_back(Node{.block = BlockRef(&block),
                        .parent = parent,
                        .height = h,
                        .first_commit = now,
                        .first_by = p});
  // A height may be anything a broken engine says, so the table grows by what is near its end only.
  if (h < first_at_.size()) {
    if (first_at_[h] == kNone) first_at_[h] = id;
  } else if (h - first_at_.size() < 1'000'000) {
    first_at_.resize(h + 1, kNone);
    first_at_[h] = id;
  }
  return id;
}

LogTree::NodeId LogTree::at_or_below(NodeId from, std::uint64_t height) const {
  while (nodes_[from].height > height) from = nodes_[from].parent;
  return from;
}

/// The node of the log of `p` at or below a height. On a line that is a look-up: an engine that
/// starts again may commit its whole log again.
LogTree::NodeId LogTree::in_log(ProcessId p, std::uint64_t height) const {
  if (!branched_) return first_at_[height];
  return at_or_below(tips_[p.value], height);
}

}  // namespace byzlab
