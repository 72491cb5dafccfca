// The judge on safety: what it finds, what it says of the bound, and that nothing passes vacuously.
#include <boost/test/unit_test.hpp>

#include "tests/support/actions.h"
#include "tests/testbed/staged_run.h"

using namespace byzlab;
using namespace byzlab::staged;
using scenario::Outcome;
using scenario::Property;

namespace {

bool says(const ExpectationResult& r, std::string_view text) {
  return std::ranges::any_of(
      r.lines, [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(judge_safety)

BOOST_AUTO_TEST_CASE(a_run_that_agrees_passes) {
  Run run;
  run.chain(1, 20, 1, 0.1);
  const Report& report = run.end();
  BOOST_TEST((report.verdict == RunVerdict::pass), report.reason);
  BOOST_TEST(report.expectations.size() == 3u);
  for (const auto& e : report.expectations) {
    BOOST_TEST((e.status == Status::pass), e.text << ": " << e.detail);
    BOOST_TEST(e.always_on);
  }
  BOOST_TEST(run.of(Property::agreement).detail == "20 heights, 4 replicas, no conflict");
  BOOST_TEST(run.of(Property::validity).detail == "20 tx, all submitted");
}

BOOST_AUTO_TEST_CASE(nothing_committed_is_vacuous) {
  Run run;
  const Report& report = run.end();
  BOOST_TEST((report.verdict == RunVerdict::inconclusive));
  BOOST_TEST((run.of(Property::agreement).status == Status::vacuous));
}

BOOST_AUTO_TEST_CASE(two_blocks_at_a_height_inside_the_bound) {
  Run run;
  run.byzantine = {ReplicaId(3)};
  const auto a = run.block(1, {}, 1, 3), b = run.block(1, {}, 2, 3);
  for (const auto& block : {a, b}) run.note(1, 3, Milestone::proposed, block);
  for (const auto& block : {a, b}) run.note(1.1, 2, Milestone::voted, block);
  run.commit(2, 0, a);
  BOOST_TEST(!run.judge->decided());
  run.commit(3, 1, b);
  BOOST_TEST(run.judge->decided());
  const Report& report = run.end(3);
  BOOST_TEST((report.verdict == RunVerdict::fail));
  BOOST_TEST(report.reason == "safety: agreement at 3.000 s");
  const auto& agreement = run.of(Property::agreement);
  BOOST_TEST((agreement.bound == Bound::inside));
  BOOST_TEST(says(agreement, "r0 committed " + a->digest.short_hex()));
  BOOST_TEST(says(agreement, "r1 committed " + b->digest.short_hex()));
  BOOST_TEST(says(agreement, "r3* proposed both in view 1"));
  BOOST_TEST(says(agreement, "r2 voted for both"));
  BOOST_TEST(says(agreement, "INSIDE THE BOUND. 1 ≤ f = 1"));
}

BOOST_AUTO_TEST_CASE(beyond_the_bound_and_wanted) {
  Run run;
  run.byzantine = {ReplicaId(2), ReplicaId(3)};
  run.expect(Property::agreement, Outcome::violated);
  run.commit(2, 0, run.block(1, {}, 1));
  run.commit(3, 1, run.block(1, {}, 2));
  BOOST_TEST(!run.judge->decided());
  const Report& report = run.end();
  BOOST_TEST((report.verdict == RunVerdict::pass), report.reason);
  BOOST_TEST((run.listed().bound == Bound::beyond));
  BOOST_TEST(
      says(run.listed(), "BEYOND THE BOUND. Expected of this protocol with 2 > f = 1 liars"));
  BOOST_TEST(report.beyond_bound);
}

BOOST_AUTO_TEST_CASE(conflicts_of_different_views_are_traced_to_a_double_vote) {
  Run run(7);
  run.byzantine = {ReplicaId(0), ReplicaId(1), ReplicaId(2)};
  const auto first = run.block(3, {}, 1), second = run.block(3, {}, 2);
  const auto other = run.crypto.make_block(
      BlockBody{.parent = {}, .height = Height(3), .view = View(5), .proposer = ReplicaId(4)});
  for (const auto& b : {first, second, other}) run.note(1, 1, Milestone::voted, b);
  run.note(1, 5, Milestone::voted, second);
  run.note(1, 5, Milestone::voted, other);
  run.commit(2, 3, first);
  run.commit(3, 4, other);
  run.end(3);
  const auto& agreement = run.of(Property::agreement);
  BOOST_TEST(says(agreement, "r1* voted twice in view 3, for "));
  BOOST_TEST(!says(agreement, "voted for both"));
}

BOOST_AUTO_TEST_CASE(votes_in_the_same_view_of_two_heights_are_no_double_vote) {
  for (const bool anew : {true, false}) {
    Run run(6);
    run.engine.quorum = [](Power total) { return total / 2; };
    for (std::uint32_t p = 0; p < 6; ++p) run.enter(0.5, p, 1, anew ? 1 : 0);
    const auto vote = [&](std::uint32_t p, std::uint64_t height, const BlockRef& b) {
      run.tell(1, Noted{.process = ProcessId(p),
                        .replica = ReplicaId(p),
                        .milestone = Milestone::voted,
                        .view = View(1),
                        .value = height,
                        .subject = b->digest});
    };
    for (std::uint32_t p = 0; p < 6; ++p) vote(p, 1, run.block(1));
    const auto left = run.block(2, {}, 1), right = run.block(2, {}, 2);
    for (std::uint32_t p = 0; p < 6; ++p) vote(p, 2, p < 3 ? left : right);
    run.commit_everywhere(1.5, run.block(1));
    run.commit(2, 0, left);
    run.commit(2, 3, right);
    run.end(3);
    const auto& agreement = run.of(Property::agreement);
    BOOST_TEST((agreement.status == Status::fail));
    BOOST_TEST(says(agreement, "voted twice") == !anew);
    BOOST_TEST(says(agreement, "two quorums of 3 of 6 need not share a replica") == anew);
    BOOST_TEST(!says(agreement, "* Byzantine"));
  }
}

BOOST_AUTO_TEST_CASE(a_double_vote_above_64_is_named_and_a_lost_disk_is_told) {
  Run run(70);
  run.byzantine = {ReplicaId(66)};
  run.replica(0.5, 67, ReplicaState::Now::up, true);
  const auto a = run.block(1, {}, 1), b = run.block(1, {}, 2);
  for (const std::uint32_t p : {66u, 67u}) {
    for (const auto& block : {a, b}) run.note(1, p, Milestone::voted, block);
  }
  run.commit(2, 0, a);
  run.commit(3, 1, b);
  run.end(3);
  BOOST_TEST(
      says(run.of(Property::agreement), "r66*, r67 (lost its disk) voted for both in view 1"));
}

BOOST_AUTO_TEST_CASE(an_honest_leader_that_proposes_again_is_not_accused) {
  for (const bool lies : {true, false}) {
    Run run;
    if (lies) run.byzantine = {ReplicaId(3)};
    const auto a = run.block(1, {}, 1, 3), b = run.block(1, {}, 2, 3);
    for (const auto& block : {a, b}) run.note(1, 3, Milestone::proposed, block);
    run.commit(2, 0, a);
    run.commit(3, 1, b);
    run.end(3);
    BOOST_TEST(says(run.of(Property::agreement), "proposed both") == lies);
  }
}

BOOST_AUTO_TEST_CASE(a_violation_that_a_rate_counts_does_not_stop_the_run) {
  Run run;
  run.scenario.runs = scenario::Runs{.first = 1, .last = 20};
  run.expect(Property::agreement).rate =
      scenario::RequiredRate{.comparison = scenario::Comparison::greater_equal, .share = 0.6};
  run.commit(2, 0, run.block(1, {}, 1));
  run.commit(3, 1, run.block(1, {}, 2));
  BOOST_TEST(!run.judge->decided());
  BOOST_TEST((run.end().verdict == RunVerdict::pass), run.report.reason);
  BOOST_TEST(run.listed().counts.value() == false);
}

BOOST_AUTO_TEST_CASE(wanted_and_not_found_fails) {
  Run run;
  run.expect(Property::agreement, Outcome::violated);
  run.chain(1, 3, 1, 0.1);
  BOOST_TEST((run.end().verdict == RunVerdict::fail));
  BOOST_TEST((run.listed().bound == Bound::not_applicable));
}

BOOST_AUTO_TEST_CASE(byzantine_logs_do_not_count) {
  Run run;
  run.byzantine = {ReplicaId(3)};
  run.commit(1, 0, run.block(1, {}, 1));
  run.commit(1, 3, run.block(1, {}, 2));
  BOOST_TEST((run.end().verdict == RunVerdict::pass));
}

BOOST_AUTO_TEST_CASE(equal_blocks_of_two_records_agree) {
  Run run;  // over sockets every process has its own copy
  run.commit(1, 0, run.block(1, {}, 7));
  run.commit(1, 1, run.block(1, {}, 7));
  run.commit(2, 1, run.block(2, {}, 7));
  run.commit(2, 0, run.block(2, {}, 7));
  BOOST_TEST((run.end().verdict == RunVerdict::pass));
}

BOOST_AUTO_TEST_CASE(committing_again_after_a_restart_is_no_rewrite) {
  Run run;
  std::vector<BlockRef> blocks;
  for (std::uint64_t h = 1; h <= 5; ++h) blocks.push_back(run.block(h));
  for (const auto& b : blocks) run.commit_everywhere(1, b);
  for (const auto& b : blocks) run.commit(2, 2, b);
  run.commit(3, 2, run.block(6));
  BOOST_TEST((run.end().verdict == RunVerdict::pass));
  BOOST_TEST(run.report.replicas[2].commits == 6u);
}

BOOST_AUTO_TEST_CASE(rewriting_the_own_log_violates) {
  Run run;
  run.engine.finality = Finality::confirmations;
  run.engine.fault_model = FaultModel::hash_power;
  run.engine.fault_bound = minority_bound;
  run.engine.quorum = majority_quorum;
  run.byzantine = {ReplicaId(0)};
  run.commit(1, 1, run.block(1, {}, 1));
  run.commit(2, 1, run.block(2, {}, 1));
  run.commit(3, 1, run.block(1, {}, 2, 0));
  run.commit(3, 1, run.block(2, {}, 2, 0));
  const Report& report = run.end(3);
  BOOST_TEST((report.verdict == RunVerdict::fail));
  const auto& agreement = run.of(Property::agreement);
  BOOST_TEST(says(agreement, "taking back 2 committed blocks"));
  BOOST_TEST(says(agreement, "INSIDE THE BOUND, but finality by confirmations is probabilistic"));
}

BOOST_AUTO_TEST_CASE(a_request_nobody_submitted) {
  Run run;
  Request forged = run.submit(0.5);
  forged.bytes = 101;
  run.commit_everywhere(1, run.block(1, {forged}));
  BOOST_TEST(run.judge->decided());
  BOOST_TEST((run.end(1).verdict == RunVerdict::fail));
  BOOST_TEST((run.of(Property::validity).status == Status::fail));
  BOOST_TEST((run.of(Property::agreement).status == Status::pass));
}

BOOST_AUTO_TEST_CASE(an_adversary_may_submit_in_its_own_name_only) {
  Run run;
  run.scenario.workload.clients = 4;
  Request own{.id = Request::kFirstOwnId, .client = ClientId(0x80000001), .coin = 5};
  own.auth = run.crypto.authenticate(own);
  run.commit_everywhere(1, run.block(1, {own}));
  BOOST_TEST(!run.judge->decided());
  Request as_client{.id = Request::kFirstOwnId.plus(1), .client = ClientId(2)};
  as_client.auth = run.crypto.authenticate(as_client);
  run.commit_everywhere(2, run.block(2, {as_client}));
  BOOST_TEST(run.judge->decided());
}

BOOST_AUTO_TEST_CASE(a_request_twice_in_one_log) {
  Run run;
  const Request r = run.submit(0.5);
  run.commit_everywhere(1, run.block(1, {r}));
  run.commit_everywhere(2, run.block(2));
  BOOST_TEST(!run.judge->decided());
  run.commit_everywhere(3, run.block(3, {r}));
  BOOST_TEST((run.end(3).verdict == RunVerdict::fail));
  BOOST_TEST((run.of(Property::integrity).status == Status::fail));
  BOOST_TEST(says(run.of(Property::integrity), "at height 1"));
}

BOOST_AUTO_TEST_CASE(a_request_on_two_branches_is_not_twice) {
  Run run;
  run.expect(Property::agreement, Outcome::violated);
  const Request r = run.submit(0.5);
  run.commit(1, 0, run.block(1, {r}, 1));
  run.commit(1, 1, run.block(1, {}, 2));
  run.commit(2, 1, run.block(2, {r}, 2));
  BOOST_TEST((run.end().verdict == RunVerdict::pass), run.report.reason);
  BOOST_TEST((run.of(Property::integrity).status == Status::pass));
}

BOOST_AUTO_TEST_CASE(total_order_minds_gaps) {
  Run run;
  run.expect(Property::total_order);
  run.commit_everywhere(1, run.block(1));
  run.commit(2, 0, run.block(3));
  run.end();
  BOOST_TEST((run.listed().status == Status::fail));
  BOOST_TEST((run.of(Property::agreement).status == Status::pass));
}

BOOST_AUTO_TEST_CASE(certified_needs_a_certificate_before_the_commit) {
  Run run;
  run.expect(Property::certified);
  const auto a = run.block(1), b = run.block(2);
  run.note(1, 0, Milestone::certified, a);
  run.commit_everywhere(2, a);
  run.commit_everywhere(3, b);
  run.note(4, 0, Milestone::certified, b);
  run.end();
  BOOST_TEST((run.listed().status == Status::fail));
  BOOST_TEST(run.listed().detail.find("before anybody had a certificate") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(certified_needs_a_quorum_of_votes) {
  Run run;
  run.expect(Property::certified);
  const auto a = run.block(1);
  for (std::uint32_t p : {0u, 1u}) run.note(1, p, Milestone::voted, a);
  run.note(1, 0, Milestone::certified, a);
  run.commit_everywhere(2, a);
  run.end();
  BOOST_TEST((run.listed().status == Status::fail));
}

BOOST_AUTO_TEST_CASE(what_is_left_of_a_certified_block_is_certified) {
  Run run;
  run.expect(Property::certified);
  const Request one = run.submit(0.1), two = run.submit(0.2), three = run.submit(0.3);
  const auto first = run.block(1, {one, three}), whole = run.block(2, {one, two, three, two});
  run.note(1, 0, Milestone::proposed, whole);
  for (const auto& b : {first, whole}) run.note(1.1, 0, Milestone::certified, b);
  run.commit_everywhere(2, first);
  const auto rest = run.block(2, {two});
  for (std::uint32_t p = 0; p < 4; ++p) run.commit_rest(3, p, rest, whole);
  const Report& report = run.end();
  BOOST_TEST((report.verdict == RunVerdict::pass), report.reason);
  BOOST_TEST((run.listed().status == Status::pass), run.listed().detail);
  // It was proposed and committed, so it is no orphan, and it has a latency.
  for (const Metric& m : report.metrics) {
    if (m.name == "orphaned_blocks.count") BOOST_TEST(m.value == 0.0);
    if (m.name == "commit_latency.max") BOOST_TEST(m.value == 2.0);
  }
}

BOOST_AUTO_TEST_CASE(anything_else_in_place_of_a_certified_block_is_caught) {
  for (const std::string wrong :
       {"leaves out", "adds", "repeats", "turns round", "not certified", "elsewhere"}) {
    Run run;
    run.expect(Property::certified);
    const Request one = run.submit(0.1), two = run.submit(0.2), three = run.submit(0.3);
    const auto first = run.block(1, {one});
    const auto whole = run.block(2, {one, two, three}, 0, wrong == "elsewhere" ? 1 : 0);
    run.note(1.1, 0, Milestone::certified, first);
    if (wrong != "not certified") run.note(1.1, 0, Milestone::certified, whole);
    run.commit_everywhere(2, first);
    std::vector<Request> requests = {two, three};
    if (wrong == "leaves out") requests = {two};
    if (wrong == "adds") requests = {two, three, run.submit(0.4)};
    if (wrong == "repeats") requests = {one, two, three};
    if (wrong == "turns round") requests = {three, two};
    const auto rest = run.block(2, requests, wrong == "repeats" ? 1 : 0);
    for (std::uint32_t p = 0; p < 4; ++p) run.commit_rest(3, p, rest, whole);
    const Report& report = run.end();
    BOOST_TEST_CONTEXT(wrong) {
      BOOST_TEST((report.verdict == RunVerdict::fail));
      // A request twice in one log is another property's matter.
      const auto& caught = wrong == "repeats" ? run.of(Property::integrity) : run.listed();
      BOOST_TEST((caught.status == Status::fail), caught.detail);
    }
  }
}

BOOST_AUTO_TEST_CASE(votes_of_replicas_above_64_count) {
  for (const std::uint32_t votes : {47u, 46u}) {
    Run run(70);  // f = 23, a quorum is 47
    run.expect(Property::certified);
    const auto a = run.block(1);
    for (std::uint32_t p = 0; p < votes; ++p) run.note(1, 69 - p, Milestone::voted, a);
    run.note(1, 0, Milestone::certified, a);
    run.commit_everywhere(2, a);
    run.end();
    BOOST_TEST((run.listed().status == (votes == 47 ? Status::pass : Status::fail)));
  }
}

BOOST_AUTO_TEST_CASE(votes_of_two_views_make_no_quorum) {
  Run run;
  run.expect(Property::certified);
  const auto a = run.block(1);
  for (std::uint32_t p = 0; p < 4; ++p) {
    run.tell(1, Noted{.process = ProcessId(p),
                      .replica = ReplicaId(p),
                      .milestone = Milestone::voted,
                      .view = View(p / 2),
                      .value = 1,
                      .subject = a->digest});
  }
  run.note(1, 0, Milestone::certified, a);
  run.commit_everywhere(2, a);
  run.end();
  BOOST_TEST((run.listed().status == Status::fail));
}

BOOST_AUTO_TEST_CASE(an_engine_that_tells_no_certificates_leaves_it_open) {
  Run run;
  run.expect(Property::certified);
  run.chain(1, 5, 1, 0.1);
  BOOST_TEST((run.end().verdict == RunVerdict::inconclusive));
  BOOST_TEST((run.listed().status == Status::vacuous));
}

BOOST_AUTO_TEST_CASE(a_lost_disk_counts_as_a_fault) {
  Run run;
  run.byzantine = {ReplicaId(3)};
  run.replica(0.5, 2, ReplicaState::Now::up, true);
  run.commit(2, 0, run.block(1, {}, 1));
  run.commit(3, 1, run.block(1, {}, 2));
  run.end(3);
  BOOST_TEST((run.of(Property::agreement).bound == Bound::beyond));
}

BOOST_AUTO_TEST_CASE(a_synchronous_engine_without_synchrony) {
  for (const bool cut : {false, true}) {
    Run run;
    run.engine.synchrony = Synchrony::synchronous;
    run.entry("split", testing::partition({Run::who(0, 1), Run::who(2, 3)}));
    if (cut) run.fault(1, 0);
    run.commit(2, 0, run.block(1, {}, 1));
    run.commit(3, 2, run.block(1, {}, 2));
    run.end(3);
    BOOST_TEST((run.of(Property::agreement).bound == (cut ? Bound::beyond : Bound::inside)));
  }
}

BOOST_AUTO_TEST_CASE(double_spend_is_a_payment_replaced) {
  Run run;
  run.expect(Property::agreement, Outcome::violated);
  run.expect(Property::double_spend, Outcome::succeeds);
  const Request pay = run.submit(0.1, 9), steal = run.submit(0.2, 9);
  run.commit(1, 1, run.block(1, {pay}, 1));
  run.commit(2, 1, run.block(1, {steal}, 2));
  BOOST_TEST((run.end().verdict == RunVerdict::pass), run.report.reason);
  BOOST_TEST((run.listed(1).status == Status::pass));
}

BOOST_AUTO_TEST_CASE(double_spend_fails_only_if_it_was_tried) {
  for (const bool paid : {false, true}) {
    Run run;
    run.expect(Property::double_spend, Outcome::fails);
    run.commit_everywhere(1, run.block(1, {run.submit(0.1, paid ? 9 : 0)}));
    run.end();
    BOOST_TEST((run.listed().status == (paid ? Status::pass : Status::vacuous)));
  }
}

BOOST_AUTO_TEST_CASE(rates_count_each_seed) {
  for (const bool many : {false, true}) {
    for (const bool works : {false, true}) {
      Run run;
      if (many) run.scenario.runs = scenario::Runs{.first = 1, .last = 20};
      run.expect(Property::double_spend, Outcome::succeeds).rate =
          scenario::RequiredRate{.comparison = scenario::Comparison::greater_equal, .share = 0.95};
      run.expect(Property::agreement, Outcome::violated);
      const Request pay = run.submit(0.1, 9), steal = run.submit(0.2, 9);
      run.commit(1, 1, run.block(1, {pay}, 1));
      if (works) run.commit(2, 1, run.block(1, {steal}, 2));
      const Report& report = run.end();
      BOOST_TEST(run.listed().counts.value() == works);
      const auto expected = works ? Status::pass : many ? Status::undecided : Status::fail;
      BOOST_TEST((run.listed().status == expected));
      BOOST_TEST((report.verdict == (works || many ? RunVerdict::pass : RunVerdict::fail)),
                 report.reason);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_fault_without_effect_is_inconclusive) {
  Run run;
  run.entry("nothing", testing::isolate(Run::who(0, 0)));
  run.report.faults[0].had_effect = false;
  run.chain(1, 5, 1, 0.1);
  run.fault(2, 0);
  run.heal(3, 0);
  BOOST_TEST((run.end().verdict == RunVerdict::inconclusive));
  BOOST_TEST(run.report.reason == "fault `nothing` had no effect");
}

BOOST_AUTO_TEST_CASE(an_interrupted_run_is_inconclusive) {
  Run run;
  run.chain(1, 5, 1, 0.1);
  BOOST_TEST((run.end(5, true).verdict == RunVerdict::inconclusive));
  BOOST_TEST(run.report.reason == "interrupted");
}

BOOST_AUTO_TEST_SUITE_END()
