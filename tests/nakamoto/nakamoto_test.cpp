// The honest miner, one claim a case. Mining timers are fired by hand, so no case waits for luck.
#include "consensus/nakamoto/nakamoto.h"

#include <boost/test/unit_test.hpp>

#include "tests/support/engine_script.h"

namespace byzlab::nakamoto {
namespace {

using namespace std::chrono_literals;

constexpr ReplicaId r0{0}, r1{1}, r2{2};

Options options(std::string_view confirmations) {
  return Options(kOptions).with("confirmations", confirmations);
}

struct Script : EngineScript {
  explicit Script(Options o = options("2"), Setup setup = {.n = 3})
      : EngineScript(kInfo, setup, std::move(o)) {
    start_all();
  }
  void mine(ReplicaId r) { BOOST_TEST(fire(r, 0, 1)); }
  void mine_and_spread(ReplicaId r) {
    mine(r);
    run_for(10ms);
  }
  std::vector<std::uint64_t> committed_heights(ReplicaId r) const {
    std::vector<std::uint64_t> heights;
    for (const auto& block : commits(r)) heights.push_back(block->height.value);
    return heights;
  }
  std::vector<std::uint64_t> reorgs(ReplicaId r) const {
    std::vector<std::uint64_t> depths;
    for (const auto& n : notes()) {
      if (n.replica == r && n.note.milestone == Milestone::reorg) depths.push_back(n.note.value);
    }
    return depths;
  }
  /// Blocks between groups are lost from now on; `together` are those that still hear each other.
  void split(std::vector<ReplicaId> together) {
    link = [together](ReplicaId from, ReplicaId to, const Message&) {
      const bool a = std::ranges::find(together, from) != together.end();
      const bool b = std::ranges::find(together, to) != together.end();
      return a == b ? Duration(10ms) : Duration::max();
    };
  }
  void heal() { link = nullptr; }
  BlockRef genesis() const { return crypto().genesis(); }
  BlockRef block(const Block& parent, ReplicaId proposer, std::vector<Request> requests = {},
                 std::uint64_t nonce = 7) const {
    return crypto().make_block(BlockBody{.parent = parent.digest,
                                         .height = parent.height.next(),
                                         .proposer = proposer,
                                         .nonce = nonce,
                                         .requests = std::move(requests)});
  }
  Request request(std::uint64_t id, std::uint64_t coin = 0, std::uint32_t bytes = 100) const {
    Request r{.id = RequestId(id), .client = ClientId(3), .bytes = bytes, .coin = coin};
    r.auth = crypto().authenticate(r);
    return r;
  }
  /// True when r1 takes the block that r0 sends, as its persisting it shows.
  bool takes(BlockRef b, ReplicaId from = r0) {
    const auto before = durable(r1).blocks.size();
    inject(from, r1, NewBlock{{std::move(b)}});
    return durable(r1).blocks.size() > before;
  }
};

using Heights = std::vector<std::uint64_t>;

}  // namespace

BOOST_AUTO_TEST_SUITE(nakamoto)

BOOST_AUTO_TEST_CASE(mines_on_the_tip_and_commits_at_depth) {
  Script s;
  s.submit(3);
  s.mine_and_spread(r0);
  s.submit(1);
  s.mine_and_spread(r1);
  s.mine_and_spread(r2);
  check_golden("tests/nakamoto/golden/mines_and_commits.txt", s.text());
  BOOST_TEST(s.committed_heights(r0) == (Heights{1, 2}));
  BOOST_TEST(s.agreement());
  BOOST_TEST(s.commits(r2)[0]->requests.size() == 3u);
  BOOST_TEST(s.commits(r2)[1]->requests.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_block_counts_as_its_own_first_confirmation) {
  for (std::uint64_t z = 1; z <= 4; ++z) {
    Script s(options(std::to_string(z)));
    for (std::uint64_t mined = 1; mined <= 6; ++mined) {
      s.mine_and_spread(r0);
      BOOST_TEST(s.committed_height(r1).value == (mined + 1 > z ? mined + 1 - z : 0));
    }
  }
}

BOOST_AUTO_TEST_CASE(ties_are_first_seen_and_a_longer_chain_wins) {
  Script s;
  s.mine(r0);
  s.mine(r1);  // both at height 1, r2 hears r0's first
  s.run_for(10ms);
  BOOST_TEST(s.noted(Milestone::reorg) == 0u);
  s.mine_and_spread(r2);
  check_golden("tests/nakamoto/golden/fork_and_reorg.txt", s.text());
  BOOST_TEST(s.reorgs(r0).empty());
  BOOST_TEST(s.reorgs(r1) == (Heights{1}));  // had worked on its own block
  BOOST_TEST(s.agreement());
  BOOST_TEST((s.commits(r1)[0]->proposer == r0));
}

BOOST_AUTO_TEST_CASE(a_random_tie_break_keeps_each_of_k_tips_with_probability_1_over_k) {
  constexpr int kSeeds = 3000;
  constexpr std::uint32_t kTips = 3;
  std::array<int, kTips> kept{};
  for (int seed = 1; seed <= kSeeds; ++seed) {
    Script s(options("2").with("tie_break", "random"),
             {.n = 4, .seed = static_cast<std::uint64_t>(seed)});
    s.record(false);
    std::array<BlockRef, kTips> tips;
    for (std::uint32_t i = 0; i < kTips; ++i) {
      tips[i] = s.block(*s.genesis(), ReplicaId(i));
      s.inject(ReplicaId(i), ReplicaId(3), NewBlock{{tips[i]}});
    }
    s.mine(ReplicaId(3));
    const Digest parent = s.durable(ReplicaId(3)).blocks.back()->parent;
    for (std::uint32_t i = 0; i < kTips; ++i) kept[i] += parent == tips[i]->digest;
  }
  // Binomial(3000, 1/3): mean 1000, standard deviation 25.8; 3.3 of them are the 99.9 % interval.
  for (int k : kept) BOOST_TEST(std::abs(k - 1000) < 86);
}

BOOST_AUTO_TEST_CASE(a_reorganisation_below_finality_commits_the_same_heights_again) {
  Script s(options("2"));
  s.split({r0, r1});
  for (int i = 0; i < 3; ++i) s.mine_and_spread(r0);
  for (int i = 0; i < 4; ++i) s.mine_and_spread(r2);
  s.heal();
  s.mine_and_spread(r2);
  s.run_for(1s);  // r0 and r1 fetch what they missed
  check_golden("tests/nakamoto/golden/deep_reorg.txt", s.text());
  BOOST_TEST(s.committed_heights(r1) == (Heights{1, 2, 1, 2, 3, 4}));
  BOOST_TEST(s.committed_heights(r2) == (Heights{1, 2, 3, 4}));
  BOOST_TEST(s.reorgs(r1) == (Heights{3}));
  BOOST_TEST(!s.agreement());
}

BOOST_AUTO_TEST_CASE(an_orphan_waits_and_its_ancestors_are_fetched) {
  Script s;
  s.split({r0, r1});
  for (int i = 0; i < 5; ++i) s.mine_and_spread(r0);
  s.heal();
  BOOST_TEST(s.durable(r2).blocks.size() == 0u);
  s.mine_and_spread(r0);
  s.run_for(1s);
  BOOST_TEST(s.durable(r2).blocks.size() == 6u);
  BOOST_TEST(s.committed_heights(r2) == (Heights{1, 2, 3, 4, 5}));
  BOOST_TEST(s.agreement());
}

BOOST_AUTO_TEST_CASE(a_restart_goes_on_where_the_disk_left_off) {
  Script s;
  for (int i = 0; i < 4; ++i) s.mine_and_spread(r0);
  s.crash(r1);
  s.mine_and_spread(r0);
  s.start(r1);
  s.run_for(100ms);  // it missed height 5, and asks at once
  BOOST_TEST((s.durable(r1).blocks.back()->height == Height(5)));
  s.mine_and_spread(r0);
  s.run_for(1s);
  BOOST_TEST(s.committed_heights(r1) == (Heights{1, 2, 3, 4, 5}));  // none of them twice
  BOOST_TEST(s.agreement());
}

BOOST_AUTO_TEST_CASE(the_tip_after_a_restart_is_the_one_before_it) {
  Script s;
  s.mine(r0);
  s.mine(r1);
  s.run_for(10ms);
  s.mine_and_spread(r2);  // r1 leaves its own block
  s.crash(r1);
  s.start(r1);
  s.run_for(100ms);
  s.mine(r1);
  BOOST_TEST((s.durable(r1).blocks.back()->parent == s.durable(r2).blocks.back()->digest));
}

BOOST_AUTO_TEST_CASE(without_power_nobody_mines) {
  Script s(options("2"), {.power = {1, 0, 1}});
  BOOST_TEST(!s.fire(r1, 0, 1));
  BOOST_TEST(!s.takes(s.block(*s.genesis(), r1), r1));
  BOOST_TEST(s.takes(s.block(*s.genesis(), r0)));
}

BOOST_AUTO_TEST_CASE(hostile_blocks_are_refused) {
  Script s(options("3").with("max_block_size", "1 kB").with("max_block_requests", "4"));
  s.record(false);
  const auto g = s.genesis();
  const auto with = [&](std::vector<Request> requests) { return s.block(*g, r0, requests); };
  Request forged = s.request(1);
  forged.auth ^= 1;

  BOOST_TEST(!s.takes(s.block(*g, r2)));                           // somebody else's
  BOOST_TEST(!s.takes(s.block(*g, ReplicaId(9)), ReplicaId(9)));   // no member
  BOOST_TEST(!s.takes(with({forged})));                            // no client asked for it
  BOOST_TEST(!s.takes(with({s.request(1, 0, 1000)})));             // too large
  BOOST_TEST(!s.takes(with({s.request(1), s.request(1)})));        // twice in a block
  BOOST_TEST(!s.takes(with({s.request(2), s.request(1)})));        // not in order
  BOOST_TEST(!s.takes(with({s.request(1, 5), s.request(2, 5)})));  // spends a coin twice
  BOOST_TEST(
      !s.takes(with({s.request(1), s.request(2), s.request(3), s.request(4), s.request(5)})));
  auto skipping = BlockBody(*with({}));
  skipping.height = Height(2);
  BOOST_TEST(!s.takes(s.crypto().make_block(skipping)));  // skips a height
  skipping.height = Height(0);
  BOOST_TEST(!s.takes(s.crypto().make_block(skipping)));
  BOOST_TEST(!s.takes(g));

  const auto first = with({s.request(1), s.request(2), s.request(3, 5)});
  BOOST_TEST(s.takes(first));
  BOOST_TEST(!s.takes(first));  // known
  const auto second = s.block(*first, r0, {s.request(4)});
  BOOST_TEST(s.takes(second));
  BOOST_TEST(!s.takes(s.block(*second, r0, {s.request(2)})));  // repeats an ancestor's
  BOOST_TEST(!s.takes(s.block(*second, r0, {s.request(0), s.request(4), s.request(9)})));
  BOOST_TEST(!s.takes(s.block(*second, r0, {s.request(9, 5)})));  // its chain has spent that
  BOOST_TEST(s.takes(s.block(*second, r0, {s.request(0), s.request(9), s.request(10, 6)})));
}

BOOST_AUTO_TEST_CASE(a_coin_may_be_spent_on_either_branch_of_a_fork) {
  Script s;
  const auto a = s.block(*s.genesis(), r0, {s.request(1, 5)});
  const auto b = s.block(*s.genesis(), r2, {s.request(2, 5)});
  BOOST_TEST(s.takes(a));
  BOOST_TEST(!s.takes(b, r2));  // a tie: known, not adopted
  BOOST_TEST(!s.takes(s.block(*b, r2, {s.request(3, 5)}), r2));
  BOOST_TEST(s.takes(s.block(*b, r2, {s.request(1)}), r2));
  BOOST_TEST(s.reorgs(r1) == (Heights{1}));
}

BOOST_AUTO_TEST_CASE(an_invalid_chain_is_refused_also_when_it_was_fetched) {
  Script s;
  const auto bad = s.block(*s.genesis(), r0, {s.request(2), s.request(1)});
  const auto child = s.block(*bad, r0);
  s.inject(r0, r1, NewBlock{{child}});  // an orphan: r1 asks for `bad`
  BOOST_TEST(s.in_flight("BlockRequest") == 1u);
  s.inject(r0, r1, BlockResponse{{BlockPayload{bad}}});
  BOOST_TEST(s.durable(r1).blocks.size() == 0u);
  BOOST_TEST(s.takes(s.block(*s.genesis(), r0)));
}

BOOST_AUTO_TEST_CASE(payments_are_mined_once_and_the_first_spend_of_a_coin_counts) {
  Script s;
  const Request payment = s.request(1000, 5);
  const Request again = s.request(1001, 5);
  Request forged = s.request(1002, 6);
  forged.auth ^= 1;
  for (const Request& r : {payment, again, forged, s.request(1003, 0)}) {
    s.inject(r2, r0, Payment{r, {}});
    s.inject(r2, r1, Payment{r, {}});
  }
  s.submit(2);
  s.mine_and_spread(r0);
  s.mine_and_spread(r1);
  s.mine_and_spread(r2);
  const auto& mined = s.commits(r1)[0]->requests;
  BOOST_TEST(mined.size() == 3u);
  BOOST_TEST((mined.back() == payment));
  BOOST_TEST(s.commits(r1)[1]->requests.empty());
}

BOOST_AUTO_TEST_CASE(a_merchant_delivers_when_it_commits_the_payment) {
  Script s;
  const Request payment = s.request(1000, 5);
  for (const ReplicaId r : {r0, r1}) s.inject(r2, r, Payment{payment, {r1}});
  s.mine_and_spread(r0);
  BOOST_TEST(s.in_flight("Delivery") == 0u);
  s.mine_and_spread(r0);  // the second confirmation
  BOOST_TEST(s.in_flight("Delivery") == 1u);
  BOOST_TEST(s.deliver(r1, r2, "Delivery"));
  s.mine_and_spread(r0);
  BOOST_TEST(s.in_flight("Delivery") == 0u);  // once, and by nobody else
}

BOOST_AUTO_TEST_CASE(blocks_are_filled_up_to_their_limits) {
  Script s(options("2").with("max_block_size", "1 kB"));
  s.submit(20);  // 132 bytes each, 64 for the header: seven fit
  for (int i = 0; i < 4; ++i) s.mine_and_spread(r0);
  std::vector<std::size_t> sizes;
  for (const auto& block : s.commits(r2)) sizes.push_back(block->requests.size());
  BOOST_TEST(sizes == (std::vector<std::size_t>{7, 7, 6}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::nakamoto
