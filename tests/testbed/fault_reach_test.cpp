// A fault's selectors are resolved once, when it begins, and what they meant is recorded.
#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>

#include "testbed/fault_reach.h"
#include "testbed/run.h"
#include "testbed/scenario/load.h"

namespace byzlab {
namespace {

namespace sc = scenario;

Report run_of(const std::string& timeline, const std::string& more = "") {
  const auto loaded = sc::load_text(
      "version: 1\nname: reach\nduration: 10s\n"
      "protocol: { name: pbft, replicas: 4 }\nnetwork: { latency: 10ms }\n" +
          more + "timeline:\n" + timeline,
      "reach.yaml", catalogue());
  if (!loaded.scenario) {
    throw std::runtime_error(sc::to_text(loaded.diagnostics, loaded.source, {}));
  }
  return run(*loaded.scenario, RunOptions{.seed = 1}, {});
}

std::string text(const std::vector<ReplicaId>& replicas) {
  std::string out;
  for (const ReplicaId r : replicas) out += std::to_string(r.value);
  return out;
}

BOOST_AUTO_TEST_SUITE(fault_reach)

BOOST_AUTO_TEST_CASE(an_isolated_role_is_recorded_as_the_replica_that_had_it) {
  const Report report = run_of("  - { at: 2s, for: 1s, isolate: role:leader }\n");
  const FaultResult& fault = report.faults.at(0);
  BOOST_TEST(fault.text == "r0");
  const FaultReach& reach = *fault.windows.at(0).reach;
  BOOST_TEST(text(reach.who) == "0");
  BOOST_TEST_REQUIRE(reach.sides.size() == 2u);
  BOOST_TEST(text(reach.sides[0]) == "0");
  BOOST_TEST(text(reach.sides[1]) == "123");
  BOOST_TEST(bool(reach.meaning == FaultMeaning::cuts));
}

BOOST_AUTO_TEST_CASE(each_round_of_a_role_is_recorded_by_itself) {
  const Report report =
      run_of("  - { at: 2s, for: 1500ms, every: 3s, until: 8s, isolate: role:leader }\n");
  const FaultResult& fault = report.faults.at(0);
  BOOST_TEST_REQUIRE(fault.windows.size() == 2u);
  BOOST_TEST(text(fault.windows[0].reach->who) == "0");
  BOOST_TEST(text(fault.windows[1].reach->who) == "1");
}

BOOST_AUTO_TEST_CASE(a_role_that_turns_byzantine_is_honest_until_then_and_nobody_else_is_named) {
  const Report report =
      run_of("  - { at: 4s, for: 2s, become: { who: role:leader, behavior: silent } }\n",
             "expect: [ { agreement: holds }, { recovery: 5s, after: become } ]\n");
  BOOST_TEST(text(report.byzantine) == "0");
  BOOST_TEST(report.faults.at(0).had_effect);
  BOOST_TEST(report.replicas.at(0).byzantine);
  BOOST_TEST(!report.replicas.at(1).byzantine);
  BOOST_TEST(report.reason == "");
  BOOST_TEST(bool(report.verdict == RunVerdict::pass));
}

BOOST_AUTO_TEST_CASE(who_might_turn_and_does_not_is_no_liar) {
  const Report report = run_of(
      "  - { when: \"height >= 100000\", become: { who: role:leader, behavior: silent } }\n");
  BOOST_TEST(report.byzantine.empty());
  const Report without = run_of("  - { when: \"height >= 100000\", mark: never }\n");
  BOOST_TEST(report.trace_hash == without.trace_hash);
}

BOOST_AUTO_TEST_CASE(links_that_are_cut_are_counted_in_their_directions) {
  const auto cut = [](const std::string& action) {
    const Report report = run_of("  - { at: 2s, for: 1s, " + action + " }\n");
    const auto& effects = report.faults.at(0).effects;
    return effects.at(0).first == "links_cut" ? effects.at(0).second : 0;
  };
  BOOST_TEST(cut("partition: { from: r0, to: all }") == 3u);
  BOOST_TEST(cut("partition: { from: r0, to: all, one_way: false }") == 6u);
  BOOST_TEST(cut("partition: { from: \"r0..r2\", to: \"r1..r3\" }") == 7u);
  BOOST_TEST(cut("partition: [ r0, \"r1..r3\" ]") == 6u);
  BOOST_TEST(cut("isolate: [ r0, r1 ]") == 10u);
  BOOST_TEST(cut("drop: { links: \"r0 -> r1\", probability: 1 }") == 1u);
  BOOST_TEST(cut("drop: { links: \"r0 -> r1\", probability: 0.5 }") == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace byzlab
