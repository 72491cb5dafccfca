// The judge on progress, recovery, liveness and thresholds: windows, grace, repetition, vacuity.
#include <boost/test/unit_test.hpp>

#include "tests/support/actions.h"
#include "tests/testbed/staged_run.h"

using namespace byzlab;
using namespace byzlab::staged;
using scenario::Comparison;
using scenario::Outcome;
using scenario::Property;

namespace {

scenario::Window built_in(scenario::Window::Kind kind, std::string label) {
  return {.kind = kind, .entry = 0, .label = std::move(label)};
}

/// Commits every 0.1 s until 3 s, then again from `resume` to 10 s; the fault lasts from 3 s to 5
/// s.
void stall(Run& run, double resume) {
  run.start();
  run.chain(1, 20, 1.05, 0.1);
  run.fault(3, 0);
  run.submit(3.5);
  run.judge->sample(at(4));
  run.heal(5, 0);
  if (resume < 10)
    run.chain(21, 21 + static_cast<std::uint64_t>((9.95 - resume) / 0.1), resume, 0.1);
}

scenario::Action split() { return testing::partition({Run::who(0, 1), Run::who(2, 3)}); }

}  // namespace

BOOST_AUTO_TEST_SUITE(judge_expectations)

BOOST_AUTO_TEST_CASE(progress_none_and_some_in_a_window) {
  Run run;
  const auto window = run.entry("split", split());
  run.expect(Property::progress, Outcome::none).during = window;
  run.expect(Property::progress, Outcome::some).during = window;
  run.expect(Property::progress, Outcome::some).outside = window;
  stall(run, 5.5);
  const Report& report = run.end();
  BOOST_TEST((run.listed(0).status == Status::pass), run.listed(0).detail);
  BOOST_TEST(run.listed(0).detail == "0 commits in 2 s");
  BOOST_TEST((run.listed(1).status == Status::fail));
  BOOST_TEST((run.listed(1).bound == Bound::beyond));
  BOOST_TEST((run.listed(2).status == Status::pass), run.listed(2).detail);
  BOOST_TEST(report.reason == "liveness: progress at 5.000 s");
}

BOOST_AUTO_TEST_CASE(grace_lets_commits_in_flight_finish) {
  for (const int grace : {0, 300, 2500}) {
    Run run;
    auto& e = run.expect(Property::progress, Outcome::none);
    e.during = run.entry("split", split());
    e.grace = milliseconds{grace};
    run.chain(1, 10, 1, 0.1);
    run.fault(3, 0);
    run.submit(3.4);
    run.commit_everywhere(3.2, run.block(11));
    run.heal(5, 0);
    run.end();
    const auto expected = grace == 0 ? Status::fail : grace == 300 ? Status::pass : Status::vacuous;
    BOOST_TEST((run.listed().status == expected), grace << ": " << run.listed().detail);
  }
}

BOOST_AUTO_TEST_CASE(no_progress_proves_nothing_when_nobody_wanted_any) {
  Run run;
  run.expect(Property::progress, Outcome::none).during = run.entry("split", split());
  run.chain(1, 10, 1, 0.1);
  run.fault(3, 0);
  run.heal(5, 0);
  BOOST_TEST((run.end().verdict == RunVerdict::inconclusive));
  BOOST_TEST((run.listed().status == Status::vacuous));
}

BOOST_AUTO_TEST_CASE(a_run_that_is_to_commit_nothing_may_pass) {
  Run run;
  run.expect(Property::progress, Outcome::none);
  run.start();
  run.submit(1);
  BOOST_TEST((run.end().verdict == RunVerdict::pass), run.report.reason);
}

BOOST_AUTO_TEST_CASE(a_window_that_never_happened_is_vacuous) {
  Run run;
  const auto window = run.entry("split", split());
  run.expect(Property::progress, Outcome::none).during = window;
  run.expect(Property::progress, Outcome::some).during = window;
  run.expect(Property::recovery).after = window;
  run.expect_threshold("commit_latency", "p99", Comparison::less, 1).during = window;
  for (auto& e : run.scenario.expectations) e.bound = milliseconds{1000};
  run.chain(1, 10, 1, 0.1);
  BOOST_TEST((run.end().verdict == RunVerdict::inconclusive));
  for (std::size_t i = 0; i < 4; ++i) {
    BOOST_TEST((run.listed(i).status == Status::vacuous), i << " " << run.listed(i).detail);
  }
}

BOOST_AUTO_TEST_CASE(recovery_is_the_first_new_commit) {
  for (const double resume : {5.5, 6.5, 11.0}) {
    Run run;
    auto& e = run.expect(Property::recovery);
    e.after = run.entry("split", split());
    e.bound = milliseconds{1000};
    stall(run, resume);
    run.end();
    const auto& r = run.listed();
    BOOST_TEST((r.status == (resume == 5.5 ? Status::pass : Status::fail)), r.detail);
    if (resume < 10) BOOST_TEST(*r.value == resume - 5, boost::test_tools::tolerance(1e-6));
    if (resume > 6) BOOST_TEST((r.bound == Bound::inside));
  }
}

BOOST_AUTO_TEST_CASE(catching_up_is_not_recovery) {
  Run run;
  auto& e = run.expect(Property::recovery);
  e.after = run.entry("cut", testing::isolate(Run::who(3, 3)));
  e.bound = milliseconds{1000};
  run.start();
  const auto a = run.block(1), b = run.block(2);
  for (const auto& block : {a, b}) {
    for (std::uint32_t p = 0; p < 3; ++p) run.commit(1, p, block);
  }
  run.fault(2, 0);
  run.heal(3, 0);
  run.commit(3.1, 3, a);
  run.commit(3.1, 3, b);
  run.end();
  BOOST_TEST((run.listed().status == Status::fail), run.listed().detail);
}

BOOST_AUTO_TEST_CASE(an_uplink_too_slow_for_the_timeouts_is_named) {
  for (const bool limited : {false, true}) {
    Run run;
    auto& e = run.expect(Property::recovery);
    e.after = run.entry("split", split());
    e.bound = milliseconds{1000};
    run.engine.block_interval = [](const Options&) -> Duration { return milliseconds{500}; };
    stall(run, 11);
    if (limited) run.uplink_of_r1 = {.idle_at = at(7.2), .bits_per_second = 1'000'000};
    run.judge->sample(at(5.5));
    run.end();
    const bool named = std::ranges::any_of(run.listed().lines, [](const std::string& line) {
      return line.find("At 5.500 s what r1 sent had to wait 1.7 s for its uplink") !=
             std::string::npos;
    });
    BOOST_TEST(named == limited);
  }
}
BOOST_AUTO_TEST_CASE(recovery_from_the_start_ignores_what_was_in_flight) {
  Run run;
  auto& e = run.expect(Property::recovery);
  e.after = run.entry("down", testing::crash(Run::who(0, 0)));
  e.of_start = true;
  e.bound = milliseconds{3000};
  run.chain(1, 10, 1, 0.1);
  const auto in_flight = run.block(11), later = run.block(12);
  run.note(2.95, 0, Milestone::proposed, in_flight);
  run.fault(3, 0);
  run.commit_everywhere(3.05, in_flight);
  run.note(4.0, 1, Milestone::proposed, later);
  run.commit_everywhere(4.1, later);
  run.end();
  BOOST_TEST((run.listed().status == Status::pass));
  BOOST_TEST(*run.listed().value == 1.1, boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(recovery_is_open_while_there_is_time) {
  Run run;
  auto& e = run.expect(Property::recovery);
  e.after = run.entry("split", split());
  e.bound = milliseconds{6000};
  stall(run, 11);
  BOOST_TEST((run.end().verdict == RunVerdict::inconclusive));
  BOOST_TEST((run.listed().status == Status::undecided));
}

BOOST_AUTO_TEST_CASE(every_fault_recovers_by_itself_though_another_goes_on) {
  Run run;
  run.entry("first", split());
  run.entry("second", split());
  run.start();
  run.chain(1, 10, 1, 0.1);
  run.fault(3, 0);
  run.fault(4, 1);
  run.heal(5, 0);
  run.commit_everywhere(5.5, run.block(11));
  run.heal(7, 1);
  run.commit_everywhere(7.25, run.block(12));
  const Report& report = run.end();
  const auto figure = [&](const char* name) {
    return std::ranges::find(report.metrics, name, &Metric::name)->value;
  };
  BOOST_TEST(figure("recovery_time.max") == 0.5, boost::test_tools::tolerance(1e-9));
}

/// Requests come every 0.1 s; a fault lets ten of them wait, and after it they are committed two at
/// a time, faster than they come.
BOOST_AUTO_TEST_CASE(steady_is_without_the_backlog_that_a_fault_left) {
  Run run;
  run.scenario.duration = std::chrono::seconds{10};
  run.entry("split", split());
  run.start();
  std::vector<Request> pool;
  double submitted = 0.05;
  const auto submit_until = [&](double t) {
    for (; submitted < t; submitted += 0.1) pool.push_back(run.submit(submitted));
  };
  std::uint64_t height = 0;
  const auto commit_at = [&](double t, std::size_t most) {
    submit_until(t);
    const std::size_t count = std::min(most, pool.size());
    const BlockRef b = run.block(++height, {pool.begin(), pool.begin() + static_cast<long>(count)});
    pool.erase(pool.begin(), pool.begin() + static_cast<long>(count));
    run.commit_everywhere(t, b);
  };
  for (int k = 1; k <= 40; ++k) commit_at(0.1 * k, 1);
  run.fault(4.01, 0);
  submit_until(5.0);
  run.heal(5.01, 0);
  for (int k = 51; k <= 99; ++k) commit_at(0.1 * k, 2);
  const Report& report = run.end();
  const auto figure = [&](const char* name) {
    const auto found = std::ranges::find(report.metrics, name, &Metric::name);
    BOOST_REQUIRE_MESSAGE(found != report.metrics.end(), name);
    return found->value;
  };
  BOOST_TEST(figure("steady.throughput") == 10, boost::test_tools::tolerance(0.03));
  BOOST_TEST(figure("drain.throughput") == 20, boost::test_tools::tolerance(0.1));
  BOOST_TEST(figure("faults.throughput") == 0);
  BOOST_TEST(figure("carried.mean") > 0.97);
}

/// A request that nobody has any more does not keep the time after a fault from being steady.
BOOST_AUTO_TEST_CASE(a_lost_request_is_no_backlog) {
  Run run;
  run.entry("split", split());
  run.start();
  run.chain(1, 20, 1.05, 0.1);
  run.fault(3.2, 0);
  run.submit(3.5);
  run.submit(3.6);
  run.heal(4, 0);
  run.chain(21, 60, 4.05, 0.1);
  const Report& report = run.end();
  const auto metric = [&](const char* name) {
    return std::ranges::find(report.metrics, name, &Metric::name) != report.metrics.end();
  };
  BOOST_TEST(metric("steady.throughput"));
  BOOST_TEST(!metric("drain.throughput"));
}

BOOST_AUTO_TEST_CASE(each_repetition_of_a_window_counts) {
  Run run;
  const auto window = run.entry("blink", split());
  auto& recovery = run.expect(Property::recovery);
  recovery.after = window;
  recovery.bound = milliseconds{500};
  run.expect(Property::progress, Outcome::some).during = window;
  run.chain(1, 10, 1, 0.1);
  run.fault(2.5, 0, 0);
  run.commit_everywhere(2.6, run.block(11));
  run.heal(2.7, 0, 0);
  run.commit_everywhere(2.8, run.block(12));
  run.fault(4, 0, 1);
  run.heal(5, 0, 1);
  run.commit_everywhere(5.9, run.block(13));
  run.end();
  BOOST_TEST((run.listed(0).status == Status::fail));
  BOOST_TEST(*run.listed(0).value == 0.9, boost::test_tools::tolerance(1e-6));
  BOOST_TEST((run.listed(1).status == Status::fail));
  BOOST_TEST(*run.listed(1).value == 0.0);
  BOOST_TEST(run.report.faults[0].windows.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_fault_that_lasts_has_an_open_window) {
  Run run;
  const auto window = run.entry("split", split());
  run.expect(Property::progress, Outcome::none).during = window;
  auto& recovery = run.expect(Property::recovery);
  recovery.after = window;
  recovery.bound = milliseconds{1000};
  run.chain(1, 10, 1, 0.1);
  run.fault(3, 0);
  run.submit(4);
  run.end();
  BOOST_TEST((run.listed(0).status == Status::pass), run.listed(0).detail);
  BOOST_TEST((run.listed(1).status == Status::vacuous));
  BOOST_TEST(!run.report.faults[0].windows[0].to);
}

BOOST_AUTO_TEST_CASE(among_narrows_whose_progress) {
  Run run;
  const auto window = run.entry("cut", testing::isolate(Run::who(3, 3)));
  auto& none = run.expect(Property::progress, Outcome::none);
  none.during = window;
  none.among = Run::who(3, 3);
  auto& some = run.expect(Property::progress, Outcome::some);
  some.during = window;
  some.among = Run::who(0, 2);
  run.chain(1, 10, 1, 0.1);
  run.fault(3, 0);
  run.submit(3.1);
  for (std::uint32_t p = 0; p < 3; ++p) run.commit(3.5, p, run.block(11));
  run.submit(3.6);
  run.heal(5, 0);
  BOOST_TEST((run.end().verdict == RunVerdict::pass), run.report.reason);
}

BOOST_AUTO_TEST_CASE(liveness_minds_gaps_and_those_left_behind) {
  for (const double within : {1.0, 3.0}) {
    Run run;
    run.entry("split", split());
    run.expect(Property::liveness).within = Duration{static_cast<std::int64_t>(within * 1e9)};
    run.start();
    run.chain(1, 29, 0.1, 0.1);
    run.fault(3, 0);
    run.heal(5, 0);
    run.chain(30, 74, 5.5, 0.1);
    run.end();
    BOOST_TEST((run.listed().status == (within > 2.5 ? Status::pass : Status::fail)),
               run.listed().detail);
  }
  Run run;
  run.expect(Property::liveness).within = milliseconds{1000};
  for (std::uint64_t h = 1; h < 100; ++h) {
    for (std::uint32_t p = 0; p < 3; ++p) {
      run.commit(0.1 * static_cast<double>(h), p, run.block(h));
    }
  }
  run.end();
  BOOST_TEST((run.listed().status == Status::fail));
  BOOST_TEST(run.listed().detail == "r3 did not catch up");
  BOOST_TEST((run.listed().bound == Bound::inside));
}

BOOST_AUTO_TEST_CASE(nothing_is_promised_before_gst) {
  Run run;
  run.scenario.network.synchrony = scenario::Synchrony{.gst = at(5), .delta = milliseconds{1000}};
  run.expect(Property::progress, Outcome::some).during =
      built_in(scenario::Window::Kind::gst, "gst");
  auto& recovery = run.expect(Property::recovery);
  recovery.after = built_in(scenario::Window::Kind::gst, "gst");
  recovery.bound = milliseconds{2000};
  run.expect(Property::liveness).within = milliseconds{1000};
  run.chain(1, 46, 5.5, 0.1);
  run.end();
  BOOST_TEST((run.listed(0).status == Status::fail));
  BOOST_TEST((run.listed(0).bound == Bound::beyond));
  BOOST_TEST((run.listed(1).status == Status::pass));
  BOOST_TEST((run.listed(2).status == Status::pass), run.listed(2).detail);
}

BOOST_AUTO_TEST_CASE(no_quorum_up_is_beyond_the_bound) {
  for (const std::uint32_t down : {1u, 2u}) {
    Run run;
    run.expect(Property::progress, Outcome::some).during =
        run.entry("down", testing::crash(Run::who(0, down - 1)));
    run.chain(1, 10, 1, 0.1);
    run.fault(3, 0);
    for (std::uint32_t p = 0; p < down; ++p) run.replica(3, p, ReplicaState::Now::crashed);
    run.heal(5, 0);
    run.end();
    BOOST_TEST((run.listed().bound == (down == 1 ? Bound::inside : Bound::beyond)));
  }
}

BOOST_AUTO_TEST_CASE(thresholds_inside_and_outside_of_faults) {
  Run run;
  const auto window = run.entry("split", split());
  const auto faults = built_in(scenario::Window::Kind::faults, "faults");
  run.expect_threshold("commit_latency", "max", Comparison::less, 0.05).outside = faults;
  run.expect_threshold("commit_latency", "max", Comparison::greater, 2).during = window;
  run.expect_threshold("commit_latency", "max", Comparison::less, 0.05);
  run.expect_threshold("view_changes", "count", Comparison::less_equal, 1);
  run.expect_threshold("commits", "count", Comparison::equal, 0).during = window;
  run.start();
  run.chain(1, 20, 1.05, 0.1);
  const auto late = run.block(21);
  run.note(2.99, 0, Milestone::proposed, late);
  run.fault(3, 0);
  for (std::uint32_t p = 0; p < 4; ++p) run.note(3.5, p, Milestone::view_change, 0);
  run.heal(5, 0);
  run.commit_everywhere(5.2, late);
  run.chain(22, 40, 5.5, 0.1);
  run.end();
  for (const std::size_t i : {0u, 1u, 3u, 4u}) {
    BOOST_TEST((run.listed(i).status == Status::pass), i << " " << run.listed(i).detail);
  }
  BOOST_TEST((run.listed(2).status == Status::fail));
  BOOST_TEST(*run.listed(3).value == 1.0);  // one view was given up, however many replicas did
}

BOOST_AUTO_TEST_CASE(thresholds_without_samples_are_vacuous) {
  Run run;
  run.expect_threshold("client_latency", "p99", Comparison::less, 1);
  run.expect_threshold("recovery_time", "max", Comparison::less, 1);
  run.expect_threshold("reorg_depth", "max", Comparison::less_equal, 5);
  run.chain(1, 5, 1, 0.1);
  BOOST_TEST((run.end().verdict == RunVerdict::inconclusive));
  BOOST_TEST((run.listed(0).status == Status::vacuous));
  BOOST_TEST((run.listed(1).status == Status::vacuous));
  BOOST_TEST((run.listed(2).status == Status::pass));  // no reorganisation is one of depth 0
}

BOOST_AUTO_TEST_CASE(a_stopped_run_leaves_the_rest_open) {
  Run run;
  const auto window = run.entry("split", split());
  auto& recovery = run.expect(Property::recovery);
  recovery.after = window;
  recovery.bound = milliseconds{2000};
  run.commit(1, 0, run.block(1, {}, 1));
  run.commit(2, 1, run.block(1, {}, 2));
  BOOST_TEST(run.judge->decided());
  run.end(2);
  BOOST_TEST((run.listed().status == Status::undecided));
  BOOST_TEST(run.listed().detail == "not decided: the run stopped at 2.000 s");
}

BOOST_AUTO_TEST_CASE(the_story_tells_stall_and_resume) {
  Run run;
  run.entry("split", split());
  run.report.faults[0].text = "{r0, r1 | r2, r3}";
  run.report.faults[0].effects = {{"links_cut", 8}};
  run.start();
  run.tell(0, ViewEntered{.process = ProcessId(0),
                          .replica = ReplicaId(0),
                          .view = View(0),
                          .leader = ReplicaId(0)});
  run.chain(1, 20, 1.05, 0.1);
  run.fault(3, 0);
  run.judge->sample(at(4.5));
  run.heal(5, 0);
  run.tell(5.1, ViewEntered{.process = ProcessId(1),
                            .replica = ReplicaId(1),
                            .view = View(3),
                            .leader = ReplicaId(3)});
  run.chain(21, 65, 5.5, 0.1);
  const auto& story = run.end().story;
  BOOST_REQUIRE(story.size() == 4u);
  BOOST_TEST(story[0].kind == "stall");  // at the last commit, just before the cut
  BOOST_TEST(story[0].text == "last commit at height 20; no side has 3 replicas");
  BOOST_TEST(story[1].kind == "fault");
  BOOST_TEST(story[1].text == "partition {r0, r1 | r2, r3}   8 links cut");
  BOOST_TEST(story[2].kind == "heal");
  BOOST_TEST(story[3].kind == "resume");
  BOOST_TEST(story[3].text == "height 21, view 0 -> 3, leader r3");
}

BOOST_AUTO_TEST_CASE(a_long_story_is_cut_in_the_middle) {
  Run run;
  run.entry("note", testing::mark("here"));
  for (std::uint32_t i = 0; i < 150; ++i) run.fault(0.01 * i, 0, i);
  const auto& story = run.end().story;
  BOOST_TEST(story.size() == 40u);
  BOOST_TEST(story[20].text == "… and 111 more");
}

BOOST_AUTO_TEST_SUITE_END()
