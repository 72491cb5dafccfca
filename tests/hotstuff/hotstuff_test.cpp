// HotStuff by hand: the paper's rules, as golden transcripts and as checks. What its relatives owe
// as well is in tests/consensus/linear_bft_test.cpp.
#include "consensus/hotstuff/hotstuff.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "tests/support/engine_script.h"

namespace byzlab::hotstuff {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLost = Duration::max();

ReplicaId r(std::uint32_t i) { return ReplicaId(i); }

std::string golden(std::string_view name) {
  return "tests/hotstuff/golden/" + std::string(name) + ".txt";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hotstuff)

BOOST_AUTO_TEST_CASE(chained_good_case) {
  EngineScript script(kInfo, {.n = 4});
  script.submit(1);
  script.start_all();
  script.run_for(70ms);
  script.say("seven delays after its proposal, the fourth proposal commits the first block");
  check_golden(golden("chained_good_case"), script.text());
  for (std::uint32_t i = 0; i < 4; ++i) BOOST_TEST(script.committed_height(r(i)).value == 1u);
}

BOOST_AUTO_TEST_CASE(basic_good_case) {
  EngineScript script(kInfo, {.n = 4}, Options(kOptions).with("mode", "basic"));
  script.submit(1);
  script.start_all();
  script.run_for(80ms);
  script.say("prepare, pre-commit, commit, decide, and the new-view messages");
  check_golden(golden("basic_good_case"), script.text());
  for (std::uint32_t i = 0; i < 4; ++i) BOOST_TEST(script.committed_height(r(i)).value == 1u);
}

// Algorithm 2 lines 15-18: who restarts in the middle of a view goes on in it. Its view is not
// durable: the prepareQC brings it back, and it has the block.
BOOST_AUTO_TEST_CASE(basic_votes_on_the_certificate_that_brings_it_back_into_the_view) {
  EngineScript script(kInfo, {.n = 4}, Options(kOptions).with("mode", "basic"));
  script.record(false);
  script.submit(1000);
  for (std::uint32_t i = 0; i < 3; ++i) script.start(r(i));  // r3 is dead: each of three counts
  // View 2 begins at 80 ms; its votes of phase prepare reach r1 at 100 ms.
  const auto votes = [&](std::uint64_t view) {
    return std::ranges::count_if(script.notes(), [&](const EngineScript::Noted& n) {
      return n.replica == r(2) && n.note.milestone == Milestone::voted && n.note.view == View(view);
    });
  };
  while (votes(2) == 0) script.run_for(1ms);
  script.run_for(5ms);
  script.crash(r(2));
  script.start(r(2));
  script.run_for(100ms);
  BOOST_TEST(votes(2) == 3);
  BOOST_TEST(script.noted(Milestone::view_change) == 0u);
}

BOOST_AUTO_TEST_CASE(the_block_before_a_dead_leader_is_certified_by_votes_sent_again) {
  EngineScript script(kInfo, {.n = 4}, Options(kOptions).with("max_block_requests", "1"));
  script.submit(100);
  script.record(false);
  for (std::uint32_t i = 0; i < 3; ++i) script.start(r(i));  // r3 leads view 4 and is dead
  script.run_for(400ms);
  for (std::uint32_t i = 0; i < 3; ++i) BOOST_TEST(script.committed_height(r(i)).value == 0u);
  script.record(true);
  script.run_for(200ms);
  script.say("views 1, 2 and 3 are certified: block 1 is decided although view 4 has no leader");
  for (std::uint32_t i = 0; i < 3; ++i) BOOST_TEST(script.committed_height(r(i)).value == 1u);
  script.run_for(500ms);
  script.say("view 4 ended by timeout: view 5 extends block 3");
  check_golden(golden("dead_leader"), script.text());
}

// Algorithm 4 line 10: three certified blocks whose views are not consecutive commit nothing.
BOOST_AUTO_TEST_CASE(a_gap_in_the_views_delays_the_commit) {
  EngineScript script(kInfo, {.n = 4}, Options(kOptions).with("max_block_requests", "1"));
  script.submit(100);
  script.record(false);
  for (std::uint32_t i : {0u, 1u, 3u}) script.start(r(i));  // r2 leads view 3
  // Certified: 1, 2 (by votes sent again), 4, 5, 6: r0 has the votes of view 4, r1 those of 5.
  const auto certified = [&](std::uint64_t view) {
    for (const auto& n : script.notes()) {
      if (n.note.milestone == Milestone::certified && n.note.view == View(view)) return true;
    }
    return false;
  };
  while (!certified(5)) script.run_for(1ms);
  BOOST_TEST(certified(2));
  BOOST_TEST(!certified(3));
  BOOST_TEST(script.committed_height(r(0)).value == 0u);  // 1, 2, 4, 5: no three in a row
  while (!certified(6)) script.run_for(1ms);
  script.run_for(20ms);
  BOOST_TEST(script.commits(r(0)).back()->view.value == 4u);  // 4, 5, 6, and all below
  BOOST_TEST(script.commits(r(0)).size() == 3u);
}

// safeNode: what a replica is locked on keeps it from a conflicting block, until a higher QC.
BOOST_AUTO_TEST_CASE(a_lock_holds_until_a_higher_certificate) {
  EngineScript script(kInfo, {.n = 4});
  script.record(false);
  const auto block = [&](const BlockRef& parent, std::uint64_t view) {
    return script.crypto().make_block({.parent = parent->digest,
                                       .height = parent->height.next(),
                                       .view = View(view),
                                       .proposer = r(static_cast<std::uint32_t>((view - 1) % 4))});
  };
  const auto sign = [&](auto payload, auto& aggregate) {
    for (std::uint32_t i = 0; i < 3; ++i) {
      Message* m = script.store().make(r(i), decltype(payload)(payload));
      HeldMessage held(script.store(), m);
      script.crypto().sign(script.store(), *m);
      script.crypto().add(aggregate, r(i), *m);
    }
  };
  const auto qc = [&](const BlockRef& b) {
    QuorumCert cert{.view = b->view, .height = b->height, .block = b->digest};
    if (b->height != Height(0)) sign(cert.vote(), cert.votes);
    return Qc(cert);
  };
  const auto propose = [&](const BlockRef& b, const BlockRef& parent) {
    Entry entry;
    if (parent->view.next() != b->view) {
      TimeoutCert tc{.view = View(b->view.value - 1)};
      sign(Timeout{.view = tc.view}, tc.timeouts);
      entry.tc = Tc(tc);
    }
    const std::size_t before = script.noted(Milestone::voted);
    script.inject(b->proposer, r(3),
                  Proposal{.view = b->view, .block = {b}, .justify = qc(parent), .entry = entry});
    return script.noted(Milestone::voted) > before;
  };
  script.start(r(3));
  const BlockRef genesis = script.crypto().genesis();
  const BlockRef b1 = block(genesis, 1);
  const BlockRef b2 = block(b1, 2);
  const BlockRef b3 = block(b2, 3);
  BOOST_TEST(propose(b1, genesis));
  BOOST_TEST(propose(b2, b1));
  BOOST_TEST(propose(b3, b2));  // b2 is certified: locked on b1
  // Conflicts with b1, and its QC (of genesis) is not higher than the lock.
  BOOST_TEST(!propose(block(genesis, 5), genesis));
  // The lock survives a crash.
  script.crash(r(3));
  script.start(r(3));
  BOOST_TEST(!propose(block(genesis, 6), genesis));
  // Conflicts with b2, but extends b1: the safety rule. Its QC is as high as the lock.
  const BlockRef b7 = block(b1, 7);
  BOOST_TEST(propose(b7, b1));
  // A quorum went another way, past the lock: the liveness rule.
  const BlockRef c8 = block(genesis, 9);
  BOOST_TEST(!propose(c8, genesis));
  BOOST_TEST(propose(block(c8, 10), c8));
}

// Lemma 3 and Theorem 4: who is locked alone is convinced by the next leader, because a quorum
// tells that leader what it has.
BOOST_AUTO_TEST_CASE(one_replica_locked_alone_does_not_stop_the_others) {
  for (const std::string_view mode : {"chained", "basic"}) {
    EngineScript script(kInfo, {.n = 4},
                        Options(kOptions).with("mode", mode).with("max_block_requests", "1"));
    script.record(false);
    script.submit(1000);
    // For a while only r0 hears what the leaders say, then r0 hears nothing.
    script.link = [&](ReplicaId from, ReplicaId to, const Message& m) -> Duration {
      const auto kind = script.store().type(m.kind()).name;
      const bool leader_says = kind == "Proposal" || kind == "Announce";
      if (script.now() > kStart + 40ms && script.now() < kStart + 300ms && leader_says &&
          to != r(0))
        return kLost;
      if (script.now() >= kStart + 300ms && script.now() < kStart + 3s &&
          (to == r(0) || from == r(0)))
        return kLost;
      return 10ms;
    };
    script.start_all();
    script.run_for(20s);
    BOOST_TEST(script.agreement());
    for (std::uint32_t i = 0; i < 4; ++i) BOOST_TEST(script.committed_height(r(i)).value > 100u);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::hotstuff
