// The blocks one replica knows, as a tree: every chained engine has one.
//
// A block enters when its parent is in the tree and its height is the parent's plus one; blocks
// that come early wait in block_sync.h. Inside, a block is a BlockId: a small number that stays the
// same until the block is pruned. An engine hangs what it knows about a block on it as a Mark
// (Streamlet: notarized; Nakamoto: cumulative work).
//
// Ten thousand replicas hold one tree each, so it is three flat vectors: nodes of 8 bytes plus the
// mark; links of 16 bytes a node, from the first fork on (before it a block's parent is the one
// that came before it); and an open-addressing index of 8-byte slots at most three quarters full.
// No allocation a block. New blocks enter the index when somebody searches: who knows by itself
// where a block belongs, as a chained protocol's replica does nearly always, pays nothing for it.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/block.h"
#include "base/ids.h"

namespace byzlab {

/// A block in one tree.
struct BlockId : Strong<BlockId, std::uint32_t> {
  using Strong::Strong;
};
inline constexpr BlockId kNoBlock{0xFFFFFFFF};

/// From digests to small numbers; the caller compares the digests. Never iterated.
class DigestIndex {
 public:
  /// The number under which `matches(number)` holds, or kNoBlock.
  template <class Matches>
  BlockId find(const Digest& digest, Matches&& matches) const {
    const std::uint64_t hash = digest.words[0];
    for (std::size_t i = hash & mask_;; i = (i + 1) & mask_) {
      const std::uint64_t slot = slots_[i];
      if (slot == kEmpty) return kNoBlock;
      const BlockId id(static_cast<std::uint32_t>(slot) - 1);
      if (slot >> 32 == hash >> 32 && matches(id)) return id;
    }
  }
  /// `digest` must not be there yet; `digest_of(number)` gives the digest of one that is.
  template <class DigestOf>
  void insert(const Digest& digest, BlockId id, DigestOf&& digest_of) {
    if ((size_ + 1) * 4 > slots_.size() * 3) grow(digest_of);
    place(digest, id);
    ++size_;
  }
  void clear();
  std::size_t bytes() const { return slots_.capacity() * sizeof(std::uint64_t); }

 private:
  static constexpr std::uint64_t kEmpty = 0;
  static constexpr std::size_t kSmallest = 16;

  void place(const Digest& digest, BlockId id) {
    std::size_t i = digest.words[0] & mask_;
    while (slots_[i] != kEmpty) i = (i + 1) & mask_;
    slots_[i] = digest.words[0] >> 32 << 32 | (id.value + 1);
  }
  template <class DigestOf>
  void grow(DigestOf&& digest_of) {
    std::vector<std::uint64_t> old(slots_.size() * 2, kEmpty);
    std::swap(slots_, old);
    mask_ = slots_.size() - 1;
    for (const std::uint64_t slot : old) {
      if (slot == kEmpty) continue;
      const BlockId id(static_cast<std::uint32_t>(slot) - 1);
      place(digest_of(id), id);
    }
  }

  std::vector<std::uint64_t> slots_ = std::vector<std::uint64_t>(kSmallest, kEmpty);
  std::size_t mask_ = kSmallest - 1;
  std::size_t size_ = 0;
};

/// A tree of blocks without marks.
struct NoMark {};

template <class Mark = NoMark>
class BlockTree {
 public:
  /// Without a root: to be assigned before it is used.
  BlockTree() = default;
  /// `root` is genesis, or the final block a replica starts from.
  explicit BlockTree(const BlockRef& root, Mark mark = {}) : base_(root->height) {
    nodes_.emplace_back(root, std::move(mark));
    root_ = BlockId(0);
  }

  /// Where a received block belongs.
  struct Place {
    enum class Kind : std::uint8_t {
      known,    ///< in the tree already: `id` is the block
      child,    ///< it fits: `id` is its parent
      orphan,   ///< its parent is not here
      refused,  ///< never fits: wrong height, or beside or below the root
    };
    Kind kind;
    BlockId id;
  };
  Place place_of(const Block& block) const {
    if (const BlockId id = find(block.digest); id != kNoBlock) return {Place::Kind::known, id};
    if (block.height <= height(root_)) return {Place::Kind::refused, kNoBlock};
    const BlockId parent = find(block.parent);
    if (parent == kNoBlock) {
      const bool too_low = block.height == height(root_).next();
      return {too_low ? Place::Kind::refused : Place::Kind::orphan, kNoBlock};
    }
    const bool fits = block.height == height(parent).next();
    return {fits ? Place::Kind::child : Place::Kind::refused, parent};
  }
  /// Adds a block whose place is `child`, below that parent.
  [[gnu::always_inline]] BlockId insert(const BlockRef& block, BlockId parent, Mark mark = {}) {
    if (is_path() && parent.value + 1 == nodes_.size()) [[likely]] {
      nodes_.emplace_back(block, std::move(mark));
      return BlockId(parent.value + 1);
    }
    return insert_linked(block, parent, std::move(mark));
  }

  BlockId find(const Digest& digest) const {
    index_new_nodes();
    return index_.find(digest, [&](BlockId id) { return block_digest(id) == digest; });
  }
  bool contains(const Digest& digest) const { return find(digest) != kNoBlock; }
  /// Says that a block will be inserted soon: thousands of trees do not stay in a cache.
  void expect_insert() const { __builtin_prefetch(nodes_.data() + nodes_.size(), 1); }
  const Block& operator[](BlockId id) const { return *nodes_[id.value].block; }
  const BlockRef& ref(BlockId id) const { return nodes_[id.value].block; }
  Mark& mark(BlockId id) { return nodes_[id.value].mark; }
  const Mark& mark(BlockId id) const { return nodes_[id.value].mark; }
  Height height(BlockId id) const { return base_.plus(depth(id)); }
  BlockId root() const { return root_; }
  /// kNoBlock above the root.
  BlockId parent(BlockId id) const { return is_path() ? before(id) : links_[id.value].parent; }
  /// Newest first.
  template <class F>
  void for_each_child(BlockId id, F&& f) const {
    if (is_path()) {
      if (id.value + 1 < nodes_.size()) f(BlockId(id.value + 1));
      return;
    }
    for (BlockId c = links_[id.value].first_child; c != kNoBlock;
         c = links_[c.value].next_sibling) {
      f(c);
    }
  }

  /// The block of `id`'s chain at `target`; root ≤ target ≤ id's height. Walks parents,
  /// except on a path.
  BlockId ancestor(BlockId id, Height target) const {
    if (is_path()) {
      return std::min(id, BlockId(static_cast<std::uint32_t>(target.value - base_.value)));
    }
    while (height(id) > target) id = parent(id);
    return id;
  }
  /// True when `ancestor` is `id` or in its chain.
  bool extends(BlockId id, BlockId ancestor_id) const {
    return height(id) >= height(ancestor_id) && ancestor(id, height(ancestor_id)) == ancestor_id;
  }
  BlockId common_ancestor(BlockId a, BlockId b) const {
    a = height(a) > height(b) ? ancestor(a, height(b)) : a;
    b = height(b) > height(a) ? ancestor(b, height(a)) : b;
    while (a != b) {
      a = parent(a);
      b = parent(b);
    }
    return a;
  }
  /// The same blocks as chain() gives, newest first and nothing allocated: a range of pointers.
  class Descent {
   public:
    struct Iterator {
      const BlockTree* tree;
      BlockId at;
      const Block* operator*() const { return &(*tree)[at]; }
      Iterator& operator++() {
        at = tree->parent(at);
        return *this;
      }
      bool operator==(const Iterator& other) const { return at == other.at; }
    };
    Descent(const BlockTree& tree, BlockId from, BlockId to) : tree_(tree), from_(from), to_(to) {}
    Iterator begin() const { return {&tree_, to_}; }
    Iterator end() const { return {&tree_, from_}; }

   private:
    const BlockTree& tree_;
    BlockId from_;
    BlockId to_;
  };
  Descent descent(BlockId from, BlockId to) const { return {*this, from, to}; }
  /// The blocks after `from` up to and including `to`, oldest first; `to` must extend `from`.
  std::vector<BlockRef> chain(BlockId from, BlockId to) const {
    std::vector<BlockRef> blocks(depth(to) - depth(from));
    for (auto slot = blocks.rbegin(); slot != blocks.rend(); ++slot, to = parent(to)) {
      *slot = ref(to);
    }
    return blocks;
  }

  /// All blocks but the root, each behind its parent. Only of a tree that was never pruned.
  std::vector<BlockRef> after_root() const {
    assert(root_ == BlockId(0) && free_ == kNoBlock);
    std::vector<BlockRef> blocks;
    blocks.reserve(nodes_.size() - 1);
    for (std::size_t i = 1; i < nodes_.size(); ++i) blocks.push_back(nodes_[i].block);
    return blocks;
  }

  /// Keeps `final_block` and what descends from it; `final_block` becomes the root. Costs
  /// O(size()), so call it every few dozen blocks. The ids of what stays do not change, those of
  /// what goes are used again.
  void prune(BlockId final_block) {
    link();
    std::vector<bool> stays(nodes_.size(), false);
    std::vector<BlockId> open{final_block};
    while (!open.empty()) {
      const BlockId id = open.back();
      open.pop_back();
      stays[id.value] = true;
      for_each_child(id, [&](BlockId child) { open.push_back(child); });
    }
    index_.clear();
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
      const BlockId id(i);
      if (stays[i]) {
        index(id);
      } else if (nodes_[i].block != nullptr) {
        nodes_[i] = Node();
        links_[i].next_sibling = std::exchange(free_, id);
        ++free_nodes_;
      }
    }
    indexed_ = nodes_.size();
    root_ = final_block;
    links_[root_.value].parent = kNoBlock;
    links_[root_.value].next_sibling = kNoBlock;
  }

  /// Blocks in the tree, the root included.
  std::size_t size() const { return nodes_.size() - free_nodes_; }
  /// Heap memory, the blocks themselves left out. Bytes.
  std::size_t bytes() const {
    return nodes_.capacity() * sizeof(Node) + links_.capacity() * sizeof(Links) + index_.bytes();
  }

 private:
  struct Node {
    Node() = default;
    Node(const BlockRef& b, Mark m) : block(b), mark(std::move(m)) {}
    BlockRef block{};  // null: free
    [[no_unique_address]] Mark mark{};
  };
  struct Links {
    std::uint32_t depth = 0;  // height above base_
    BlockId parent = kNoBlock;
    BlockId first_child = kNoBlock;
    BlockId next_sibling = kNoBlock;  // of a free node: the next free one
  };

  /// True until the first fork or prune: node i is at depth i, and its parent is node i - 1.
  bool is_path() const { return links_.empty(); }
  static constexpr BlockId before(BlockId id) { return BlockId(id.value - 1); }
  static_assert(before(BlockId(0)) == kNoBlock);
  std::uint32_t depth(BlockId id) const { return is_path() ? id.value : links_[id.value].depth; }
  const Digest& block_digest(BlockId id) const { return nodes_[id.value].block->digest; }

  /// Writes down the links of what has been a path.
  [[gnu::noinline]] void link() {
    if (!is_path()) return;
    const auto count = static_cast<std::uint32_t>(nodes_.size());
    links_.reserve(nodes_.capacity());
    for (std::uint32_t i = 0; i < count; ++i) {
      links_.push_back({.depth = i,
                        .parent = before(BlockId(i)),
                        .first_child = i + 1 < count ? BlockId(i + 1) : kNoBlock});
    }
  }
  /// insert() in a tree, or where a path forks.
  [[gnu::noinline]] BlockId insert_linked(const BlockRef& block, BlockId parent, Mark mark) {
    link();
    BlockId id = free_;
    if (id == kNoBlock) {
      id = BlockId(static_cast<std::uint32_t>(nodes_.size()));
      nodes_.emplace_back();
      links_.emplace_back();
    } else {
      free_ = links_[id.value].next_sibling;
      --free_nodes_;
    }
    nodes_[id.value] = Node(block, std::move(mark));
    links_[id.value] = {.depth = links_[parent.value].depth + 1,
                        .parent = parent,
                        .next_sibling = std::exchange(links_[parent.value].first_child, id)};
    if (id.value < indexed_) index(id);
    return id;
  }
  void index(BlockId id) const {
    index_.insert(block_digest(id), id, [&](BlockId b) { return block_digest(b); });
  }
  void index_new_nodes() const {
    for (; indexed_ < nodes_.size(); ++indexed_) {
      index(BlockId(static_cast<std::uint32_t>(indexed_)));
    }
  }

  // What an insertion touches, then the rest.
  Height base_;
  std::vector<Node> nodes_;
  std::vector<Links> links_;  // by node, unless is_path()
  BlockId root_ = kNoBlock;
  BlockId free_ = kNoBlock;
  std::size_t free_nodes_ = 0;
  mutable std::size_t indexed_ = 0;  // the nodes before this one are in the index
  mutable DigestIndex index_;
};

}  // namespace byzlab
