// The tree of logs against a log kept for each process.
#include <boost/test/unit_test.hpp>
#include <map>

#include "base/rng.h"
#include "testbed/invariants/log_tree.h"

using namespace byzlab;

BOOST_AUTO_TEST_SUITE(log_tree)

BOOST_AUTO_TEST_CASE(random_commits_against_separate_logs) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Rng rng(seed);
    constexpr std::uint32_t kProcesses = 3;
    LogTree tree(kProcesses);
    std::vector<std::map<std::uint64_t, std::uint64_t>> logs(kProcesses);  // height -> nonce
    std::map<std::uint64_t, std::uint64_t> first;                          // height -> nonce
    for (int i = 0; i < 60; ++i) {
      const auto p = static_cast<std::uint32_t>(rng.below(kProcesses));
      auto& log = logs[p];
      const std::uint64_t top = log.empty() ? 0 : log.rbegin()->first;
      // Mostly the next height and the usual block; now and then an old height, or one too far.
      const std::uint64_t kind = rng.below(10);
      const std::uint64_t h = kind == 0 && top > 0 ? 1 + rng.below(top)
                              : kind == 1          ? top + 2
                                                   : top + 1;
      const std::uint64_t nonce = rng.below(5) == 0 ? 1 : 0;
      const auto block = Block::make(BlockBody{.parent = {},
                                               .height = Height(h),
                                               .view = {},
                                               .proposer = {},
                                               .nonce = nonce,
                                               .requests = {}},
                                     HashScheme::modelled);
      const auto step = tree.commit(ProcessId(p), *block, kStart);

      const bool had = log.contains(h) && log[h] == nonce;
      const bool hole = h <= top && !log.contains(h);  // a height that was skipped before
      BOOST_REQUIRE(step.repeated == had);
      if (!had) {
        BOOST_REQUIRE((step.replaced != LogTree::kNone) == (h <= top));
        if (!hole && h > top) BOOST_REQUIRE(step.gap == (h > top + 1));
        const bool conflict = first.contains(h) && first[h] != nonce;
        if (step.created) BOOST_REQUIRE((step.conflict != LogTree::kNone) == conflict);
        log.erase(log.lower_bound(h), log.end());
        log[h] = nonce;
        first.try_emplace(h, nonce);
      }
      BOOST_REQUIRE(tree.height(ProcessId(p)) == log.rbegin()->first);
      BOOST_REQUIRE(tree[tree.tip(ProcessId(p))].block->nonce == log.rbegin()->second);
      // A process that skipped heights may have landed on a node whose log it does not share.
      if (step.gap) break;
    }
  }
}

BOOST_AUTO_TEST_CASE(following_others_makes_no_nodes) {
  LogTree tree(100);
  for (std::uint64_t h = 1; h <= 50; ++h) {
    BlockBody body;
    body.height = Height(h);
    const auto block = Block::make(body, HashScheme::modelled);
    for (std::uint32_t p = 0; p < 100; ++p) {
      const auto step = tree.commit(ProcessId(p), *block, kStart);
      BOOST_REQUIRE(step.created == (p == 0));
    }
  }
  BOOST_TEST(tree.blocks() == 50u);
  BOOST_TEST(!tree.branched());
}

BOOST_AUTO_TEST_SUITE_END()
