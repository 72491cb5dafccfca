// The block tree against a model that keeps every block in a std::map and answers by walking.
#include "consensus/block_tree.h"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <map>
#include <set>

#include "base/rng.h"

namespace byzlab {
namespace {

BlockRef child_of(const Block& parent, std::uint64_t nonce) {
  return Block::make(
      BlockBody{.parent = parent.digest, .height = parent.height.next(), .nonce = nonce},
      HashScheme::modelled);
}

/// The specification: blocks by digest, every question answered by following parents.
struct Model {
  std::map<Digest, BlockRef> blocks;
  Digest root;

  std::vector<Digest> path_to_root(Digest at) const {
    std::vector<Digest> path{at};
    while (at != root) path.push_back(at = blocks.at(at)->parent);
    return path;
  }
  bool extends(const Digest& a, const Digest& b) const {
    const auto path = path_to_root(a);
    return std::ranges::find(path, b) != path.end();
  }
  Digest common_ancestor(const Digest& a, const Digest& b) const {
    for (const Digest& d : path_to_root(a)) {
      if (extends(b, d)) return d;
    }
    return root;
  }
  void prune(const Digest& final_block) {
    std::map<Digest, BlockRef> kept;
    for (const auto& [digest, block] : blocks) {
      if (extends(digest, final_block)) kept.emplace(digest, block);
    }
    blocks = std::move(kept);
    root = final_block;
  }
};

using Tree = BlockTree<int>;
using Kind = Tree::Place::Kind;

void check_same(const Tree& tree, const Model& model, Rng& rng) {
  BOOST_REQUIRE_EQUAL(tree.size(), model.blocks.size());
  std::vector<Digest> all;
  for (const auto& [digest, block] : model.blocks) {
    all.push_back(digest);
    const BlockId id = tree.find(digest);
    BOOST_REQUIRE(id != kNoBlock);
    BOOST_TEST(tree.ref(id).get() == block.get());
    BOOST_TEST(tree.height(id).value == block->height.value);
    BOOST_TEST(tree.mark(id) == static_cast<int>(block->nonce));
    BOOST_TEST((tree.parent(id) == kNoBlock) == (digest == model.root));
    std::size_t children = 0;
    tree.for_each_child(id, [&](BlockId c) {
      ++children;
      BOOST_TEST((tree[c].parent == digest));
    });
    BOOST_TEST(children ==
               static_cast<std::size_t>(std::ranges::count_if(model.blocks, [&](const auto& entry) {
                 return entry.first != model.root && entry.second->parent == digest;
               })));
  }
  for (int k = 0; k < 20; ++k) {
    const Digest& a = all[rng.below(all.size())];
    const Digest& b = all[rng.below(all.size())];
    const BlockId ia = tree.find(a);
    const BlockId ib = tree.find(b);
    BOOST_TEST(tree.extends(ia, ib) == model.extends(a, b));
    const BlockId common = tree.common_ancestor(ia, ib);
    BOOST_TEST((tree[common].digest == model.common_ancestor(a, b)));
    auto path = model.path_to_root(a);
    const auto chain = tree.chain(common, ia);
    for (std::size_t i = 0; i < chain.size(); ++i) {
      BOOST_TEST((chain[chain.size() - 1 - i]->digest == path[i]));
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(block_tree)

BOOST_AUTO_TEST_CASE(agrees_with_the_naive_model) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Rng rng(seed);
    const BlockRef genesis = Block::genesis(HashScheme::modelled);
    Tree tree(genesis, 0);
    Model model{.blocks = {{genesis->digest, genesis}}, .root = genesis->digest};
    std::vector<BlockRef> made{genesis};
    for (std::uint64_t step = 1; step <= 300; ++step) {
      // Mostly near the newest, so that chains grow; parents that were pruned must be refused or
      // wait.
      const std::size_t back = rng.below(std::min<std::size_t>(made.size(), 12));
      const BlockRef block = child_of(*made[made.size() - 1 - back], step);
      made.push_back(block);
      const auto place = tree.place_of(*block);
      const bool parent_known = model.blocks.contains(block->parent);
      BOOST_TEST((place.kind == Kind::child) == parent_known);
      if (parent_known) {
        tree.insert(block, place.id, static_cast<int>(step));
        model.blocks.emplace(block->digest, block);
        BOOST_TEST((tree.place_of(*block).kind == Kind::known));
      } else {
        const Height root = model.blocks.at(model.root)->height;
        BOOST_TEST((place.kind == Kind::refused) == (block->height <= root.next()));
      }
      if (rng.below(60) == 0) {
        auto at = model.blocks.begin();
        std::advance(at, rng.below(model.blocks.size()));
        const Digest keep = at->first;
        tree.prune(tree.find(keep));
        model.prune(keep);
        check_same(tree, model, rng);
      }
    }
    check_same(tree, model, rng);
  }
}

BOOST_AUTO_TEST_CASE(blocks_inserted_without_a_search_are_found) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Rng rng(seed);
    const BlockRef genesis = Block::genesis(HashScheme::modelled);
    Tree tree(genesis, 0);
    Model model{.blocks = {{genesis->digest, genesis}}, .root = genesis->digest};
    std::vector<BlockId> known{tree.root()};
    for (std::uint64_t step = 1; step <= 200; ++step) {
      const BlockId parent = known[rng.below(known.size())];
      const BlockRef block = child_of(tree[parent], step);
      known.push_back(tree.insert(block, parent, static_cast<int>(step)));
      model.blocks.emplace(block->digest, block);
      if (rng.below(20) == 0) {
        const BlockId root = known[rng.below(known.size())];
        model.prune(tree[root].digest);
        std::erase_if(known, [&](BlockId id) { return !tree.extends(id, root); });
        tree.prune(root);
      }
      if (rng.below(40) == 0) check_same(tree, model, rng);
    }
    check_same(tree, model, rng);
  }
}

BOOST_AUTO_TEST_CASE(a_path_is_a_tree_before_and_after_it_forks) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Rng rng(seed);
    BlockRef root = Block::genesis(HashScheme::modelled);
    for (std::uint64_t below = rng.below(3); below > 0; --below) root = child_of(*root, 1000);
    Tree tree(root, static_cast<int>(root->nonce));
    Model model{.blocks = {{root->digest, root}}, .root = root->digest};
    std::vector<BlockId> path{tree.root()};
    std::uint64_t step = 0;
    const auto insert_at = [&](BlockId parent) {
      const BlockRef block = child_of(tree[parent], ++step);
      path.push_back(tree.insert(block, parent, static_cast<int>(step)));
      model.blocks.emplace(block->digest, block);
    };
    const std::uint64_t length = rng.below(50);
    while (step < length) insert_at(path.back());
    check_same(tree, model, rng);
    const BlockId place = path[rng.below(path.size())];
    if (rng.below(2) == 0) {
      insert_at(place);
    } else {
      model.prune(tree[place].digest);
      tree.prune(place);
    }
    check_same(tree, model, rng);
    for (int i = 0; i < 5; ++i) insert_at(path.back());
    check_same(tree, model, rng);
  }
}

BOOST_AUTO_TEST_CASE(a_block_at_the_wrong_height_is_refused) {
  const BlockRef genesis = Block::genesis(HashScheme::modelled);
  Tree tree(genesis);
  for (std::uint64_t height : {0u, 2u, 1000u}) {
    const auto block =
        Block::make(BlockBody{.parent = genesis->digest, .height = Height(height), .nonce = 7},
                    HashScheme::modelled);
    BOOST_TEST((tree.place_of(*block).kind == Kind::refused));
  }
}

BOOST_AUTO_TEST_CASE(a_tree_is_small) {
  BlockRef tip = Block::genesis(HashScheme::modelled);
  BlockTree<> tree(tip);
  for (std::uint64_t i = 1; i <= 100; ++i) {
    const BlockRef block = child_of(*tip, i);
    tree.insert(block, tree.place_of(*block).id);
    tip = block;
  }
  const std::size_t path = tree.bytes();
  BOOST_TEST(path <= 100u * 50u);
  tree.insert(child_of(tree[tree.root()], 101), tree.root());
  BOOST_TEST(tree.bytes() > path + 100u * 8u);
  BOOST_TEST(tree.bytes() <= 100u * 100u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab
