// What chance is blamed for where finality is a matter of depth: published figures, and verdicts.
#include "testbed/invariants/luck.h"

#include <boost/test/unit_test.hpp>

#include "tests/support/actions.h"
#include "tests/testbed/staged_run.h"

using namespace byzlab;
using namespace byzlab::staged;
using scenario::Property;
using namespace std::chrono_literals;

namespace {

std::string verdict_of(const ExpectationResult& r) {
  for (const std::string& line : r.lines) {
    if (line.starts_with("verdict: ")) return line;
  }
  return {};
}

bool says(const ExpectationResult& r, std::string_view text) {
  return verdict_of(r).find(text) != std::string::npos;
}

/// Ten miners, a block every ten minutes, six confirmations; times in minutes.
struct Miners : Run {
  Miners() : Run(10) {
    engine = *find_engine("nakamoto");
    scenario.protocol.options =
        Options(engine.options).with("block_interval", "10min").with("confirmations", "6");
    scenario.duration = 100h;
    scenario.network.latency = scenario::ConstantLatency{100ms};
  }
  static double minutes(double m) { return m * 60; }
  /// Blocks 1..depth of one branch by r0, made every ten minutes and confirmed an hour later.
  void branch(std::uint64_t depth, double from) {
    for (std::uint64_t h = 1; h <= depth; ++h) {
      const auto b = block(h, {}, 1);
      note(minutes(from + 10 * static_cast<double>(h)), 0, Milestone::proposed, b);
      commit(minutes(from + 10 * static_cast<double>(h) + 60), 0, b);
    }
  }
  const ExpectationResult& reversed_at(double m) {
    commit(minutes(m), 0, block(1, {}, 2, 5));
    end(minutes(m));
    return of(Property::agreement);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(luck_suite)

BOOST_AUTO_TEST_CASE(reversals_are_as_rare_as_published) {
  // Rosenfeld 2014, table 1.
  BOOST_TEST(luck::reversal(0.10, 1) == 0.2, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(luck::reversal(0.10, 6) == 0.000591, boost::test_tools::tolerance(1e-3));
  BOOST_TEST(luck::reversal(0.30, 6) == 0.15645, boost::test_tools::tolerance(1e-3));
  BOOST_TEST(luck::reversal(0.5, 6) == 1.0);
  BOOST_TEST(luck::reversal(0, 6) == 0.0);
  BOOST_TEST(luck::reversal(0.3, 149) < 1e-11);
}

BOOST_AUTO_TEST_CASE(what_chance_may_have_done_is_said_with_its_chance) {
  Miners run;
  run.byzantine = {ReplicaId(7), ReplicaId(8), ReplicaId(9)};
  run.branch(1, 0);
  const auto& r = run.reversed_at(200);
  BOOST_TEST((r.bound == Bound::inside));
  BOOST_TEST(says(r, "finality by confirmations is probabilistic"), verdict_of(r));
  BOOST_TEST(says(r, "15.6 %"), verdict_of(r));
}

BOOST_AUTO_TEST_CASE(what_chance_does_not_do_is_a_bug) {
  Miners run;
  run.branch(149, 0);
  const auto& r = run.reversed_at(2000);
  BOOST_TEST((r.bound == Bound::inside));
  BOOST_TEST(says(r, "Chance does not explain 154 blocks"), verdict_of(r));
  BOOST_TEST(says(r, "bug in the protocol or in its code here"), verdict_of(r));
  BOOST_TEST(!says(r, "probabilistic"), verdict_of(r));
}

BOOST_AUTO_TEST_CASE(who_was_away_is_named) {
  Miners run;
  for (std::uint32_t p = 1; p < 10; ++p) {
    run.replica(Miners::minutes(1), p, ReplicaState::Now::crashed);
  }
  run.branch(14, 0);
  for (std::uint32_t p = 1; p < 10; ++p) {
    run.replica(Miners::minutes(500), p, ReplicaState::Now::up);
  }
  const auto& r = run.reversed_at(700);
  BOOST_TEST((r.bound == Bound::inside));
  BOOST_TEST(says(r, "did not learn of the blocks made meanwhile"), verdict_of(r));
  BOOST_TEST(says(r, "r1, r2"), verdict_of(r));
}

BOOST_AUTO_TEST_CASE(a_partition_explains_what_was_confirmed_in_it_and_nothing_after) {
  for (const double over : {50.0, 400.0}) {
    Miners run;
    run.entry("split", testing::partition({Run::who(0, 4), Run::who(5, 9)}));
    run.fault(Miners::minutes(1), 0);
    if (over < 100) run.heal(Miners::minutes(9), 0);
    run.branch(1, 0);
    if (over > 100) run.heal(Miners::minutes(over), 0);
    const auto& r = run.reversed_at(500);
    BOOST_TEST((r.bound == (over > 100 ? Bound::beyond : Bound::inside)), verdict_of(r));
    BOOST_TEST(says(r, "`split`"), verdict_of(r));
  }
}

BOOST_AUTO_TEST_CASE(blocks_faster_than_the_network_fork_by_themselves) {
  Miners run;
  run.scenario.protocol.options = run.scenario.protocol.options.with("block_interval", "1s");
  run.scenario.network.latency = scenario::ConstantLatency{2s};
  run.branch(1, 0);
  const auto& r = run.reversed_at(200);
  BOOST_TEST(says(r, "honest miners alone fork 6 blocks deep"), verdict_of(r));
}

BOOST_AUTO_TEST_CASE(a_gap_between_blocks_is_chance_only_if_it_has_one) {
  for (const double gap : {60.0, 600.0}) {
    Miners run;
    auto& e = run.expect(Property::liveness);
    e.within = 10min;
    run.branch(3, 0);
    const auto b = run.block(4, {}, 1);
    run.commit(Miners::minutes(90 + gap), 0, b);
    run.scenario.duration = Duration{static_cast<std::int64_t>((95 + gap) * 60e9)};
    run.end(Miners::minutes(95 + gap));
    const auto& r = run.listed();
    BOOST_TEST((r.status == Status::fail));
    BOOST_TEST((r.bound == Bound::inside), verdict_of(r));
    BOOST_TEST(says(r, "blocks come at random") == (gap < 100), verdict_of(r));
    BOOST_TEST(says(r, "bug in the protocol") == (gap > 100), verdict_of(r));
  }
}

BOOST_AUTO_TEST_SUITE_END()
