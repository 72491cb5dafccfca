// The chain of decided blocks: catching up by proof, messages for heights to come, restarts.
#include "consensus/decided_chain.h"

#include <boost/test/unit_test.hpp>

#include "consensus/protocol.h"
#include "tests/support/engine_script.h"

namespace byzlab {
namespace {

using namespace std::chrono_literals;

ReplicaId r(std::uint32_t i) { return ReplicaId(i); }

/// A block that the test decides; the block before it is decided with it.
struct Decree {
  static constexpr MessageKind kKind{1};
  Height height{};
  BlockPayload block{};
};
BOOST_DESCRIBE_STRUCT(Decree, (), (height, block))

struct Saved {
  Height next{};
  Decided last{};
};
BOOST_DESCRIBE_STRUCT(Saved, (), (next, last))

/// Believes every decree and every proof.
class Subject final
    : public Protocol<Subject, Decree, Status, Decided, BlockRequest, BlockResponse> {
 public:
  void start(Context& ctx) override {
    const auto saved = last_record<Saved>(ctx);
    chain.start(ctx, saved.next, saved.last);
  }
  void on_timer(Context& ctx, Timer timer) override { chain.on_timer(ctx, timer); }
  void save(DurableState& durable) const override {
    durable.replace_records(Saved{.next = chain.next(), .last = chain.proof()});
    durable.blocks = chain.blocks();
  }
  void on(Context& ctx, ReplicaId, const Decree& d, const Message& m) {
    if (!chain.is_next(ctx, d.height, m) || !chain.extends(*d.block)) return;
    const Decided proof{.height = d.height, .round = View(0), .block = d.block->digest};
    chain.append(ctx, d.block.ref, proof);
    for (const HeldMessage& early : chain.take_early()) on_message(ctx, early->from(), *early);
  }
  void on(Context& ctx, ReplicaId from, const Status& status, const Message&) {
    chain.on_status(ctx, from, status);
  }
  void on(Context& ctx, ReplicaId from, const Decided& proof, const Message&) {
    chain.learn(ctx, from, proof, nullptr);
  }
  void on(Context& ctx, ReplicaId from, const BlockRequest& request, const Message&) {
    chain.on_request(ctx, from, request);
  }
  void on(Context& ctx, ReplicaId from, const BlockResponse& response, const Message&) {
    chain.on_response(ctx, from, response);
  }

  DecidedChain chain{100ms};
};

constexpr EngineInfo kSubject{
    .name = "subject",
    .paper = "",
    .summary = "",
    .fault_model = FaultModel::byzantine,
    .finality = Finality::immediate,
    .synchrony = Synchrony::partial,
    .fault_bound = byzantine_bound,
    .quorum = byzantine_quorum,
    .options = {},
    .messages = Subject::messages(),
    .request_driven = false,
    .attacks = "",
    .make = [](const Options&) -> std::unique_ptr<Engine> { return std::make_unique<Subject>(); },
};

struct Subjects {
  EngineScript script{kSubject, {.n = 4}};
  std::vector<BlockRef> blocks{script.crypto().genesis()};

  Subjects() {
    script.record(false);
    for (std::uint64_t h = 1; h <= 200; ++h) {
      blocks.push_back(
          script.crypto().make_block({.parent = blocks.back()->digest, .height = Height(h)}));
    }
  }
  DecidedChain& chain(std::uint32_t i) { return static_cast<Subject&>(script.engine(r(i))).chain; }
  void decree(std::uint32_t to, std::uint64_t height) {
    script.inject(r(3), r(to), Decree{.height = Height(height), .block = {blocks[height]}});
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(decided_chain)

BOOST_AUTO_TEST_CASE(who_is_behind_is_shown_a_proof_and_fetches_the_blocks) {
  Subjects s;
  s.script.start(r(0));
  s.script.start(r(1));
  for (std::uint64_t h = 1; h <= 200; ++h) s.decree(0, h);
  s.script.inject(r(1), r(0), Status{.height = Height(1)});
  s.script.run_for(1s);
  BOOST_TEST(s.chain(1).height().value == 200u);
  BOOST_TEST((s.chain(1).proof().block == s.blocks[200]->digest));
  BOOST_TEST(s.script.agreement());
  BOOST_TEST(s.script.noted(Milestone::state_transfer) >= 1u);
}

BOOST_AUTO_TEST_CASE(a_message_far_ahead_makes_a_replica_ask_its_sender) {
  Subjects s;
  s.script.start(r(0));
  s.script.start(r(1));
  for (std::uint64_t h = 1; h <= 6; ++h) s.decree(0, h);
  // What r0 says of height 7 shows that it has decided six.
  s.script.inject(r(0), r(1), Decree{.height = Height(7), .block = {s.blocks[7]}});
  s.script.run_for(100ms);
  BOOST_TEST(s.chain(1).height().value == 6u);
  // A liar's word costs a question now and then.
  const auto before = s.script.in_flight();
  for (int i = 0; i < 100; ++i) {
    s.script.inject(r(3), r(1),
                    Decree{.height = Height(~std::uint64_t{0}), .block = {s.blocks[9]}});
  }
  BOOST_TEST(s.script.in_flight() <= before + 1);
}

BOOST_AUTO_TEST_CASE(early_messages_wait_for_their_height_a_few_of_each_sender) {
  Subjects s;
  s.script.start(r(0));
  for (std::uint64_t h = 5; h >= 1; --h) s.decree(0, h);
  BOOST_TEST(s.chain(0).height().value == 5u);
  BOOST_TEST(s.chain(0).early() == 0u);
  for (int i = 0; i < 100; ++i) s.decree(0, 7);
  s.decree(0, 100);
  BOOST_TEST(s.chain(0).early() == EarlyMessages::kOfOne);
}

BOOST_AUTO_TEST_CASE(early_messages_are_bounded_in_bytes) {
  Subjects s;
  s.script.start(r(0));
  for (std::uint64_t nonce = 0; nonce < 8; ++nonce) {
    const BlockRef large =
        s.script.crypto().make_block({.height = Height(2),
                                      .nonce = nonce,
                                      .requests = {{.id = RequestId(1), .bytes = 1'000'000}}});
    s.script.inject(r(3), r(0), Decree{.height = Height(2), .block = {large}});
  }
  BOOST_TEST(s.chain(0).early() == 2u);
}

BOOST_AUTO_TEST_CASE(blocks_that_do_not_fit_are_no_extension) {
  Subjects s;
  s.script.start(r(0));
  s.decree(0, 1);
  BOOST_TEST(s.chain(0).extends(*s.blocks[2]));
  BOOST_TEST(!s.chain(0).extends(*s.blocks[1]));
  BOOST_TEST(!s.chain(0).extends(*s.blocks[3]));
  Request request{.id = RequestId(0), .client = ClientId(0), .bytes = 10};
  request.auth = s.script.crypto().authenticate(request);
  const auto twice = s.script.crypto().make_block(
      {.parent = s.blocks[1]->digest, .height = Height(2), .requests = {request, request}});
  BOOST_TEST(!s.chain(0).extends(*twice));
}

BOOST_AUTO_TEST_CASE(a_restart_commits_what_was_proven_again) {
  Subjects s;
  s.script.start(r(0));
  for (std::uint64_t h = 1; h <= 20; ++h) s.decree(0, h);
  s.script.crash(r(0));
  s.script.start(r(0));
  BOOST_TEST(s.chain(0).height().value == 20u);
  BOOST_TEST((s.chain(0).proof().block == s.blocks[20]->digest));
  BOOST_TEST(s.script.commits(r(0)).size() == 20u);
  s.script.wipe(r(0));
  s.script.start(r(0));
  BOOST_TEST(s.chain(0).height().value == 0u);
}

// Were it forgotten, the replica would go back to heights below and vote again in the one it was
// in.
BOOST_AUTO_TEST_CASE(a_restart_forgets_no_block_whose_proof_had_to_go) {
  Subjects s;
  s.script.start(r(0));
  s.script.start(r(1));
  for (std::uint64_t h = 1; h <= 5; ++h) s.decree(0, h);
  s.script.inject(r(0), r(1), Decided{.height = Height(5), .block = s.blocks[5]->digest});
  // While its blocks are fetched, more proofs come than are kept, of blocks that nobody has.
  for (std::uint64_t h = 6; h <= 13; ++h) {
    s.script.inject(r(3), r(1), Decided{.height = Height(h), .block = s.blocks[h]->digest});
  }
  s.script.run_for(1s);
  BOOST_TEST(s.chain(1).height().value == 5u);
  BOOST_TEST(s.chain(1).proof().height.value == 0u);
  s.script.crash(r(1));
  s.script.start(r(1));
  BOOST_TEST(s.chain(1).height().value == 5u);
}

BOOST_AUTO_TEST_CASE(a_chain_that_contradicts_ours_is_not_taken) {
  Subjects s;
  s.script.start(r(0));
  s.script.start(r(1));
  std::vector<BlockRef> other{s.blocks[1]};
  for (std::uint64_t h = 2; h <= 9; ++h) {
    other.push_back(s.script.crypto().make_block(
        {.parent = other.back()->digest, .height = Height(h), .nonce = 7}));
  }
  for (std::uint64_t h = 1; h <= 4; ++h) s.decree(1, h);
  s.decree(0, 1);
  for (std::uint64_t h = 2; h <= 9; ++h) {
    s.script.inject(r(3), r(0), Decree{.height = Height(h), .block = {other[h - 1]}});
  }
  s.script.inject(r(1), r(0), Status{.height = Height(5)});
  s.script.run_for(1s);
  BOOST_TEST(s.chain(1).height().value == 4u);
  BOOST_TEST((s.chain(1).last().digest == s.blocks[4]->digest));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab
