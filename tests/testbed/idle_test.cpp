// Nothing passes because nothing happened, and what did happen is counted.
#include <boost/test/unit_test.hpp>

#include <string>

#include "consensus/attacker.h"
#include "consensus/registry.h"
#include "faults/registry.h"
#include "testbed/run.h"
#include "testbed/scenario/load.h"

namespace byzlab {
namespace {

Report run_text(const std::string& protocol, const std::string& rest, std::uint64_t seed = 1,
                const std::string& duration = "2s") {
  const std::string yaml = "version: 1\nname: t\nduration: " + duration +
                           "\nprotocol: { name: " + protocol + " }\nnetwork: { latency: 10ms }\n" +
                           "workload: { clients: 2, rate: 40 tx/s }\n" + rest;
  const auto loaded = scenario::load_text(yaml, "t.yaml", catalogue(), {.seed = seed});
  BOOST_REQUIRE_MESSAGE(loaded.scenario, to_text(loaded.diagnostics, loaded.source));
  return run(*loaded.scenario, {.seed = seed});
}

std::uint64_t deeds(const std::string& behavior, std::uint64_t seed = 1) {
  const Report report =
      run_text("streamlet, replicas: 4",
               "adversary: { members: r3, behaviors: [ " + behavior + " ] }\n", seed);
  BOOST_REQUIRE_EQUAL(report.behaviors.size(), 1u);
  BOOST_TEST(report.idle.empty() == (report.behaviors[0].total() > 0));
  BOOST_TEST((report.verdict == RunVerdict::inconclusive) == !report.idle.empty());
  return report.behaviors[0].total();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(idle)

BOOST_AUTO_TEST_CASE(every_behavior_counts_what_it_does) {
  for (const char* behavior :
       {"silent", "withhold", "delay", "delay_proposals", "selective_send", "replay", "corrupt",
        "random", "twins", "silent: { to: r0 }", "silent: { kinds: Vote, probability: 20% }"}) {
    BOOST_TEST(deeds(behavior) > 0u, behavior);
  }
}

BOOST_AUTO_TEST_CASE(what_goes_out_as_it_was_meant_is_no_deed) {
  BOOST_TEST(deeds("silent: { to: r3 }") == 0u);  // itself
  BOOST_TEST(deeds("selective_send: { to: r0..r2 }") == 0u);
  BOOST_TEST(deeds("selective_send: { share: 100% }") == 0u);
  BOOST_TEST(deeds("replay: { every: 1h }") == 0u);
  BOOST_TEST(deeds("silent: { start: 1h }") == 0u);
  BOOST_TEST(deeds("delay: { kinds: BlockRequest }") == 0u);
}

BOOST_AUTO_TEST_CASE(a_restart_forgets_no_deed) {
  const Report report = run_text("streamlet, replicas: 4",
                                 "adversary: { members: r3, behaviors: [ silent: { stop: 1s } ] }\n"
                                 "timeline: [ { at: 1200ms, restart: r3 } ]\n");
  BOOST_TEST(report.behaviors.at(0).total() > 0u);
  BOOST_TEST(report.idle.empty());
}

BOOST_AUTO_TEST_CASE(every_attacking_engine_counts_its_deeds) {
  for (const EngineInfo& engine : engines()) {
    if (engine.attacks.empty()) continue;
    const auto attacker = engine.make(Options(engine.options));
    BOOST_TEST((dynamic_cast<Attacker*>(attacker.get()) != nullptr), engine.name);
  }
  const Report selfish =
      run_text("nakamoto, replicas: 4, options: { block_interval: 1s }",
               "adversary: { members: r3, behaviors: [ selfish_mining ] }\n", 1, "60s");
  BOOST_TEST(selfish.behaviors.at(0).total() > 0u);
}

BOOST_AUTO_TEST_CASE(a_replica_that_turned_is_counted_by_what_it_did) {
  const auto report = run_text(
      "streamlet, replicas: 4",
      "timeline: [ { label: turn, at: 1s, become: { who: role:leader, behavior: silent } } ]\n");
  const auto& effects = report.faults.at(0).effects;
  BOOST_TEST(effects.back().first == "messages_altered");
  BOOST_TEST(effects.back().second > 0u);
  BOOST_TEST(report.idle.empty());
}

BOOST_AUTO_TEST_CASE(of_many_seeds_one_alone_is_not_inconclusive) {
  const auto report = run_text("pbft, replicas: 3",
                               "adversary: { members: any(f), behaviors: [ silent ] }\n"
                               "runs: { seeds: 1..2 }\n");
  BOOST_TEST(report.adversary_of_nobody);
  BOOST_TEST(report.idle.size() == 1u);
  BOOST_TEST(report.idle.at(0).what == "adversary");
  BOOST_TEST((report.verdict == RunVerdict::pass), report.reason);
}

BOOST_AUTO_TEST_CASE(a_run_that_stops_at_a_violation_says_how_much_was_asked_for) {
  const auto report = run_text(
      "raft, replicas: 5",
      "adversary: { members: r0..r1, beyond_bound: true, behaviors: [ equivocate ] }\n", 1, "30s");
  BOOST_REQUIRE((report.verdict == RunVerdict::fail));
  BOOST_TEST(report.ended_early.ends_with("after the violation"), report.ended_early);
  BOOST_TEST(seconds(report.asked) == 30, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(report.simulated < report.asked);
}

// The liars of HotStuff's f+1 split it in no run when the halves they lie to can compare notes.
BOOST_AUTO_TEST_CASE(audiences_that_cannot_compare_notes_are_split_by_f_plus_1_and_never_by_f) {
  for (const char* protocol :
       {"pbft", "hotstuff", "hotstuff2", "tendermint", "ibft", "streamlet"}) {
    for (const auto& [members, broken] : {std::pair{"any(f+1)", true}, {"any(f)", false}}) {
      std::size_t violated = 0;
      for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        const auto report =
            run_text(std::string(protocol) + ", replicas: 7",
                     "adversary: { members: " + std::string(members) +
                         ", beyond_bound: true, behaviors: [ equivocate: { cut: 15s } ] }\n",
                     seed, "25s");
        violated += report.verdict == RunVerdict::fail ? 1 : 0;
        BOOST_TEST(report.faults.size() == 1u);
        BOOST_TEST(report.faults.at(0).label == "equivocate-cut");
      }
      BOOST_TEST(violated == (broken ? 3u : 0u), protocol << " " << members << ": " << violated);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab
