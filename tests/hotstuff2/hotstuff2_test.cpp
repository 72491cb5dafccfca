// HotStuff-2 by hand: where it differs from HotStuff. What both owe is in
// tests/consensus/linear_bft_test.cpp.
#include "consensus/hotstuff2/hotstuff2.h"

#include <boost/test/unit_test.hpp>

#include "tests/support/engine_script.h"

namespace byzlab::hotstuff2 {
namespace {

using namespace std::chrono_literals;

ReplicaId r(std::uint32_t i) { return ReplicaId(i); }

}  // namespace

BOOST_AUTO_TEST_SUITE(hotstuff2)

BOOST_AUTO_TEST_CASE(good_case) {
  EngineScript script(kInfo, {.n = 4});
  script.submit(1);
  script.start_all();
  script.run_for(50ms);
  script.say("five delays after its proposal, the third proposal commits the first block");
  check_golden("tests/hotstuff2/golden/good_case.txt", script.text());
  for (std::uint32_t i = 0; i < 4; ++i) BOOST_TEST(script.committed_height(r(i)).value == 1u);
}

// A leader without the certificate of the view before waits 2Δ, and only then.
BOOST_AUTO_TEST_CASE(a_leader_in_doubt_waits_for_all_locks) {
  EngineScript script(kInfo, {.n = 4}, Options(kOptions).with("max_block_requests", "1"));
  script.submit(100);
  for (std::uint32_t i : {0u, 2u, 3u}) script.start(r(i));  // r1 leads view 2
  script.record(false);
  const auto proposed_at = [&](std::uint64_t view) {
    for (const auto& n : script.notes()) {
      if (n.note.milestone == Milestone::proposed && n.note.view == View(view)) return n.at;
    }
    return kNever;
  };
  // View 1 ends when its votes are sent again (T and a delay), view 2 by timeout (T and a delay).
  script.run_until(kStart + 1020ms - 1ns);
  script.record(true);
  script.run_until(kStart + 1220ms + 25ms);
  check_golden("tests/hotstuff2/golden/leader_in_doubt.txt", script.text());
  script.record(false);
  script.run_for(1s);
  BOOST_TEST((proposed_at(3) >= kStart + 1220ms));
  BOOST_TEST((proposed_at(3) <= kStart + 1230ms));
  BOOST_TEST((proposed_at(4) == proposed_at(3) + 20ms));  // no doubt, no wait
}

// The strict rule: a certificate lower than the lock gets no vote, on whatever block.
BOOST_AUTO_TEST_CASE(no_vote_below_the_lock) {
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
  const auto propose = [&](const BlockRef& b, const BlockRef& parent) {
    QuorumCert justify{.view = parent->view, .height = parent->height, .block = parent->digest};
    if (parent->height != Height(0)) sign(justify.vote(), justify.votes);
    Entry entry;
    if (parent->view.next() != b->view) {
      TimeoutCert tc{.view = View(b->view.value - 1)};
      sign(Timeout{.view = tc.view}, tc.timeouts);
      entry.tc = Tc(tc);
    }
    const std::size_t before = script.noted(Milestone::voted);
    script.inject(b->proposer, r(3),
                  Proposal{.view = b->view, .block = {b}, .justify = Qc(justify), .entry = entry});
    return script.noted(Milestone::voted) > before;
  };
  script.start(r(3));
  const BlockRef genesis = script.crypto().genesis();
  const BlockRef b1 = block(genesis, 1);
  const BlockRef b2 = block(b1, 2);
  BOOST_TEST(propose(b1, genesis));
  BOOST_TEST(propose(b2, b1));  // locked on b1
  BOOST_TEST(!propose(block(genesis, 5), genesis));
  script.crash(r(3));
  script.start(r(3));
  BOOST_TEST(!propose(block(genesis, 6), genesis));
  const BlockRef c7 = block(b1, 7);  // beside b2, which is not certified
  BOOST_TEST(propose(c7, b1));
  BOOST_TEST(propose(block(c7, 8), c7));
  BOOST_TEST(script.committed_height(r(3)).value == 0u);  // views 1 and 7: not consecutive
  BOOST_TEST(!propose(block(b1, 9), b1));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::hotstuff2
