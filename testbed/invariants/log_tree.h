// The logs of all honest processes as one tree: a process is a pointer into it.
//
// While everybody commits the same, the tree is a line and a commit is a step along it: no hash, no
// comparison of digests. What must be checked of a block (its requests, its certificate) is checked
// when its node is made, once, however many processes commit it after.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "base/block.h"
#include "base/ids.h"
#include "base/time.h"

namespace byzlab {

class LogTree {
 public:
  using NodeId = std::uint32_t;
  static constexpr NodeId kRoot = 0;  ///< the empty log
  static constexpr NodeId kNone = std::numeric_limits<NodeId>::max();

  struct Node {
    BlockRef block;  ///< null for the root
    NodeId parent = kNone;
    NodeId first_child = kNone;
    NodeId next_sibling = kNone;
    std::uint64_t height = 0;
    Time first_commit{};
    ProcessId first_by{};
    bool spends = false;  ///< a request of the block names a coin
  };

  /// What a commit did to its process's log.
  struct Step {
    NodeId node = kRoot;
    NodeId conflict = kNone;  ///< new node only: another block that was committed at its height
    NodeId replaced = kNone;  ///< it rewrote its log: the end of the old one
    bool created = false;     ///< nobody had this block there before
    bool repeated = false;    ///< the log had it already: nothing changed
    bool gap = false;         ///< skipped heights
  };

  explicit LogTree(std::size_t processes)
      : nodes_(1), tips_(processes, kRoot), first_at_(1, kRoot) {}

  Step commit(ProcessId p, const Block& block, Time now) {
    const Node& tip = nodes_[tips_[p.value]];
    if (tip.first_child != kNone) [[likely]] {
      const Node& next = nodes_[tip.first_child];
      if (next.block.get() == &block && next.height == tip.height + 1) [[likely]] {
        tips_[p.value] = tip.first_child;
        return Step{.node = tips_[p.value]};
      }
    }
    return commit_slowly(p, block, now);
  }

  const Node& operator[](NodeId id) const { return nodes_[id]; }
  void mark_spends(NodeId id) { nodes_[id].spends = true; }
  NodeId tip(ProcessId p) const { return tips_[p.value]; }
  std::uint64_t height(ProcessId p) const { return nodes_[tips_[p.value]].height; }
  /// Nodes without the root: blocks that an honest process committed, once for each log below them.
  std::size_t blocks() const { return nodes_.size() - 1; }
  /// The highest node at or below `height` on the way from `from` to the root.
  NodeId at_or_below(NodeId from, std::uint64_t height) const;
  /// True when `older` is on the way from `from` to the root, or is `from`.
  bool extends(NodeId from, NodeId older) const {
    return at_or_below(from, nodes_[older].height) == older;
  }
  /// True when two logs differ, or one skips heights.
  bool branched() const { return branched_; }

 private:
  Step commit_slowly(ProcessId p, const Block& block, Time now);
  NodeId create(NodeId parent, ProcessId p, const Block& block, Time now);
  NodeId in_log(ProcessId p, std::uint64_t height) const;

  std::vector<Node> nodes_;
  std::vector<NodeId> tips_;      // by process
  std::vector<NodeId> first_at_;  // by height: the first node made there
  bool branched_ = false;
};

}  // namespace byzlab
