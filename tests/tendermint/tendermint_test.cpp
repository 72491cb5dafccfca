// Tendermint by hand: Algorithm 1 rule by rule, as golden transcripts and as checks.
#include "consensus/tendermint/tendermint.h"

#include <boost/test/unit_test.hpp>

#include "consensus/tendermint/amnesiac.h"
#include "tests/support/engine_script.h"
#include "tests/support/height_protocol.h"

namespace byzlab::tendermint {
namespace {

using namespace std::chrono_literals;

constexpr Digest kNil{};
constexpr Height kFirst{1};

ReplicaId r(std::uint32_t i) { return ReplicaId(i); }

/// A block for height 1 that the proposer of `round` could have made; `nonce` makes different ones.
BlockRef block_of(const EngineScript& script, View round, std::uint64_t nonce = 0) {
  return script.crypto().make_block({.parent = script.crypto().genesis()->digest,
                                     .height = kFirst,
                                     .view = round,
                                     .proposer = r(static_cast<std::uint32_t>(round.value % 4)),
                                     .nonce = nonce});
}

Proposal proposal_of(View round, const BlockRef& value) {
  return Proposal{.height = kFirst, .round = round, .value = {value}};
}

/// What `members` say, as the signatures of one aggregate.
template <Wire M>
AggregateSignature signed_by(EngineScript& script, const M& payload,
                             std::initializer_list<std::uint32_t> members) {
  AggregateSignature aggregate;
  for (const std::uint32_t i : members) {
    Message* m = script.store().make(r(i), M(payload));
    HeldMessage held(script.store(), m);
    script.crypto().sign(script.store(), *m);
    script.crypto().add(aggregate, r(i), *m);
  }
  return aggregate;
}

/// r1 alone, for which this test speaks as everybody else.
struct Alone {
  EngineScript script;
  explicit Alone(const EngineInfo& info = kInfo) : script(info, {.n = 4}) {
    script.record(false);
    script.link = [](ReplicaId, ReplicaId, const Message&) { return Duration::max(); };
    script.start(r(1));
  }
  const State& state() { return static_cast<Tendermint&>(script.engine(r(1))).state(); }
  void prevote(std::uint32_t from, View round, const Digest& id) {
    script.inject(r(from), r(1), Prevote{.height = kFirst, .round = round, .id = id});
  }
  void precommit(std::uint32_t from, View round, const Digest& id) {
    script.inject(r(from), r(1), Precommit{.height = kFirst, .round = round, .id = id});
  }
  /// Locks r1 on a block in round 0 and leads it to round 1, where the leader is r1; then to 2.
  BlockRef lock_and_go_to_round_2() {
    const BlockRef v = block_of(script, View(0));
    script.inject(r(0), r(1), proposal_of(View(0), v));
    prevote(0, View(0), v->digest);
    prevote(2, View(0), v->digest);
    for (const std::uint32_t i : {2u, 3u}) precommit(i, View(2), kNil);
    return v;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(tendermint)

BOOST_AUTO_TEST_CASE(good_case) {
  EngineScript script(kInfo, {.n = 4});
  script.submit(3);
  script.start_all();
  script.run_for(30ms);
  script.say("three message delays: everybody has decided height 1");
  check_golden("tests/tendermint/golden/good_case.txt", script.text());
  for (std::uint32_t i = 0; i < 4; ++i) BOOST_TEST(script.committed_height(r(i)).value == 1u);
}

BOOST_AUTO_TEST_CASE(a_silent_proposer) {
  EngineScript script(kInfo, {.n = 4});
  script.submit(3);
  for (std::uint32_t i = 1; i < 4; ++i) script.start(r(i));
  script.run_for(800ms);
  script.say("500 + 250 ms and five delays: the proposer of round 1 did it");
  check_golden("tests/tendermint/golden/a_silent_proposer.txt", script.text());
  for (std::uint32_t i = 1; i < 4; ++i) BOOST_TEST(script.committed_height(r(i)).value == 1u);
}

BOOST_AUTO_TEST_CASE(a_decision_costs_n_minus_1_times_2n_plus_1_messages_and_three_delays) {
  testing::check_messages_and_delays(kInfo);
}

BOOST_AUTO_TEST_CASE(a_failed_round_takes_timeout_propose_timeout_precommit_and_two_delays) {
  // Then three delays for the round that decides.
  testing::check_leader_failure(kInfo, {4, {0}, 500ms + 250ms + 5 * 10ms});
  testing::check_leader_failure(kInfo, {4, {2}, 500ms + 250ms + 5 * 10ms});
  testing::check_leader_failure(kInfo, {7, {3}, 500ms + 250ms + 5 * 10ms});
  // timeoutX(1) = timeoutX(0) + delta.
  testing::check_leader_failure(
      kInfo, {7, {1, 2}, (500ms + 250ms) + (750ms + 500ms) + 2 * 2 * 10ms + 3 * 10ms});
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
  testing::check_hostile_bytes(
      kInfo, [](const Engine& e) { return static_cast<const Tendermint&>(e).early(); });
}

BOOST_AUTO_TEST_CASE(random_schedules_are_safe_and_live_after_gst) {
  testing::check_random_schedules(kInfo, 60);
}

BOOST_AUTO_TEST_CASE(proposals_that_break_a_rule_get_nil) {
  // What r1 prevotes, if it prevotes at all.
  const auto answer = [](auto&& spoil) -> std::string {
    Alone a;
    Proposal p = proposal_of(View(0), nullptr);
    BlockBody body = *block_of(a.script, View(0));
    ReplicaId from = r(0);
    spoil(a.script, p, body, from);
    p.value.ref = a.script.crypto().make_block(body);
    a.script.inject(from, r(1), p);
    if (a.state().step == Step::propose) return "nothing";
    return a.state().prevote == kNil ? "nil" : "value";
  };
  using Script = EngineScript&;
  BOOST_TEST(answer([](Script, Proposal&, BlockBody&, ReplicaId&) {}) == "value");
  BOOST_TEST(answer([](Script, Proposal&, BlockBody&, ReplicaId& from) { from = r(2); }) ==
             "nothing");
  BOOST_TEST(answer([](Script, Proposal&, BlockBody& b, ReplicaId& from) {
               b.proposer = from = r(2);
             }) == "nothing");
  BOOST_TEST(answer([](Script, Proposal&, BlockBody& b, ReplicaId&) { b.proposer = r(2); }) ==
             "nothing");
  BOOST_TEST(answer([](Script, Proposal&, BlockBody& b, ReplicaId&) { b.view = View(4); }) ==
             "nothing");
  BOOST_TEST(answer([](Script, Proposal&, BlockBody& b, ReplicaId&) { b.height = Height(2); }) ==
             "nothing");
  // Well made, but not for this chain: valid(v) is false (26).
  BOOST_TEST(answer([](Script, Proposal&, BlockBody& b, ReplicaId&) { b.parent = {}; }) == "nil");
  BOOST_TEST(answer([](Script, Proposal&, BlockBody& b, ReplicaId&) {
               b.requests = {Request{.id = RequestId(7), .client = ClientId(0)}};
             }) == "nothing");
  BOOST_TEST(answer([](Script s, Proposal&, BlockBody& b, ReplicaId&) {
               Request twice{.id = RequestId(0), .client = ClientId(0), .bytes = 10};
               twice.auth = s.crypto().authenticate(twice);
               b.requests = {twice, twice};
             }) == "nil");
  // A valid round that is not earlier.
  BOOST_TEST(answer([](Script, Proposal& p, BlockBody&, ReplicaId&) { p.valid_round = View(0); }) ==
             "nothing");
}

BOOST_AUTO_TEST_CASE(a_quorum_of_prevotes_locks_and_nothing_less) {
  Alone a;
  const BlockRef v = block_of(a.script, View(0));
  a.script.inject(r(0), r(1), proposal_of(View(0), v));
  for (int copies = 0; copies < 5; ++copies) a.prevote(0, View(0), v->digest);
  a.prevote(2, View(0), kNil);
  BOOST_TEST(!a.state().locked_round.has_value());
  a.prevote(2, View(0), v->digest);  // its first vote stands
  BOOST_TEST(!a.state().locked_round.has_value());
  BOOST_TEST(a.script.noted(Milestone::equivocation) == 1u);
  a.prevote(3, View(0), v->digest);
  BOOST_REQUIRE(a.state().locked_round.has_value());
  BOOST_TEST((a.state().locked_value == v->digest));
  BOOST_TEST((a.state().precommit == v->digest));
}

BOOST_AUTO_TEST_CASE(a_lock_refuses_other_values_and_survives_a_restart) {
  for (const bool restart : {false, true}) {
    Alone a;
    const BlockRef v = a.lock_and_go_to_round_2();
    BOOST_REQUIRE_EQUAL(a.state().round.value, 2u);
    if (restart) {
      a.script.crash(r(1));
      a.script.start(r(1));
    }
    BOOST_TEST((a.state().locked_value == v->digest));
    a.script.inject(r(2), r(1), proposal_of(View(2), block_of(a.script, View(2))));
    BOOST_REQUIRE((a.state().step == Step::prevote));
    BOOST_TEST((a.state().prevote == kNil));  // line 26
  }
  Alone forgetful(kAmnesiacInfo);
  forgetful.lock_and_go_to_round_2();
  const BlockRef other = block_of(forgetful.script, View(2));
  forgetful.script.inject(r(2), r(1), proposal_of(View(2), other));
  BOOST_TEST((forgetful.state().prevote == other->digest));
}

BOOST_AUTO_TEST_CASE(a_lock_gives_way_to_prevotes_of_a_later_round_and_only_to_a_quorum) {
  const auto answer = [](std::uint64_t valid_round, std::initializer_list<std::uint32_t> voters) {
    Alone a;
    a.lock_and_go_to_round_2();
    const BlockRef w = block_of(a.script, View(valid_round), 9);
    Proposal p = proposal_of(View(2), w);
    p.valid_round = View(valid_round);
    p.prevotes = signed_by(
        a.script, Prevote{.height = kFirst, .round = View(valid_round), .id = w->digest}, voters);
    a.script.inject(r(2), r(1), p);
    if (a.state().step == Step::propose) return "nothing";
    return a.state().prevote == w->digest ? "value" : "nil";
  };
  BOOST_TEST(answer(1, {0, 2, 3}) == "value");    // line 29: lockedRound ≤ vr
  BOOST_TEST(answer(1, {2, 3}) == "nothing");     // no quorum
  BOOST_TEST(answer(2, {0, 2, 3}) == "nothing");  // not an earlier round
}

BOOST_AUTO_TEST_CASE(f_plus_1_ahead_take_a_replica_along_and_f_do_not) {
  Alone a;
  for (std::uint64_t round = 1; round < 100; ++round) a.prevote(3, View(round), kNil);
  a.prevote(3, View(~std::uint64_t{0}), kNil);
  a.precommit(3, View(~std::uint64_t{0} - 2), kNil);
  BOOST_TEST(a.state().round.value == 0u);
  a.prevote(2, View(7), kNil);
  BOOST_TEST(a.state().round.value == 7u);
  // Of the round it skipped, and of the last one it was in, it says what others may need: nil.
  BOOST_TEST((a.state().earlier_prevote == kNil));
}

BOOST_AUTO_TEST_CASE(precommits_of_an_earlier_round_decide) {
  Alone a;
  const BlockRef v = a.lock_and_go_to_round_2();
  for (const std::uint32_t i : {0u, 2u}) a.precommit(i, View(0), v->digest);
  BOOST_TEST(a.script.committed_height(r(1)).value == 1u);  // with its own; line 49: any r
}

BOOST_AUTO_TEST_CASE(precommits_decide_when_only_a_polka_brings_the_value) {
  // The proposer of round 0 has shown r1 another value than everybody else.
  for (const std::uint64_t later : {0u, 2u}) {
    Alone a;
    const BlockRef v = block_of(a.script, View(0), 1);
    a.script.inject(r(0), r(1), proposal_of(View(0), block_of(a.script, View(0), 2)));
    for (const std::uint32_t i : {0u, 2u}) a.prevote(i, View(0), kNil);
    a.prevote(3, View(0), kNil);
    BOOST_REQUIRE((a.state().step == Step::precommit));
    if (later > 0) {
      for (const std::uint32_t i : {2u, 3u}) a.prevote(i, View(later), kNil);
    }
    BOOST_REQUIRE_EQUAL(a.state().round.value, later);
    for (const std::uint32_t i : {0u, 2u, 3u}) a.precommit(i, View(0), v->digest);
    BOOST_TEST(a.script.committed_height(r(1)).value == 0u);
    a.script.inject(
        r(2), r(1),
        Polka{.height = kFirst,
              .round = View(0),
              .value = {v},
              .prevotes =
                  signed_by(a.script, Prevote{.height = kFirst, .round = View(0), .id = v->digest},
                            {0, 2, 3})});
    BOOST_TEST(a.script.committed_height(r(1)).value == 1u);  // line 49
  }
}

BOOST_AUTO_TEST_CASE(nobody_votes_twice_not_even_after_a_restart) {
  Alone a;
  const BlockRef first = block_of(a.script, View(0), 1), second = block_of(a.script, View(0), 2);
  a.script.inject(r(0), r(1), proposal_of(View(0), first));
  a.script.inject(r(0), r(1), proposal_of(View(0), second));
  BOOST_TEST((a.state().prevote == first->digest));
  a.script.crash(r(1));
  a.script.start(r(1));
  a.script.inject(r(0), r(1), proposal_of(View(0), second));
  BOOST_TEST((a.state().prevote == first->digest));
  BOOST_TEST(a.script.noted(Milestone::voted) == 2u);  // and once more by who came back
  // Without its disk it does.
  a.script.wipe(r(1));
  a.script.start(r(1));
  a.script.inject(r(0), r(1), proposal_of(View(0), second));
  BOOST_TEST((a.state().prevote == second->digest));
}

BOOST_AUTO_TEST_CASE(proofs_that_prove_nothing_decide_nothing) {
  Alone a;
  const BlockRef v = block_of(a.script, View(0));
  a.script.inject(r(0), r(1), proposal_of(View(0), v));
  const auto say = [&](Height height, View round, std::initializer_list<std::uint32_t> voters) {
    a.script.inject(
        r(3), r(1),
        Decided{
            .height = height,
            .round = round,
            .block = v->digest,
            .votes = signed_by(
                a.script, Precommit{.height = kFirst, .round = View(0), .id = v->digest}, voters)});
  };
  say(kFirst, View(0), {2, 3});
  say(kFirst, View(1), {0, 2, 3});     // signed for another round
  say(Height(2), View(0), {0, 2, 3});  // and for another height
  BOOST_TEST(a.script.committed_height(r(1)).value == 0u);
  say(kFirst, View(0), {0, 2, 3});
  BOOST_TEST(a.script.committed_height(r(1)).value == 1u);
}

BOOST_AUTO_TEST_CASE(what_makes_a_value_valid_is_shown_to_others) {
  Alone a;
  const BlockRef v = block_of(a.script, View(0));
  // r1 never saw round 0 and leads round 1: it must propose what others may be locked on.
  a.script.inject(r(2), r(1),
                  Polka{.height = kFirst,
                        .round = View(0),
                        .value = {v},
                        .prevotes = signed_by(
                            a.script, Prevote{.height = kFirst, .round = View(0), .id = v->digest},
                            {0, 2, 3})});
  for (const std::uint32_t i : {2u, 3u}) a.precommit(i, View(1), kNil);
  BOOST_REQUIRE_EQUAL(a.state().round.value, 1u);
  BOOST_TEST((a.state().prevote == v->digest));
  BOOST_TEST((a.state().valid_value == v->digest));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::tendermint
