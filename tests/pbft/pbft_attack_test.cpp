// PBFT against hostile replicas that know it, and honest ones that crash at the worst moment. Each
// case is one attack that fits into f faults and must neither split the log nor stop it.
#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "consensus/pbft/pbft.h"
#include "tests/support/engine_script.h"

namespace byzlab::pbft {
namespace {

using namespace std::chrono_literals;

constexpr ReplicaId r0(0), r1(1), r2(2), r3(3);
constexpr Duration kLost = Duration::max();

Pbft& engine(EngineScript& script, ReplicaId r) { return static_cast<Pbft&>(script.engine(r)); }

bool is(EngineScript& script, const Message& m, std::string_view type) {
  return script.store().type(m.kind()).name == type;
}

HeldMessage signed_record(EngineScript& script, ReplicaId from, auto payload) {
  Message* m = script.store().make(from, std::move(payload));
  script.crypto().sign(script.store(), *m);
  return HeldMessage(script.store(), m);
}

std::uint64_t executed_requests(EngineScript& script, ReplicaId r) {
  std::uint64_t count = 0;
  for (const BlockRef& b : script.commits(r)) count += b->requests.size();
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pbft_attack)

// A checkpoint replaces the durable log. What the primary has signed a moment ago must be in it
// even when its own copy has not come back yet, or a restart makes an honest primary equivocate.
BOOST_AUTO_TEST_CASE(a_checkpoint_does_not_forget_what_the_primary_is_just_proposing) {
  EngineScript script(kInfo, {.n = 4},
                      Options(kOptions)
                          .with("checkpoint_interval", "4")
                          .with("batch_size", "2")
                          .with("pipeline", "4"));
  script.record(false);
  std::map<Height, std::set<Digest>> proposed;  // by r0, in view 0
  script.link = [&](ReplicaId from, ReplicaId to, const Message& m) {
    if (is(script, m, "PrePrepare") && m.from() == r0) {
      proposed[m.as<PrePrepare>().seq].insert(m.as<PrePrepare>().digest);
    }
    // The primary executes last, everything at once: its CHECKPOINT completes the quorum.
    const bool late =
        is(script, m, "Commit") && from == r1 && to == r0 && m.as<Commit>().seq == Height(1);
    return Duration(late ? 100ms : 10ms);
  };
  for (const ReplicaId r : {r0, r1, r2}) script.start(r);
  script.submit(9);
  script.run_for(121ms);
  BOOST_TEST(engine(script, r0).low_watermark().value == 4u);
  BOOST_TEST_REQUIRE(proposed.contains(Height(5)));
  script.crash(r0);
  script.submit(1);  // the batch for 5 would be another one now
  script.start(r0);
  script.run_for(1s);
  for (const auto& [seq, digests] : proposed) BOOST_TEST(digests.size() == 1u);
  BOOST_TEST(script.noted(Milestone::equivocation) == 0u);
  for (const ReplicaId r : {r0, r1, r2}) BOOST_TEST(executed_requests(script, r) == 10u);
}

// A liar says what views to come would begin with, at length: of each sender little is kept, of
// views far ahead and of PRE-PREPAREs that are not their primary's nothing.
BOOST_AUTO_TEST_CASE(what_is_kept_of_views_to_come_is_bounded_in_bytes) {
  EngineScript script(kInfo, {.n = 4}, Options(kOptions).with("max_block_size", "100 kB"));
  script.record(false);
  script.start_all();
  const auto stuff = [&](View view) {
    std::vector<Request> requests;
    for (std::uint32_t i = 0; i < 100; ++i) requests.push_back({.id = RequestId(i), .bytes = 900});
    const BlockRef block = script.crypto().make_block({.height = Height(1),
                                                       .view = view,
                                                       .proposer = r3,
                                                       .nonce = view.value,
                                                       .requests = std::move(requests)});
    script.inject(
        r3, r1,
        PrePrepare{.view = view, .seq = Height(1), .digest = block->digest, .block = {block}});
  };
  for (std::uint64_t v = 1'000'000; v < 1'000'200; ++v) stuff(View(v));
  BOOST_TEST(engine(script, r1).early_bytes() == 0u);
  for (std::uint64_t v = 1; v <= 60; ++v) stuff(View(v));
  BOOST_TEST(engine(script, r1).early_bytes() > 100'000u);  // r3 leads views 3, 7, 11 …
  BOOST_TEST(engine(script, r1).early_bytes() <= 400'000u);
  BOOST_TEST(engine(script, r1).ignored().overflow == 256u);
  script.submit(10);
  script.run_for(1s);
  for (const ReplicaId r : {r0, r1, r2}) BOOST_TEST(executed_requests(script, r) == 10u);
}

// §4.4: a batch that prepared must be proposed again, and whoever prepared it may be the one liar.
// The others accepted it: they are asked, and have kept it through the views since.
BOOST_AUTO_TEST_CASE(a_batch_that_only_a_liar_has_prepared_is_fetched_from_who_accepted_it) {
  EngineScript script(kInfo, {.n = 4});
  script.record(false);
  Prepared certificate;
  script.link = [&](ReplicaId, ReplicaId, const Message& m) {
    if (is(script, m, "PrePrepare")) {
      const auto& p = m.as<PrePrepare>();
      if (p.view == View(0) && p.seq == Height(1)) certificate.digest = p.digest;
      return p.view == View(1) ? kLost : Duration(10ms);
    }
    if (is(script, m, "Prepare") && m.as<Prepare>().view == View(0))
      return kLost;  // but r3 has them
    return Duration(10ms);
  };
  for (const ReplicaId r : {r0, r1, r2}) script.start(r);
  script.submit(1);
  View spoilt;
  View highest;
  while (script.now() < kStart + 100s && executed_requests(script, r0) == 0) {
    script.run_for(5ms);
    for (const ReplicaId r : {r0, r1, r2}) {
      highest = std::max(highest, engine(script, r).view());
      // A vote of r3 in view 1, so that the slot becomes that view's.
      if (engine(script, r).view() == View(1) && engine(script, r).active()) {
        script.inject(r3, r, Prepare{.view = View(1), .seq = Height(1), .digest = {}});
      }
    }
    if (highest <= spoilt || highest < View(2)) continue;
    // As soon as somebody asks for a view, so does r3, with its proof.
    spoilt = highest;
    const PrePrepare pre_prepare{.seq = Height(1), .digest = certificate.digest};
    const Prepare prepare{.seq = Height(1), .digest = certificate.digest};
    certificate.seq = Height(1);
    certificate.pre_prepare = signed_record(script, r0, pre_prepare)->signature();
    certificate.prepares = {};
    for (const ReplicaId r : {r1, r2}) {
      script.crypto().add(certificate.prepares, r, *signed_record(script, r, prepare));
    }
    for (const ReplicaId r : {r0, r1, r2}) {
      script.inject(r3, r, ViewChange{.view = highest, .prepared = {certificate}});
    }
  }
  for (const ReplicaId r : {r0, r1, r2}) BOOST_TEST(executed_requests(script, r) == 1u);
  BOOST_TEST(script.agreement());
  BOOST_TEST(highest.value <= 4u);
}

// §4.3: what one replica says about checkpoints that nobody takes must not push out the votes for
// those that everybody does.
BOOST_AUTO_TEST_CASE(a_flood_of_false_checkpoints_does_not_keep_the_watermarks_down) {
  EngineScript script(kInfo, {.n = 4},
                      Options(kOptions).with("checkpoint_interval", "4").with("batch_size", "1"));
  script.record(false);
  for (const ReplicaId r : {r0, r1, r2}) script.start(r);
  // Everybody's messages take a different time, so that r3 can speak in between.
  script.link = [](ReplicaId from, ReplicaId, const Message&) {
    return Duration(10ms) + from.value * 2ms;
  };
  script.submit(40);
  std::uint64_t lie = 0;
  for (int i = 0; i < 2000; ++i) {
    script.run_for(1ms);
    for (const ReplicaId to : {r0, r1, r2}) {
      const Height h = engine(script, to).low_watermark();
      for (int k = 0; k < 70; ++k) {
        script.inject(r3, to, Checkpoint{.seq = h.next(), .state = Digest{{++lie, 1, 1, 1}}});
      }
      script.inject(r3, to, Checkpoint{.seq = h.plus(4), .state = Digest{{++lie, 1, 1, 1}}});
    }
  }
  for (const ReplicaId r : {r0, r1, r2}) {
    BOOST_TEST(executed_requests(script, r) == 40u);
    BOOST_TEST(engine(script, r).low_watermark().value >= 36u);
  }
}

// §4.4: the timer is about the requests that wait. A primary that orders something else just in
// time, at any pace, is replaced all the same.
BOOST_AUTO_TEST_CASE(a_slow_primary_that_leaves_out_a_request_is_replaced) {
  for (const Duration pace : {100ms, 200ms, 300ms, 400ms, 450ms, 490ms}) {
    EngineScript script(kInfo, {.n = 4});
    script.record(false);
    for (const ReplicaId r : {r1, r2, r3}) script.start(r);
    script.submit(60);
    for (std::uint64_t k = 1; k < 60 && engine(script, r1).view() == View(0); ++k) {
      Request request{.id = RequestId(k), .client = ClientId(0), .bytes = 100};
      request.auth = script.crypto().authenticate(request);
      const auto block = script.crypto().make_block(
          {.height = Height(k), .view = View(0), .proposer = r0, .requests = {request}});
      for (const ReplicaId to : {r1, r2, r3}) {
        script.inject(
            r0, to,
            PrePrepare{
                .view = View(0), .seq = Height(k), .digest = block->digest, .block = {block}});
      }
      script.run_for(pace);
    }
    const bool replaced = script.now() <= kStart + 5s;
    BOOST_TEST(replaced, "at a pace of " << pace / 1ms << " ms");
    script.run_for(5s);
    for (const ReplicaId r : {r1, r2, r3}) BOOST_TEST(executed_requests(script, r) == 60u);
    BOOST_TEST(script.agreement());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::pbft
