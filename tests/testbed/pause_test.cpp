// Over real sockets the machine can stop the process: what is late then is not the protocol's
// doing, what is unsafe is.
#include <boost/test/unit_test.hpp>

#include "tests/testbed/staged_run.h"

namespace byzlab::staged {
namespace {

using scenario::Outcome;
using scenario::Property;

/// Nothing is committed between 3 s and 7 s, where a second was allowed.
Run with_a_gap() {
  Run run;
  run.expect(Property::liveness).within = milliseconds{1000};
  run.chain(1, 30, 0.1, 0.1);
  run.chain(31, 60, 7, 0.1);
  return run;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pauses)

BOOST_AUTO_TEST_CASE(a_gap_is_a_failure_of_liveness) {
  Run run = with_a_gap();
  BOOST_TEST((run.end().verdict == RunVerdict::fail));
}

BOOST_AUTO_TEST_CASE(a_pause_longer_than_the_timeouts_leaves_liveness_open_and_is_told) {
  Run run = with_a_gap();
  run.judge->not_scheduled(at(3.1), at(6.9));
  const Report& report = run.end();
  BOOST_TEST((report.verdict == RunVerdict::inconclusive), report.reason);
  BOOST_TEST((run.listed().status == Status::undecided));
  BOOST_TEST((run.listed().bound == Bound::not_applicable));
  BOOST_TEST(run.listed().detail.find("not scheduled for 3.8 s") != std::string::npos,
             run.listed().detail);
  BOOST_TEST(seconds(report.longest_pause) == 3.8, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(std::ranges::any_of(report.story, [](const auto& l) { return l.kind == "pause"; }));
}

BOOST_AUTO_TEST_CASE(short_pauses_excuse_no_more_than_they_took) {
  Run run = with_a_gap();  // 4.1 s, 3.1 s too much
  for (double t = 3; t < 4.5; t += 0.5) run.judge->not_scheduled(at(t), at(t + 0.4));
  BOOST_TEST((run.end().verdict == RunVerdict::fail));
  Run longer = with_a_gap();
  for (double t = 3; t < 7; t += 0.5) longer.judge->not_scheduled(at(t), at(t + 0.4));
  BOOST_TEST((longer.end().verdict == RunVerdict::inconclusive));
}

BOOST_AUTO_TEST_CASE(what_is_unsafe_stays_so_however_long_the_pause) {
  Run run;
  run.chain(1, 3, 1, 0.1);
  run.commit(2, 0, run.block(4, {run.submit(1.5)}, 1));
  run.commit(2, 1, run.block(4, {run.submit(1.5)}, 2));
  run.judge->not_scheduled(at(2.1), at(9));
  BOOST_TEST((run.end().verdict == RunVerdict::fail));
}

BOOST_AUTO_TEST_CASE(a_standstill_that_was_expected_is_not_had_from_the_machine) {
  Run run;
  run.expect(Property::liveness, Outcome::violated).within = milliseconds{1000};
  run.chain(1, 30, 0.1, 0.1);
  run.chain(31, 60, 7, 0.1);
  run.judge->not_scheduled(at(3.1), at(6.9));
  BOOST_TEST((run.end().verdict == RunVerdict::inconclusive));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::staged
