// IBFT by hand: the paper's rules one by one, as golden transcripts and as checks.
#include "consensus/ibft/ibft.h"

#include <boost/test/unit_test.hpp>

#include "consensus/ibft/v1.h"
#include "tests/support/engine_script.h"
#include "tests/support/height_protocol.h"

namespace byzlab::ibft {
namespace {

using namespace std::chrono_literals;

constexpr Height kFirst{1};

ReplicaId r(std::uint32_t i) { return ReplicaId(i); }

/// A block for height 1 that the leader of `round` could have made; `nonce` makes different ones.
BlockRef block_of(const EngineScript& script, View round, std::uint64_t nonce = 0) {
  return script.crypto().make_block({.parent = script.crypto().genesis()->digest,
                                     .height = kFirst,
                                     .view = round,
                                     .proposer = r(static_cast<std::uint32_t>(round.value % 4)),
                                     .nonce = nonce});
}

template <Wire M>
HeldMessage signed_by(EngineScript& script, std::uint32_t from, M payload) {
  Message* m = script.store().make(r(from), std::move(payload));
  HeldMessage held(script.store(), m);
  script.crypto().sign(script.store(), *m);
  return held;
}

/// The PREPAREs of `voters` for a block of round 0.
AggregateSignature prepares_for(EngineScript& script, const BlockRef& block,
                                std::initializer_list<std::uint32_t> voters) {
  AggregateSignature aggregate;
  for (const std::uint32_t i : voters) {
    const HeldMessage m = signed_by(
        script, i, Prepare{.height = kFirst, .round = block->view, .value = block->digest});
    script.crypto().add(aggregate, r(i), *m);
  }
  return aggregate;
}

RoundChange round_change(View round, const BlockRef& prepared = nullptr,
                         AggregateSignature prepares = {}) {
  RoundChange rc{.round = round, .content = {.height = kFirst, .round = round}};
  if (!prepared) return rc;
  rc.content.prepared_round = prepared->view;
  rc.content.prepared_value = prepared->digest;
  rc.block = BlockPayload{prepared};
  rc.prepares = std::move(prepares);
  return rc;
}

SignedRoundChange signed_change(EngineScript& script, std::uint32_t from, const RoundChange& rc) {
  const HeldMessage m = signed_by(script, from, RoundChange(rc));
  return {.from = r(from), .content = rc.content, .signature = m->signature()};
}

/// r3 alone, for which this test speaks as everybody else. It leads round 3.
struct Alone {
  EngineScript script;
  explicit Alone(const EngineInfo& info = kInfo) : script(info, {.n = 4}) {
    script.record(false);
    script.link = [](ReplicaId, ReplicaId, const Message&) { return Duration::max(); };
    script.start(r(3));
  }
  const State& state() { return static_cast<Ibft&>(script.engine(r(3))).state(); }
  void propose(View round, const BlockRef& value) {
    script.inject(r(static_cast<std::uint32_t>(round.value % 4)), r(3),
                  PrePrepare{.height = kFirst, .round = round, .value = {value}});
  }
  void prepare(std::uint32_t from, View round, const Digest& value) {
    script.inject(r(from), r(3), Prepare{.height = kFirst, .round = round, .value = value});
  }
  bool prepared(const BlockRef& value) { return state().prepared == value->digest; }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(ibft)

BOOST_AUTO_TEST_CASE(good_case) {
  EngineScript script(kInfo, {.n = 4});
  script.submit(3);
  script.start_all();
  script.run_for(30ms);
  script.say("three message delays: everybody has decided height 1");
  check_golden("tests/ibft/golden/good_case.txt", script.text());
  for (std::uint32_t i = 0; i < 4; ++i) BOOST_TEST(script.committed_height(r(i)).value == 1u);
}

BOOST_AUTO_TEST_CASE(a_prepared_block_survives_its_round) {
  EngineScript script(kInfo, {.n = 4});
  script.link = [](ReplicaId, ReplicaId, const Message& m) -> Duration {
    return m.kind() == Commit::kKind && m.as<Commit>().round == View(0) ? Duration::max() : 10ms;
  };
  script.submit(3);
  script.start_all();
  script.run_for(300ms);
  script.say("all COMMITs of round 0 are lost: round 1 decides the block of round 0");
  check_golden("tests/ibft/golden/a_prepared_block_survives.txt", script.text());
  for (std::uint32_t i = 0; i < 4; ++i) {
    BOOST_REQUIRE_EQUAL(script.committed_height(r(i)).value, 1u);
    BOOST_TEST(script.commits(r(i)).front()->view.value == 0u);
  }
}

BOOST_AUTO_TEST_CASE(a_decision_costs_n_minus_1_times_2n_plus_1_messages_and_three_delays) {
  testing::check_messages_and_delays(kInfo);
  testing::check_messages_and_delays(kV1Info);
}

BOOST_AUTO_TEST_CASE(a_failed_round_takes_its_timeout) {
  // Then four delays: the ROUND-CHANGEs and the round that decides.
  testing::check_leader_failure(kInfo, {4, {0}, 250ms + 4 * 10ms});
  testing::check_leader_failure(kInfo, {4, {2}, 250ms + 4 * 10ms});
  testing::check_leader_failure(kInfo, {7, {3}, 250ms + 4 * 10ms});
  testing::check_leader_failure(kInfo, {7, {1, 2}, 250ms + 500ms + 4 * 10ms});
  testing::check_leader_failure(kV1Info, {7, {1, 2}, 250ms + 500ms + 4 * 10ms});
}

BOOST_AUTO_TEST_CASE(f_silent_replicas_stop_nothing_wherever_they_sit) {
  testing::check_silent_anywhere(kInfo);
}

BOOST_AUTO_TEST_CASE(one_that_is_a_quorum_by_itself_takes_its_time) { testing::check_alone(kInfo); }

BOOST_AUTO_TEST_CASE(who_was_away_catches_up) { testing::check_catching_up(kInfo); }

BOOST_AUTO_TEST_CASE(all_restart_at_once) { testing::check_all_restart(kInfo); }

BOOST_AUTO_TEST_CASE(a_leader_that_restarts_proposes_the_same_again) {
  testing::check_proposal_outlives_restart(kInfo);
}

BOOST_AUTO_TEST_CASE(hostile_bytes_do_no_harm) {
  testing::check_hostile_bytes(kInfo,
                               [](const Engine& e) { return static_cast<const Ibft&>(e).early(); });
}

BOOST_AUTO_TEST_CASE(random_schedules_are_safe_and_live_after_gst) {
  testing::check_random_schedules(kInfo, 60);
}

BOOST_AUTO_TEST_CASE(proposals_that_break_a_rule_are_not_prepared) {
  const auto accepts = [](auto&& spoil) {
    Alone a;
    BlockBody body = *block_of(a.script, View(0));
    ReplicaId from = r(0);
    View round;
    spoil(body, from, round);
    a.script.inject(
        from, r(3),
        PrePrepare{
            .height = kFirst, .round = round, .value = {a.script.crypto().make_block(body)}});
    return a.script.noted(Milestone::voted) == 1;
  };
  BOOST_TEST(accepts([](BlockBody&, ReplicaId&, View&) {}));
  BOOST_TEST(!accepts([](BlockBody&, ReplicaId& from, View&) { from = r(2); }));
  BOOST_TEST(!accepts([](BlockBody& b, ReplicaId& from, View&) { b.proposer = from = r(2); }));
  BOOST_TEST(!accepts([](BlockBody& b, ReplicaId&, View&) { b.proposer = r(2); }));
  BOOST_TEST(!accepts([](BlockBody& b, ReplicaId&, View&) { b.view = View(4); }));
  BOOST_TEST(!accepts([](BlockBody& b, ReplicaId&, View&) { b.height = Height(2); }));
  BOOST_TEST(!accepts([](BlockBody& b, ReplicaId&, View&) { b.parent = {}; }));
  BOOST_TEST(!accepts([](BlockBody& b, ReplicaId&, View&) {
    b.requests = {Request{.id = RequestId(7), .client = ClientId(0)}};
  }));
  // A later round without a justification; and one that no replica will ever be in.
  BOOST_TEST(!accepts([](BlockBody& b, ReplicaId& from, View& round) {
    b.view = round = View(1);
    b.proposer = from = r(1);
  }));
  BOOST_TEST(!accepts([](BlockBody& b, ReplicaId&, View& round) {
    b.view = round = View(std::uint64_t{1} << 60);
  }));
}

BOOST_AUTO_TEST_CASE(a_proposal_needs_a_quorum_of_round_changes) {
  // r1 proposes a new block in round 1.
  const auto accepts = [](auto&& spoil) {
    Alone a;
    PrePrepare p{.height = kFirst, .round = View(1), .value = {block_of(a.script, View(1))}};
    for (const std::uint32_t i : {0u, 1u, 2u}) {
      p.round_changes.push_back(signed_change(a.script, i, round_change(View(1))));
    }
    spoil(a.script, p);
    a.script.inject(r(1), r(3), p);
    return a.prepared(p.value.ref);
  };
  using Script = EngineScript&;
  BOOST_TEST(accepts([](Script, PrePrepare&) {}));
  BOOST_TEST(!accepts([](Script, PrePrepare& p) { p.round_changes.pop_back(); }));
  BOOST_TEST(!accepts([](Script, PrePrepare& p) { p.round_changes[2] = p.round_changes[1]; }));
  BOOST_TEST(!accepts([](Script, PrePrepare& p) { p.round_changes[2].from = r(3); }));
  BOOST_TEST(!accepts([](Script, PrePrepare& p) { p.round_changes[2].from = r(77); }));
  BOOST_TEST(!accepts([](Script s, PrePrepare& p) {  // of another round
    p.round_changes[2] = signed_change(s, 2, round_change(View(2)));
  }));
  BOOST_TEST(!accepts([](Script s, PrePrepare& p) {  // of another height
    RoundChange rc = round_change(View(1));
    rc.content.height = Height(2);
    p.round_changes[2] = signed_change(s, 2, rc);
  }));
  BOOST_TEST(!accepts([](Script s, PrePrepare& p) {  // an old block, which nobody prepared
    p.value.ref = block_of(s, View(0));
  }));
}

BOOST_AUTO_TEST_CASE(a_proposal_must_be_the_highest_prepared_value) {
  // r2 says that it prepared the block of round 0; r1 leads round 1.
  const auto accepts = [](auto&& spoil) {
    Alone a;
    const BlockRef old = block_of(a.script, View(0));
    PrePrepare p{.height = kFirst, .round = View(1), .value = {old}};
    p.prepares = prepares_for(a.script, old, {0, 1, 2});
    for (const std::uint32_t i : {0u, 1u}) {
      p.round_changes.push_back(signed_change(a.script, i, round_change(View(1))));
    }
    p.round_changes.push_back(signed_change(a.script, 2, round_change(View(1), old)));
    spoil(a.script, p);
    a.script.inject(r(1), r(3), p);
    return a.prepared(p.value.ref);
  };
  using Script = EngineScript&;
  BOOST_TEST(accepts([](Script, PrePrepare&) {}));
  BOOST_TEST(!accepts([](Script s, PrePrepare& p) { p.value.ref = block_of(s, View(1)); }));
  BOOST_TEST(!accepts([](Script s, PrePrepare& p) {  // too few PREPAREs
    p.prepares = prepares_for(s, p.value.ref, {0, 1});
  }));
  BOOST_TEST(!accepts([](Script s, PrePrepare& p) {  // PREPAREs of another block
    p.prepares = prepares_for(s, block_of(s, View(0), 5), {0, 1, 2});
  }));
  BOOST_TEST(!accepts([](Script s, PrePrepare& p) {  // PREPAREs for what nobody said he prepared
    p.value.ref = block_of(s, View(0), 5);
    p.prepares = prepares_for(s, p.value.ref, {0, 1, 2});
  }));
  BOOST_TEST(!accepts([](Script s, PrePrepare& p) {  // prepared in this very round
    RoundChange rc = round_change(View(1), p.value.ref);
    rc.content.prepared_round = View(1);
    p.round_changes[2] = signed_change(s, 2, rc);
  }));
}

BOOST_AUTO_TEST_CASE(a_leader_proposes_what_a_round_change_proves_and_ignores_what_one_claims) {
  for (const bool proven : {true, false}) {
    Alone a;
    const BlockRef old = block_of(a.script, View(0));
    const AggregateSignature prepares =
        proven ? prepares_for(a.script, old, {0, 1, 2}) : prepares_for(a.script, old, {0, 1});
    a.script.inject(r(2), r(3), round_change(View(3), old, prepares));
    a.script.inject(r(0), r(3), round_change(View(3)));
    a.script.inject(r(0), r(3), round_change(View(3)));
    BOOST_TEST(a.state().proposed == proven);  // f + 1 took r3 along, which makes three
    a.script.inject(r(1), r(3), round_change(View(3)));
    BOOST_TEST(a.state().proposed);
    BOOST_TEST(a.prepared(old) == proven);
  }
}

BOOST_AUTO_TEST_CASE(f_plus_1_ahead_take_a_replica_along_and_f_do_not) {
  Alone a;
  for (std::uint64_t round = 1; round < 100; ++round) {
    a.script.inject(r(2), r(3), round_change(View(round)));
  }
  a.script.inject(r(2), r(3), round_change(View(~std::uint64_t{0})));
  BOOST_TEST(a.state().round.value == 0u);
  a.script.inject(r(1), r(3), round_change(View(6)));
  BOOST_TEST(a.state().round.value == 6u);  // the lower of the two
}

BOOST_AUTO_TEST_CASE(nobody_prepares_twice_nor_forgets_what_it_prepared) {
  Alone a;
  const BlockRef first = block_of(a.script, View(0), 1), second = block_of(a.script, View(0), 2);
  a.propose(View(0), first);
  a.propose(View(0), second);
  BOOST_TEST(a.prepared(first));
  const auto restart = [&] {
    a.script.crash(r(3));
    a.script.start(r(3));
  };
  restart();
  a.propose(View(0), second);
  BOOST_TEST(a.prepared(first));
  BOOST_TEST(a.script.noted(Milestone::voted) == 2u);  // and once more by who came back
  restart();
  a.propose(View(0), first);
  for (const std::uint32_t i : {0u, 1u}) a.prepare(i, View(0), first->digest);
  BOOST_TEST(!a.state().prepared_round.has_value());  // its own PREPARE is said again when it may
  a.prepare(2, View(0), first->digest);
  BOOST_REQUIRE(a.state().prepared_round.has_value());
  restart();
  BOOST_TEST((a.state().prepared_value == first->digest));
  BOOST_TEST((a.state().committed == first->digest));
}

BOOST_AUTO_TEST_CASE(a_round_that_a_useless_proposal_opened_survives_a_restart) {
  // Its ROUND-CHANGE has left: prepared in an earlier round afterwards, r3 would contradict it.
  Alone a;
  BlockBody body = *block_of(a.script, View(2));
  body.parent = {};  // for another chain
  PrePrepare p{.height = kFirst, .round = View(2), .value = {a.script.crypto().make_block(body)}};
  for (const std::uint32_t i : {0u, 1u, 2u}) {
    p.round_changes.push_back(signed_change(a.script, i, round_change(View(2))));
  }
  std::size_t said = 0;
  a.script.link = [&](ReplicaId, ReplicaId, const Message& m) {
    said += m.kind() == RoundChange::kKind && m.as<RoundChange>().round == View(2) ? 1 : 0;
    return Duration::max();
  };
  a.script.inject(r(2), r(3), p);
  BOOST_REQUIRE_EQUAL(a.state().round.value, 2u);
  a.script.run_for(600ms);
  BOOST_REQUIRE(said > 0u);
  BOOST_REQUIRE_EQUAL(a.state().round.value, 2u);
  a.script.crash(r(3));
  a.script.start(r(3));
  BOOST_TEST(a.state().round.value == 2u);
}

BOOST_AUTO_TEST_CASE(a_round_change_is_said_again_as_it_was_said) {
  Alone a;
  std::size_t said = 0, unjustified = 0;
  a.script.link = [&](ReplicaId, ReplicaId, const Message& m) {
    if (m.kind() == RoundChange::kKind) {
      ++said;
      const RoundChange& rc = m.as<RoundChange>();
      unjustified += rc.content.prepared_round && *rc.content.prepared_round >= rc.round ? 1 : 0;
    }
    return Duration::max();
  };
  // r3 goes to round 3, which it leads, and prepares there.
  for (const std::uint32_t i : {0u, 1u}) a.script.inject(r(i), r(3), round_change(View(3)));
  BOOST_REQUIRE(a.state().proposed);
  const Digest mine = a.state().prepared;
  for (const std::uint32_t i : {0u, 1u}) a.prepare(i, View(3), mine);
  BOOST_REQUIRE((a.state().prepared_round == View(3)));
  const std::size_t before = said;
  a.script.run_for(1s);
  BOOST_TEST(a.state().round.value == 3u);
  BOOST_TEST(said > before);
  a.script.crash(r(3));
  a.script.start(r(3));
  a.script.run_for(1s);
  BOOST_TEST(unjustified == 0u);
}

BOOST_AUTO_TEST_CASE(commits_of_an_earlier_round_decide) {
  const auto commit = [](Alone& a, std::uint32_t from, const BlockRef& value) {
    a.script.inject(r(from), r(3),
                    Commit{.height = kFirst, .round = View(0), .value = value->digest});
  };
  for (const bool proposal_first : {true, false}) {
    Alone a;
    const BlockRef v = block_of(a.script, View(0));
    if (proposal_first) a.propose(View(0), v);
    for (const std::uint32_t i : {0u, 1u}) a.script.inject(r(i), r(3), round_change(View(2)));
    BOOST_REQUIRE_EQUAL(a.state().round.value, 2u);
    for (const std::uint32_t i : {0u, 1u, 2u}) commit(a, i, v);
    if (!proposal_first) a.propose(View(0), v);
    BOOST_TEST(a.script.committed_height(r(3)).value == 1u);
  }
  // Who has prepared it knows the block after a restart, too.
  Alone a;
  const BlockRef v = block_of(a.script, View(0));
  a.propose(View(0), v);
  for (const std::uint32_t i : {0u, 1u}) a.prepare(i, View(0), v->digest);
  BOOST_REQUIRE((a.state().committed == v->digest));
  a.script.crash(r(3));
  a.script.start(r(3));
  for (const std::uint32_t i : {0u, 1u, 2u}) commit(a, i, v);
  BOOST_TEST(a.script.committed_height(r(3)).value == 1u);
}

BOOST_AUTO_TEST_CASE(version_1_follows_no_proposal_to_a_later_round) {
  Alone a(kV1Info);
  PrePrepare p{.height = kFirst, .round = View(40), .value = {block_of(a.script, View(40))}};
  p.round_changes.push_back({.from = r(0)});
  a.script.inject(r(0), r(3), p);
  BOOST_TEST(a.state().round.value == 0u);
}

BOOST_AUTO_TEST_CASE(who_is_two_rounds_ahead_is_met_because_rounds_grow) {
  EngineScript script(kInfo, {.n = 4});
  script.record(false);
  script.link = [](ReplicaId, ReplicaId, const Message&) { return Duration::max(); };
  for (const std::uint32_t i : {0u, 2u, 3u}) script.start(r(i));  // r1 is silent
  for (const auto& [i, rounds] : {std::pair{0u, 5}, {3u, 5}, {2u, 7}}) {
    for (int k = 0; k < rounds; ++k) BOOST_REQUIRE(script.fire(r(i), 0, 0));
  }
  script.link = nullptr;
  script.run_for(40s);
  for (const std::uint32_t i : {0u, 2u, 3u}) BOOST_TEST(script.committed_height(r(i)).value > 0u);
}

BOOST_AUTO_TEST_CASE(version_1_locks_and_says_nothing_of_it) {
  Alone a(kV1Info);
  const BlockRef v = block_of(a.script, View(0));
  a.propose(View(0), v);
  for (const std::uint32_t i : {0u, 1u}) a.prepare(i, View(0), v->digest);
  BOOST_REQUIRE((a.state().prepared_value == v->digest));
  for (const std::uint32_t i : {0u, 1u}) a.script.inject(r(i), r(3), round_change(View(2)));
  BOOST_REQUIRE_EQUAL(a.state().round.value, 2u);
  const auto voted = a.script.noted(Milestone::voted);
  a.propose(View(2), block_of(a.script, View(2)));  // no proof, and yet valid
  BOOST_TEST(a.script.noted(Milestone::voted) == voted);
  BOOST_TEST(a.state().round.value == 3u);  // it asks for the next round, which it leads
  for (const std::uint32_t i : {0u, 1u}) a.script.inject(r(i), r(3), round_change(View(3)));
  BOOST_TEST(a.prepared(v));
}

BOOST_AUTO_TEST_CASE(quorums) {
  const auto pairs = {std::pair{4u, 3u}, {5u, 4u}, {6u, 4u}, {7u, 5u}, {8u, 6u}, {9u, 6u}};
  for (const auto& [n, quorum] : pairs) {
    BOOST_TEST(kInfo.quorum(n) == quorum);
    BOOST_TEST(kInfo.quorum(n) == (2 * n + 2) / 3);
  }
  BOOST_TEST(kV1Info.quorum(4) == 3u);
  BOOST_TEST(kV1Info.quorum(6) == 3u);  // half of them
  BOOST_TEST(kV1Info.quorum(7) == 5u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::ibft
