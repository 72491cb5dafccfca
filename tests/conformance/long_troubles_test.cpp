// What outlasts a few timeouts: powers that differ for good, hours of asynchrony, messages slower
// than any timeout. Of every engine that stands liars.
#include <boost/test/unit_test.hpp>

#include <string>

#include "testbed/run.h"
#include "testbed/scenario/load.h"

namespace byzlab {
namespace {

namespace sc = scenario;

/// Engines as a scenario names them, options included.
constexpr const char* kEngines[] = {
    "pbft",       "hotstuff",  "hotstuff, options: { mode: basic }",         "hotstuff2", "ibft",
    "tendermint", "streamlet", "streamlet, options: { leader: round_robin }"};

void passes(const std::string& text, std::uint64_t seed) {
  const auto loaded = sc::load_text(text, "long.yaml", catalogue(), {.seed = seed});
  BOOST_REQUIRE_MESSAGE(loaded.scenario, sc::to_text(loaded.diagnostics, loaded.source));
  const Report report = run(*loaded.scenario, RunOptions{.seed = seed}, {});
  std::string lines;
  for (const ExpectationResult& e : report.expectations) {
    if (e.status != Status::pass) lines += e.detail + "; ";
  }
  BOOST_TEST((report.verdict == RunVerdict::pass), "seed " << seed << ": " << lines << "\n"
                                                           << text);
}

BOOST_AUTO_TEST_SUITE(long_troubles)

// Every other replica is light, and down: in turn, whatever their power, no two correct ones would
// ever follow each other.
BOOST_AUTO_TEST_CASE(less_than_a_third_of_the_power_stops_nobody) {
  for (const std::string engine : kEngines) {
    passes("version: 1\nname: light\nduration: 60s\nseed: 1\nprotocol: { name: " + engine +
               ", replicas: 8, power: { r0: 0.05, r2: 0.05, r4: 0.05, r6: 0.05, rest: equal } }\n"
               "network: { latency: 20ms }\nworkload: { clients: 4, rate: 20 tx/s }\n"
               "timeline: [ { at: 2s, crash: [r0, r2, r4, r6] } ]\n"
               "expect:\n  - agreement: holds\n  - liveness: holds\n    within: 15s\n    among: "
               "[r1, r3, r5, r7]\n",
           1);
  }
}

// The bound of docs/engines.md is a minute; most engines need seconds.
BOOST_AUTO_TEST_CASE(hours_of_asynchrony_are_over_within_a_minute) {
  struct Chaos {
    const char* length;
    const char* duration;
    std::uint64_t seeds;
  };
  for (const Chaos& chaos :
       {Chaos{"1min", "3min", 4}, Chaos{"40min", "42min", 3}, Chaos{"5h", "302min", 1}}) {
    for (const std::string engine : kEngines) {
      if (engine.starts_with("streamlet") && chaos.seeds == 1)
        continue;  // its epochs are the clock's
      for (std::uint64_t seed = 1; seed <= chaos.seeds; ++seed) {
        const std::string length = chaos.length;
        passes("version: 1\nname: chaos\nduration: " + std::string(chaos.duration) +
                   "\nprotocol: { name: " + engine +
                   ", replicas: 4 }\nnetwork: { latency: { model: uniform, min: 5ms, max: 40ms }, "
                   "synchrony: { model: partial, gst: " +
                   length +
                   ", delta: 100ms } }\nworkload: { clients: 2, rate: 0.5 tx/s }\n"
                   "adversary: { members: r3, behaviors: [ silent ] }\n"
                   "timeline: [ { label: chaos, at: 0s, for: " +
                   length +
                   ", delay: { add: 0s, jitter: 60s } } ]\n"
                   "expect:\n  - agreement: holds\n  - recovery: 60s\n    after: gst\n",
               seed);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(messages_slower_than_the_timeouts_are_waited_for) {
  for (const std::string engine : kEngines) {
    if (engine.starts_with("streamlet")) continue;  // Δ is its assumption
    passes("version: 1\nname: slow\nduration: 10min\nseed: 1\nprotocol: { name: " + engine +
               ", replicas: 4 }\nnetwork: { latency: 3s }\nworkload: { clients: 4, rate: 2 tx/s }\n"
               "expect:\n  - agreement: holds\n  - liveness: holds\n    within: 2min\n",
           1);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace byzlab
