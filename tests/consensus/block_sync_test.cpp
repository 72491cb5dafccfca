// Block sync against silent, lying and flooding peers, with a toy engine around it.
#include "consensus/block_sync.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <optional>

#include "consensus/protocol.h"
#include "tests/support/engine_script.h"

namespace byzlab {
namespace {

using namespace std::chrono_literals;

ReplicaId r(std::uint32_t i) { return ReplicaId(i); }

struct Tip {
  static constexpr MessageKind kKind{1};
  BlockPayload block{};
};
BOOST_DESCRIBE_STRUCT(Tip, (), (block))

/// Knows nothing but how to follow tips.
class Follower final : public Protocol<Follower, Tip, BlockRequest, BlockResponse> {
 public:
  void start(Context& ctx) override { tree = BlockTree<>(ctx.crypto().genesis()); }
  void on_timer(Context& ctx, Timer timer) override { sync.on_timer(ctx, timer); }
  void on(Context& ctx, ReplicaId from, const Tip& tip, const Message&) {
    const auto place = tree.place_of(*tip.block);
    using Kind = BlockTree<>::Place::Kind;
    if (place.kind == Kind::orphan) sync.hold(ctx, tip.block.ref, from, Height(0));
    if (place.kind == Kind::child) tree.insert(tip.block.ref, place.id);
    connect(ctx);
  }
  void on(Context& ctx, ReplicaId from, const BlockRequest& request, const Message&) {
    sync.serve(ctx, from, request, tree);
  }
  void on(Context& ctx, ReplicaId from, const BlockResponse& response, const Message&) {
    sync.receive(ctx, from, response, tree);
    connect(ctx);
  }
  void connect(Context& ctx) {
    sync.release(ctx, tree, [&](const BlockRef& block) {
      const auto place = tree.place_of(*block);
      if (place.kind != BlockTree<>::Place::Kind::child) return false;
      tree.insert(block, place.id);
      return true;
    });
  }

  BlockTree<> tree;
  BlockSync sync{100ms};
};

constexpr EngineInfo kFollower{
    .name = "follower",
    .paper = "",
    .summary = "",
    .fault_model = FaultModel::byzantine,
    .finality = Finality::immediate,
    .synchrony = Synchrony::partial,
    .fault_bound = byzantine_bound,
    .quorum = byzantine_quorum,
    .options = {},
    .messages = Follower::messages(),
    .request_driven = false,
    .attacks = "",
    .make = [](const Options&) -> std::unique_ptr<Engine> { return std::make_unique<Follower>(); },
};

struct Fixture {
  EngineScript script{kFollower, {.n = 4}};
  std::vector<BlockRef> chain;

  explicit Fixture(std::size_t blocks) {
    script.record(false);
    script.start_all();
    chain = make_chain(script.crypto().genesis(), blocks, 0);
  }
  std::vector<BlockRef> make_chain(BlockRef from, std::size_t blocks, std::uint64_t nonce,
                                   std::uint32_t request_bytes = 0) const {
    std::vector<BlockRef> made{std::move(from)};
    for (std::size_t i = 0; i < blocks; ++i) {
      BlockBody body{
          .parent = made.back()->digest, .height = made.back()->height.next(), .nonce = nonce};
      if (request_bytes > 0)
        body.requests = {
            Request{.id = RequestId(i), .client = ClientId(0), .bytes = request_bytes}};
      made.push_back(script.crypto().make_block(std::move(body)));
    }
    return made;
  }
  Follower& follower(std::uint32_t i) { return static_cast<Follower&>(script.engine(r(i))); }
  void give_all(std::uint32_t to) {
    for (std::size_t i = 1; i < chain.size(); ++i) script.inject(r(3), r(to), Tip{{chain[i]}});
  }
  bool has_tip(std::uint32_t i) { return follower(i).tree.contains(chain.back()->digest); }
  std::size_t requests_on_the_way() const { return script.in_flight("BlockRequest"); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(block_sync)

BOOST_AUTO_TEST_CASE(one_missing_block_costs_one_request) {
  Fixture f(2);
  f.give_all(0);
  f.script.inject(r(0), r(1), Tip{{f.chain[2]}});
  BOOST_TEST(f.requests_on_the_way() == 1u);
  f.script.run_for(30ms);
  BOOST_TEST(f.has_tip(1));
  BOOST_TEST(f.follower(1).sync.outstanding() == 0u);
  f.script.run_for(10s);
  BOOST_TEST(f.requests_on_the_way() == 0u);
}

BOOST_AUTO_TEST_CASE(a_long_chain_comes_in_bounded_answers) {
  Fixture f(1000);
  f.give_all(0);
  std::size_t answers = 0;
  f.script.link = [&](ReplicaId, ReplicaId, const Message& m) -> Duration {
    if (m.kind() == BlockResponse::kKind) {
      ++answers;
      BOOST_TEST(m.as<BlockResponse>().blocks.size() <= BlockSync::kResponseBlocks);
    }
    return 10ms;
  };
  f.script.inject(r(0), r(1), Tip{{f.chain.back()}});
  f.script.run_for(1s);
  BOOST_TEST(f.has_tip(1));
  BOOST_TEST(answers == 2u);  // ⌈999 / 512⌉
}

// Longer than may be held: what was fetched gives way, and is fetched again.
BOOST_AUTO_TEST_CASE(any_distance_is_caught_up_with) {
  const std::size_t far = 2 * BlockSync::kChainBlocks + 1000;
  Fixture f(far);
  f.give_all(0);
  std::size_t blocks = 0;
  f.script.link = [&](ReplicaId, ReplicaId, const Message& m) -> Duration {
    if (m.kind() == BlockResponse::kKind) blocks += m.as<BlockResponse>().blocks.size();
    return 1ms;
  };
  f.script.inject(r(0), r(1), Tip{{f.chain.back()}});
  f.script.run_for(60s);
  BOOST_TEST(f.has_tip(1));
  BOOST_TEST(f.follower(1).sync.outstanding() == 0u);
  BOOST_TEST(blocks < 2 * far + 10 * BlockSync::kResponseBlocks);
}

BOOST_AUTO_TEST_CASE(what_nobody_has_is_given_up) {
  Fixture f(3);
  f.script.inject(r(3), r(1), Tip{{f.make_chain(f.chain.back(), 2, 7).back()}});
  BOOST_TEST(f.follower(1).sync.outstanding() == 1u);
  f.script.run_for(5min);
  BOOST_TEST(f.follower(1).sync.outstanding() == 0u);
  BOOST_TEST(f.requests_on_the_way() == 0u);
}

// A block at a time, at its leisure: as fast as the others, but for its first answer.
BOOST_AUTO_TEST_CASE(a_source_that_trickles_is_replaced) {
  Fixture f(400);
  f.give_all(0);
  f.give_all(2);
  f.script.link = [&](ReplicaId from, ReplicaId to, const Message& m) -> Duration {
    if (from == r(3) && m.kind() == BlockResponse::kKind) return Duration::max();
    if (to == r(3) && m.kind() == BlockRequest::kKind) {
      const auto& asked = m.as<BlockRequest>().block;
      for (const BlockRef& block : f.chain) {
        if (block->digest == asked)
          f.script.inject(r(3), from, BlockResponse{{BlockPayload{block}}});
      }
    }
    return 10ms;
  };
  f.script.inject(r(3), r(1), Tip{{f.chain.back()}});
  f.script.run_for(1s);
  BOOST_TEST(f.has_tip(1));
}

// One who asks without end gets so much, and no more.
BOOST_AUTO_TEST_CASE(what_one_replica_is_served_is_bounded) {
  Fixture f(0);
  f.chain = f.make_chain(f.script.crypto().genesis(), 40, 0, 250'000);
  f.give_all(0);
  std::uint64_t bytes = 0;
  f.script.link = [&](ReplicaId, ReplicaId to, const Message& m) -> Duration {
    if (to == r(3) && m.kind() == BlockResponse::kKind) {
      for (const BlockPayload& block : m.as<BlockResponse>().blocks) bytes += block->bytes;
    }
    return 1ms;
  };
  for (int i = 0; i < 1000; ++i) {
    const auto& block = f.chain[f.chain.size() - 1 - static_cast<std::size_t>(i) % 30];
    f.script.inject(r(3), r(0), BlockRequest{.block = block->digest, .count = 64});
    f.script.run_for(1ms);
  }
  BOOST_TEST(bytes > BlockSync::kServedAtOnce);
  BOOST_TEST(bytes <= BlockSync::kServedAtOnce + BlockSync::kServedPerSecond + 2'000'000);
  // And of one and the same answer far less.
  bytes = 0;
  f.script.run_for(10s);
  for (int i = 0; i < 1000; ++i) {
    f.script.inject(r(3), r(0), BlockRequest{.block = f.chain.back()->digest, .count = 64});
    f.script.run_for(1ms);
  }
  BOOST_TEST(bytes > 0u);
  BOOST_TEST(bytes < 3 * BlockSync::kResponseBytes);
}

BOOST_AUTO_TEST_CASE(answers_are_bounded_in_bytes) {
  Fixture f(0);
  f.chain = f.make_chain(f.chain[0], 10, 0, 300'000);
  f.give_all(0);
  f.script.link = [&](ReplicaId, ReplicaId, const Message& m) -> Duration {
    if (m.kind() == BlockResponse::kKind) BOOST_TEST(m.bytes() < 1'000'100u);
    return 10ms;
  };
  f.script.inject(r(0), r(1), Tip{{f.chain.back()}});
  f.script.run_for(1s);
  BOOST_TEST(f.has_tip(1));
}

BOOST_AUTO_TEST_CASE(a_silent_source_is_passed_over) {
  Fixture f(50);
  f.give_all(2);  // the source of the tip, r0, has nothing; nor has r3
  f.script.inject(r(0), r(1), Tip{{f.chain.back()}});
  f.script.run_for(3s);
  BOOST_TEST(f.has_tip(1));
}

BOOST_AUTO_TEST_CASE(a_wrong_answer_is_followed_by_the_next_question_at_once) {
  Fixture f(50);
  f.give_all(2);
  f.script.inject(r(0), r(1), Tip{{f.chain.back()}});
  f.script.inject(r(2), r(1), Tip{{f.chain.back()}});  // held already
  const auto fork = f.make_chain(f.chain[49], 1, 5);
  f.script.inject(r(2), r(1), Tip{{fork[1]}});  // r2 speaks of the missing block, too
  BOOST_TEST(f.requests_on_the_way() == 1u);
  const auto other = f.make_chain(f.chain[0], 1, 9);
  f.script.inject(r(0), r(1), BlockResponse{{{other[1]}}});
  BOOST_TEST(f.requests_on_the_way() == 2u);
  f.script.run_for(90ms);  // less than the patience with r0
  BOOST_TEST(f.has_tip(1));
}

BOOST_AUTO_TEST_CASE(loss_only_delays) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Fixture f(200);
    f.give_all(0);
    f.give_all(2);
    Rng rng(seed);
    f.script.link = [&](ReplicaId, ReplicaId, const Message&) -> Duration {
      return rng.below(2) == 0 ? Duration::max() : rng.uniform(1ms, 50ms);
    };
    f.script.inject(r(0), r(1), Tip{{f.chain.back()}});
    f.script.run_for(60s);
    BOOST_TEST(f.has_tip(1), "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(wrong_answers_change_nothing) {
  Fixture f(20);
  const auto other = f.make_chain(f.chain[0], 20, 9);
  f.script.inject(r(0), r(1), Tip{{f.chain.back()}});
  const auto answer = [&](std::vector<BlockRef> blocks) {
    BlockResponse response;
    for (const BlockRef& block : blocks) response.blocks.push_back({block});
    f.script.inject(r(3), r(1), response);
  };
  answer({});
  answer({other[19], other[18]});      // what nobody asked for
  answer({f.chain[18], f.chain[19]});  // oldest first
  BOOST_TEST(f.follower(1).tree.size() == 1u);
  answer({f.chain[19], other[18]});    // one good, then a wrong one
  answer({f.chain[18], f.chain[16]});  // a gap
  BOOST_TEST(f.follower(1).sync.outstanding() == 1u);
  BOOST_TEST(f.follower(1).tree.size() == 1u);
  f.give_all(2);
  f.script.run_for(5s);
  BOOST_TEST(f.has_tip(1));
  BOOST_TEST(!f.follower(1).tree.contains(other[1]->digest));
}

BOOST_AUTO_TEST_CASE(a_chain_that_lies_about_its_heights_is_dropped) {
  Fixture f(1);
  const auto liar =
      f.script.crypto().make_block({.parent = f.chain[1]->digest, .height = Height(7), .nonce = 1});
  f.script.inject(r(3), r(1), Tip{{liar}});
  BOOST_TEST(f.follower(1).sync.outstanding() == 1u);
  f.script.inject(r(0), r(1), BlockResponse{{{f.chain[1]}}});
  BOOST_TEST(f.follower(1).sync.outstanding() == 0u);
  // One that goes below genesis, too.
  const auto low = f.script.crypto().make_block(
      {.parent = Digest{{5, 5, 5, 5}}, .height = Height(1), .nonce = 2});
  const auto child =
      f.script.crypto().make_block({.parent = low->digest, .height = Height(2), .nonce = 2});
  f.script.inject(r(3), r(1), Tip{{child}});
  f.script.inject(r(3), r(1), BlockResponse{{{low}}});
  BOOST_TEST(f.follower(1).sync.outstanding() == 0u);
  BOOST_TEST(f.follower(1).tree.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_flood_of_orphans_keeps_only_a_few_and_never_displaces_the_honest) {
  Fixture f(30);
  f.script.inject(r(0), r(1), Tip{{f.chain.back()}});
  for (std::uint64_t i = 0; i < 2000; ++i) {
    f.script.inject(r(3), r(1),
                    Tip{{f.script.crypto().make_block(
                        {.parent = Digest{{i, i, i, i}}, .height = Height(i + 2)})}});
  }
  BOOST_TEST(f.follower(1).sync.outstanding() <= 1 + BlockSync::kChainsFromOne);
  BOOST_TEST(f.follower(1).sync.holds(*f.chain.back()));
  f.give_all(0);
  f.script.run_for(5s);
  BOOST_TEST(f.has_tip(1));
}

BOOST_AUTO_TEST_CASE(two_tips_of_one_missing_parent_share_a_request) {
  Fixture f(10);
  const auto fork = f.make_chain(f.chain[9], 1, 5);
  f.script.inject(r(0), r(1), Tip{{f.chain[10]}});
  f.script.inject(r(2), r(1), Tip{{fork[1]}});
  BOOST_TEST(f.requests_on_the_way() == 1u);
  f.give_all(0);
  f.script.run_for(2s);
  BOOST_TEST(f.has_tip(1));
  BOOST_TEST(f.follower(1).tree.contains(fork[1]->digest));
}

BOOST_AUTO_TEST_CASE(blocks_in_any_order_make_the_same_tree) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Fixture f(20);
    const auto fork = f.make_chain(f.chain[8], 12, 3);
    std::vector<BlockRef> all(f.chain.begin() + 1, f.chain.end());
    all.insert(all.end(), fork.begin() + 1, fork.end());
    Rng rng(seed);
    for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[rng.below(i)]);
    f.script.link = [](ReplicaId, ReplicaId, const Message&) { return Duration::max(); };
    for (const BlockRef& block : all) {
      f.script.inject(r(static_cast<std::uint32_t>(2 + rng.below(2))), r(1), Tip{{block}});
    }
    // Too many chains of one source at once may have cost some; asking brings them back.
    f.script.link = nullptr;
    for (const BlockRef& block : all) f.script.inject(r(3), r(0), Tip{{block}});
    f.give_all(0);
    for (const BlockRef& block : fork) f.script.inject(r(3), r(0), Tip{{block}});
    f.script.inject(r(0), r(1), Tip{{f.chain.back()}});
    f.script.inject(r(0), r(1), Tip{{fork.back()}});
    f.script.run_for(10s);
    BOOST_TEST(f.follower(1).tree.size() == 33u, "seed " << seed);
    BOOST_TEST(f.follower(1).sync.outstanding() == 0u);
  }
}

/// As a miner's secret chain is published: all at once, each block on its own way.
BOOST_AUTO_TEST_CASE(a_burst_of_blocks_out_of_order_leads_to_the_tip) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Fixture f(300);
    f.give_all(0);
    std::vector<BlockRef> all(f.chain.begin() + 1, f.chain.end());
    Rng rng(seed);
    for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[rng.below(i)]);
    for (const BlockRef& block : all) f.script.inject(r(0), r(1), Tip{{block}});
    f.script.run_for(1s);
    BOOST_TEST(f.has_tip(1), "seed " << seed);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab
