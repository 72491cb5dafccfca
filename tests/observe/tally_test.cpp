// Counting seeds: Wilson's interval against published values, and what a rate decides.
#include <boost/test/unit_test.hpp>

#include "observe/tally.h"
#include "tests/observe/sample_report.h"

using namespace byzlab;
using scenario::Comparison;

namespace {

Report seed_report(std::uint64_t seed, std::optional<bool> attack_worked) {
  Report r = passing_report();
  r.seed = seed;
  auto rated = expectation(scenario::Property::double_spend, "double_spend-1",
                           "double_spend: succeeds", Status::pass, "");
  rated.rate = scenario::RequiredRate{.comparison = Comparison::greater_equal, .share = 0.9};
  rated.counts = attack_worked;
  auto broken = expectation(scenario::Property::agreement, "agreement-2", "agreement: violated",
                            attack_worked.value_or(false) ? Status::pass : Status::fail, "");
  r.expectations.push_back(rated);
  r.expectations.push_back(broken);
  return r;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tally)

BOOST_AUTO_TEST_CASE(wilson_interval) {
  // Newcombe, R. G. (1998), Statistics in Medicine 17, table I, method 3.
  struct Row {
    std::uint64_t r, n;
    double low, high;
  };
  for (const auto& row : {Row{81, 263, 0.2553, 0.3662}, Row{15, 148, 0.0624, 0.1605},
                          Row{0, 20, 0.0, 0.1611}, Row{1, 29, 0.0061, 0.1718}}) {
    const auto interval = wilson(row.r, row.n);
    BOOST_TEST(interval.low == row.low, boost::test_tools::tolerance(1e-2));
    BOOST_TEST(interval.high == row.high, boost::test_tools::tolerance(1e-3));
  }
  BOOST_TEST(wilson(20, 20).high == 1.0);
  BOOST_TEST(wilson(0, 0).low == 0.0);
  BOOST_TEST(wilson(0, 0).high == 1.0);
}

BOOST_AUTO_TEST_CASE(a_rate_decides_three_ways) {
  const scenario::RequiredRate often{.comparison = Comparison::greater_equal, .share = 0.95};
  BOOST_TEST((decide(often, 196, 200) == Status::pass));
  BOOST_TEST((decide(often, 188, 200) == Status::undecided));  // 94 %, but 95 % is possible
  BOOST_TEST((decide(often, 120, 200) == Status::fail));
  BOOST_TEST((decide(often, 0, 0) == Status::vacuous));
  const scenario::RequiredRate seldom{.comparison = Comparison::less, .share = 0.1};
  BOOST_TEST((decide(seldom, 3, 200) == Status::pass));
  BOOST_TEST((decide(seldom, 100, 200) == Status::fail));
}

BOOST_AUTO_TEST_CASE(seeds_without_an_answer_may_have_gone_either_way) {
  const scenario::RequiredRate often{.comparison = Comparison::greater_equal, .share = 0.6};
  // 90 of 136 are 66 %; of 200 they are 45 to 77 %.
  BOOST_TEST((decide(often, 90, 136) == Status::pass));
  BOOST_TEST((decide(often, 90, 136, 64) == Status::undecided));
  BOOST_TEST((decide(often, 130, 150, 50) == Status::pass));  // 65 % if all of them had failed
  BOOST_TEST((decide(often, 40, 136, 40) == Status::fail));   // 45 % if all of them had not
  const scenario::RequiredRate seldom{.comparison = Comparison::less, .share = 0.1};
  BOOST_TEST((decide(seldom, 3, 150, 50) == Status::undecided));
  const scenario::RequiredRate half{.comparison = Comparison::equal, .share = 0.5};
  BOOST_TEST((decide(half, 50, 100) == Status::pass));
  BOOST_TEST((decide(half, 40, 90, 110) == Status::undecided));  // 20 % to 75 %, with 50 % between
  BOOST_TEST((decide(half, 10, 90, 10) == Status::fail));
  BOOST_TEST(wilson_with_open(90, 64, 200).low == wilson(90, 200).low);
  BOOST_TEST(wilson_with_open(90, 64, 200).high == wilson(154, 200).high);
}

BOOST_AUTO_TEST_CASE(with_confidence_the_bound_decides_and_not_the_estimate) {
  scenario::RequiredRate often{.comparison = Comparison::greater_equal, .share = 0.9};
  BOOST_TEST((decide(often, 19, 20) == Status::pass));  // 95 %
  often.confidence = 0.95;
  BOOST_TEST((decide(often, 19, 20) == Status::undecided));  // but 76 % is possible
  BOOST_TEST((decide(often, 193, 200) == Status::pass));
  BOOST_TEST((decide(often, 193, 200, 10) == Status::undecided));
  BOOST_TEST((decide(often, 150, 200) == Status::fail));
  often.confidence = 0.999;
  BOOST_TEST((decide(often, 190, 200) == Status::undecided));
  const scenario::RequiredRate seldom{
      .comparison = Comparison::less_equal, .share = 0.1, .confidence = 0.95};
  BOOST_TEST((decide(seldom, 0, 20) == Status::undecided));  // up to 16 %
  BOOST_TEST((decide(seldom, 0, 40) == Status::pass));
}

BOOST_AUTO_TEST_CASE(a_seed_that_crashed_is_undecided_for_every_rate) {
  Tally tally;
  for (std::uint64_t seed = 1; seed <= 18; ++seed) tally.add(seed_report(seed, true));
  tally.add(seed_report(19, std::nullopt));
  Report crashed;  // tells of no expectations
  crashed.seed = 20;
  crashed.crashed = true;
  crashed.stopped = "segmentation fault";
  tally.add(crashed);
  BOOST_TEST(tally.rated()[0].trials == 18u);
  BOOST_TEST(tally.rated()[0].undecided == 2u);
  BOOST_TEST((tally.rated()[0].status() == Status::pass));  // 90 % whichever way they went
  tally.add(crashed);
  BOOST_TEST((tally.rated()[0].status() == Status::undecided));
}

/// Agreement that held until a limit stopped the run may have broken the moment after.
BOOST_AUTO_TEST_CASE(what_held_until_a_limit_stopped_the_run_has_not_held) {
  Tally tally;
  Report report = passing_report();
  auto holds = expectation(scenario::Property::agreement, "agreement-9", "agreement: holds",
                           Status::pass, "");
  holds.rate = scenario::RequiredRate{.comparison = Comparison::greater_equal, .share = 0.9};
  holds.counts = true;
  report.expectations.push_back(holds);
  tally.add(report);
  report.stopped = "after 1000 events, its limit";
  report.verdict = RunVerdict::inconclusive;
  tally.add(report);
  BOOST_TEST(tally.rated()[0].trials == 1u);
  BOOST_TEST(tally.rated()[0].undecided == 1u);
  const auto agreement = std::ranges::find_if(
      tally.counted(), [](const CountedExpectation& c) { return c.id.starts_with("agreement"); });
  BOOST_REQUIRE(agreement != tally.counted().end());
  BOOST_TEST(agreement->passed == 1u);
  BOOST_TEST(agreement->undecided == 1u);
  // A violation is one, however early the run ended.
  report.expectations.back().bound = Bound::beyond;
  tally.add(report);
  BOOST_TEST(tally.rated()[0].trials == 2u);
}

BOOST_AUTO_TEST_CASE(no_failure_at_all_has_its_interval_too) {
  SweepTally sweep;
  sweep.cells.push_back({});
  for (std::uint64_t seed = 1; seed <= 20; ++seed) sweep.add(0, passing_report());
  const std::string text = tally_verdict(sweep, {.planned = 20, .shard = {}}, {});
  BOOST_TEST(
      text.find("0 of 20 seeds failed: 0 %  (95 % interval 0.00 to 16.11 %)") != std::string::npos,
      text);
  Report open = passing_report();
  open.verdict = RunVerdict::inconclusive;
  sweep.add(0, open);
  const std::string more = tally_verdict(sweep, {.planned = 21, .shard = {}}, {});
  BOOST_TEST(more.find("between 0 % and 4.76 %, 1 undecided") != std::string::npos, more);
}

BOOST_AUTO_TEST_CASE(one_failing_seed_fails_them_all) {
  Tally tally;
  Report bad = failing_report();
  for (std::uint64_t seed = 1; seed <= 9; ++seed) {
    Report good = passing_report();
    good.seed = seed;
    tally.add(good);
  }
  BOOST_TEST((tally.verdict() == RunVerdict::pass));
  tally.add(bad);
  BOOST_TEST((tally.verdict() == RunVerdict::fail));
  BOOST_TEST(tally.failed_seeds() == std::vector<std::uint64_t>{577});
  BOOST_TEST(tally.passed() == 9u);
}

BOOST_AUTO_TEST_CASE(seeds_without_the_attack_are_left_to_its_rate) {
  Tally tally;
  for (std::uint64_t seed = 1; seed <= 97; ++seed) tally.add(seed_report(seed, true));
  for (std::uint64_t seed = 98; seed <= 100; ++seed) tally.add(seed_report(seed, false));
  BOOST_REQUIRE(tally.rated().size() == 1u);
  BOOST_TEST(tally.rated()[0].successes == 97u);
  BOOST_TEST(tally.rated()[0].trials == 100u);
  const auto& broken = tally.counted().back();
  BOOST_TEST(broken.passed == 97u);
  BOOST_TEST(broken.excused == 3u);
  BOOST_TEST(broken.failed == 0u);
  BOOST_TEST((tally.verdict() == RunVerdict::pass));
}

BOOST_AUTO_TEST_CASE(a_rate_nobody_tried_is_inconclusive) {
  Tally tally;
  tally.add(seed_report(1, std::nullopt));
  BOOST_TEST((tally.verdict() == RunVerdict::inconclusive));
  BOOST_TEST((Tally{}.verdict() == RunVerdict::inconclusive));
}

BOOST_AUTO_TEST_CASE(the_combined_hash_tells_seeds_apart) {
  const auto hash_of = [](std::uint64_t first, std::uint64_t second) {
    Tally tally;
    for (const auto hash : {first, second}) {
      Report r = passing_report();
      r.trace_hash = hash;
      tally.add(r);
    }
    return tally.trace_hash();
  };
  BOOST_TEST(hash_of(1, 2) == hash_of(1, 2));
  BOOST_TEST(hash_of(1, 2) != hash_of(2, 1));
}

BOOST_AUTO_TEST_SUITE_END()
