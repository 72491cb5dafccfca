// GHOST against Algorithm 1 done anew on the whole tree, and against the longest chain.
#include "consensus/nakamoto/ghost.h"

#include <boost/test/unit_test.hpp>

#include "consensus/nakamoto/nakamoto.h"
#include "tests/support/actions.h"
#include "tests/support/engine_script.h"
#include "tests/support/trial.h"

namespace byzlab::nakamoto {
namespace {

using namespace std::chrono_literals;

constexpr ReplicaId r0{0}, r1{1};

/// Blocks in the subtree of `id`, counted one by one.
std::uint64_t subtree(const BlockTree<>& tree, BlockId id) {
  std::uint64_t blocks = 1;
  tree.for_each_child(id, [&](BlockId child) { blocks += subtree(tree, child); });
  return blocks;
}

/// True when no block of the best chain has a heavier sibling and its tip has no child: the chain
/// is one that Algorithm 1 may choose.
bool chosen_by_algorithm_1(const BestChain& chain) {
  for (std::uint64_t h = 0; h <= chain.height(); ++h) {
    const BlockId next = h < chain.height() ? chain.at(h + 1) : kNoBlock;
    const std::uint64_t ours = next == kNoBlock ? 0 : subtree(chain.tree(), next);
    bool heaviest = true;
    chain.tree().for_each_child(chain.at(h), [&](BlockId child) {
      heaviest = heaviest && subtree(chain.tree(), child) <= ours;
    });
    if (!heaviest) return false;
  }
  return true;
}

/// A miner that hears of blocks made here, one after the other.
struct Listener : EngineScript {
  explicit Listener(std::string_view fork_choice, std::string_view confirmations = "1")
      : EngineScript(kInfo, {.n = 2},
                     Options(kOptions)
                         .with("fork_choice", fork_choice)
                         .with("confirmations", confirmations)) {
    record(false);
    start_all();
  }
  BlockRef block(const BlockRef& parent, std::uint64_t nonce) const {
    return crypto().make_block(BlockBody{
        .parent = parent->digest, .height = parent->height.next(), .proposer = r0, .nonce = nonce});
  }
  BlockRef hears(const BlockRef& parent, std::uint64_t nonce) {
    BlockRef b = block(parent, nonce);
    inject(r0, r1, NewBlock{{b}});
    return b;
  }
  /// The block it mines on, as its next one says.
  Digest mined_on() {
    Digest parent;
    link = [&](ReplicaId, ReplicaId, const Message& m) {
      if (m.kind() == NewBlock::kKind) parent = m.as<NewBlock>().block->parent;
      return Duration::max();
    };
    fire(r1, 0, 1);
    return parent;
  }
};

/// The kind of tree of the paper's Figure 1: an attacker's line of six, and an honest side with
/// more blocks of which fewer are in line.
///
///   genesis ─ a1 ─ a2 ─ a3 ─ a4 ─ a5 ─ a6
///           └ b1 ┬ b2 ┬ b3 ─ b4
///                │    └ c3
///                ├ d2 ─ d3
///                └ e2
struct Tree {
  BlockRef a6, b4;
  explicit Tree(Listener& l) {
    const BlockRef genesis = l.crypto().genesis();
    const BlockRef b1 = l.hears(genesis, 11), b2 = l.hears(b1, 12), b3 = l.hears(b2, 13);
    b4 = l.hears(b3, 14);
    l.hears(b2, 23);
    l.hears(l.hears(b1, 32), 33);
    l.hears(b1, 42);
    a6 = genesis;
    for (std::uint64_t k = 1; k <= 6; ++k) a6 = l.hears(a6, k);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(ghost)

BOOST_AUTO_TEST_CASE(a_private_line_beats_the_longest_chain_and_not_the_heaviest_subtree) {
  Listener longest("longest"), ghost("ghost");
  const Tree one(longest), other(ghost);
  BOOST_TEST((longest.mined_on() == one.a6->digest));
  BOOST_TEST((ghost.mined_on() == other.b4->digest));
  // Eight blocks defend b1; the ninth and the tenth of the line win.
  Listener more("ghost");
  const Tree tree(more);
  const BlockRef a8 = more.hears(more.hears(tree.a6, 7), 8);
  const BlockRef a9 = more.block(a8, 9);
  more.inject(r0, r1, NewBlock{{a9}});
  BOOST_TEST((more.mined_on() == a9->digest));
}

BOOST_AUTO_TEST_CASE(both_rules_do_the_same_on_a_chain) {
  for (const char* rule : {"longest", "ghost"}) {
    Listener l(rule, "2");
    BlockRef tip = l.crypto().genesis();
    for (std::uint64_t k = 1; k <= 50; ++k) {
      tip = l.hears(tip, k);
      BOOST_TEST(l.committed_height(r1).value == k - 1);
    }
    BOOST_TEST((l.mined_on() == tip->digest));
    BOOST_TEST(l.noted(Milestone::reorg) == 0u);
  }
}

BOOST_AUTO_TEST_CASE(a_heavier_subtree_may_be_a_shorter_chain) {
  Listener l("ghost", "2");
  const BlockRef genesis = l.crypto().genesis();
  BlockRef tip = genesis;
  for (std::uint64_t k = 1; k <= 4; ++k) tip = l.hears(tip, k);
  BOOST_TEST(l.committed_height(r1).value == 3u);
  const BlockRef b1 = l.hears(genesis, 11), b2 = l.hears(b1, 12);
  for (std::uint64_t k = 0; k < 3; ++k) l.hears(b1, 20 + k);
  // Height 1 is committed again, by the other block, and 2 when it has its confirmations.
  BOOST_TEST((l.commits(r1).back() == b1));
  BOOST_TEST((l.mined_on() == b2->digest));
  BOOST_TEST((l.commits(r1).back() == b2));
}

BOOST_AUTO_TEST_CASE(the_choice_is_algorithm_1s_on_random_trees) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const Crypto crypto(Crypto::Scheme::modelled, 1, 1);
    BestChain chain(crypto.genesis());
    SubtreeWeights weights;
    Rng rng(seed);
    std::vector<BlockId> blocks{chain.tip()};
    std::uint64_t moved = 0;
    for (std::uint64_t k = 0; k < 250; ++k) {
      // Anywhere among the latest; wide trees for some seeds, narrow ones for others.
      const std::uint64_t window = std::min<std::uint64_t>(blocks.size(), 1 + seed % 30);
      const BlockId parent = blocks[blocks.size() - 1 - rng.below(window)];
      const BlockId id =
          chain.insert(crypto.make_block({.parent = chain.tree()[parent].digest,
                                          .height = chain.tree()[parent].height.next(),
                                          .nonce = k}),
                       parent);
      blocks.push_back(id);
      const auto fork = weights.add(chain, id);
      if (fork.against == 0) {
        chain.adopt(id);
      } else if (fork.weight > fork.against || (fork.weight == fork.against && rng.below(2) == 0)) {
        chain.adopt(weights.prefer(chain, fork));
        ++moved;
      }
      BOOST_REQUIRE(chosen_by_algorithm_1(chain));
      const BlockId any = blocks[rng.below(blocks.size())];
      const auto at = weights.fork_of(chain, any);
      BOOST_REQUIRE(at.challenger == kNoBlock || at.weight == subtree(chain.tree(), at.challenger));
      BOOST_REQUIRE(at.height == chain.height() ||
                    at.against == subtree(chain.tree(), chain.at(at.height + 1)));
    }
    BOOST_TEST((moved > 0 || seed % 30 == 0));
  }
}

BOOST_AUTO_TEST_CASE(a_restart_remembers_what_stands_beside_the_chain) {
  Listener l("ghost");
  const Tree tree(l);
  l.crash(r1);
  l.start(r1);
  BOOST_TEST((l.mined_on() == tree.b4->digest));
}

// What the conformance suite asks of the longest chain, of GHOST.
BOOST_AUTO_TEST_CASE(a_cluster_survives_what_the_longest_chain_does) {
  namespace sc = scenario;
  using testing::Trial;
  const std::vector<std::pair<const char*, std::function<void(Trial&)>>> faults{
      {"nothing", [](Trial&) {}},
      {"everybody restarts", [](Trial& t) { t.fault(5, 5, testing::crash(testing::everybody())); }},
      {"loss",
       [](Trial& t) {
         t.fault(5, 10, testing::on_links("drop", testing::all_links(), {{"probability", "0.2"}}));
       }},
      {"a partition",
       [](Trial& t) {
         t.fault(5, 2, testing::partition({testing::replicas(0, 2), testing::replicas(3, 4)}));
       }},
      {"twins", [](Trial& t) { t.adversary({r0}, "equivocate"); }},
      {"nonsense", [](Trial& t) { t.adversary({r0}, "corrupt"); }},
  };
  for (const auto& [what, prepare] : faults) {
    std::uint64_t unsafe = 0;
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
      Trial t(kInfo, 5, 60);
      t.option("fork_choice", "ghost");
      t.options.seed = seed;
      prepare(t);
      const testing::Outcome o = testing::run(t, t.ticks(20));
      unsafe += o.agreement ? 0 : 1;
      BOOST_TEST_CONTEXT(what << ", seed " << seed) {
        BOOST_TEST(o.highest.value > o.at_probe.value + 4);
        BOOST_TEST(o.lowest.value > o.at_probe.value);
      }
    }
    BOOST_TEST(unsafe <= 1u, what << " broke agreement " << unsafe << " times of 6");
  }
}

BOOST_AUTO_TEST_CASE(equal_subtrees_are_kept_with_equal_probability) {
  constexpr int kSeeds = 3000;
  std::array<int, 3> kept{};
  for (int seed = 1; seed <= kSeeds; ++seed) {
    EngineScript script(kInfo, {.n = 2, .seed = static_cast<std::uint64_t>(seed)},
                        Options(kOptions).with("fork_choice", "ghost").with("tie_break", "random"));
    script.record(false);
    script.start_all();
    std::array<Digest, 3> tips;
    for (std::uint64_t k = 0; k < 3; ++k) {
      const BlockRef b = script.crypto().make_block({.parent = script.crypto().genesis()->digest,
                                                     .height = Height(1),
                                                     .proposer = r0,
                                                     .nonce = k});
      tips[k] = b->digest;
      script.inject(r0, r1, NewBlock{{b}});
    }
    Digest parent;
    script.link = [&](ReplicaId, ReplicaId, const Message& m) {
      if (m.kind() == NewBlock::kKind) parent = m.as<NewBlock>().block->parent;
      return Duration::max();
    };
    script.fire(r1, 0, 1);
    for (std::size_t k = 0; k < 3; ++k) kept[k] += parent == tips[k] ? 1 : 0;
  }
  for (const int count : kept) BOOST_TEST(std::abs(count - kSeeds / 3) < 80);  // three sigma
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::nakamoto
