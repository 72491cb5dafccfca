// Loading scenarios: what is read, what is drawn, what is refused without being read.
#include <filesystem>
#include <set>

#include <boost/test/unit_test.hpp>

#include "testbed/scenario/load.h"
#include "testbed/scenario/lock.h"
#include "testbed/scenario/selectors.h"
#include "tests/scenario/fake_catalogue.h"
#include "tests/support/source_dir.h"

using namespace byzlab;
using namespace byzlab::scenario;
using namespace std::chrono_literals;

namespace {

LoadResult load(std::string_view yaml, const LoadOptions& options = {}) {
  static const Catalogue catalogue = fake_catalogue();
  return load_text(yaml, "test.yaml", catalogue, options);
}

Scenario loaded(std::string_view yaml, const LoadOptions& options = {}) {
  LoadResult result = load(yaml, options);
  BOOST_REQUIRE_MESSAGE(result.scenario, to_text(result.diagnostics, result.source, options.sets));
  return std::move(*result.scenario);
}

constexpr std::string_view kHead =
    "version: 1\nname: t\nduration: 60s\nprotocol: { name: pbft, replicas: 7 }\n";

Scenario with_head(std::string_view rest, const LoadOptions& options = {}) {
  return loaded(std::string(kHead) + std::string(rest), options);
}

/// What a lock must keep: all but the file's name, the runs and whether anything was drawn.
void check_same(const Scenario& a, const Scenario& b) {
  BOOST_TEST(a.name == b.name);
  BOOST_TEST(a.description == b.description);
  BOOST_CHECK(a.duration == b.duration);
  BOOST_CHECK(a.seed == b.seed);
  BOOST_CHECK(a.protocol == b.protocol);
  BOOST_CHECK(a.network == b.network);
  BOOST_CHECK(a.workload == b.workload);
  BOOST_CHECK(a.groups == b.groups);
  BOOST_CHECK(a.adversary == b.adversary);
  BOOST_CHECK(a.timeline == b.timeline);
  BOOST_CHECK(a.expectations == b.expectations);
}

void check_round_trip(const Scenario& original) {
  const std::string lock = lock_text(original);
  BOOST_TEST_CONTEXT(lock) {
    LoadResult again = load(lock);
    BOOST_REQUIRE_MESSAGE(again.scenario, to_text(again.diagnostics, again.source));
    check_same(original, *again.scenario);
    BOOST_TEST(lock_text(*again.scenario) == lock);
    BOOST_TEST(!again.scenario->depends_on_seed);
  }
}

/// Every key of the language once.
constexpr std::string_view kEverything = R"(
version: 1
kind: scenario
name: everything
description: "two\nlines: \"quoted\" # no comment"
duration: 10min..20min
seed: 18446744073709551615
runs: { seeds: 1..200, paired: true }
x-usual: &usual { links: "r0 <-> [r1, west]", probability: 1%..5% }
protocol:
  name: nakamoto
  replicas: 12
  power: { r0: 0.4, "[r1, r2]": 12.5%, rest: equal }
  options: { block_interval: 5s..20s, confirmations: 2..6, tie_break: random, max_block_size: 2 MiB }
  costs: { sign: 14.6us, verify: 37.2us, hash_per_byte: 1ns }
  crypto: ed25519
network:
  topology: random
  degree: 3..5
  latency: { model: lognormal, median: 90ms, sigma: 0.2..0.6, min: 1ms }
  regions: { us_east: 5, eu_west: 7 }
  bandwidth: 10 Mbit/s..20 Mbit/s
  loss: 0.1%
  duplicate: 0.2%
  corrupt: 0.00001
  reorder: { probability: 1%, by: 30ms }
  synchrony: { gst: 5s, delta: 400ms }
workload: { clients: 10, mode: closed, in_flight: 3, tx_size: 400 B, warmup: 5s }
groups: { west: r0..r3, mixed: [ any(2 of region:eu_west), r11 ], lead: "role:leader" }
adversary:
  members: any(f-1 of [r5..r11])
  beyond_bound: true
  behaviors:
    - silent
    - delay: { by: 1s..3s, kinds: [ Vote, Proposal ], chance: 50%, loud: true, scale: 2.5 }
    - double_spend: { merchant: "[r0, any(1 of [r1, r2, r4])]", amount: 7 }
timeline:
  - { label: split, at: 10s..20s, for: 20s, partition: [ west, r4..r6, rest ] }
  - { at: 30s, for: 5s, partition: halves }
  - { at: 31s, for: 5s, partition: { from: west, to: mixed } }
  - { at: 32s, for: 5s, partition: { from: west, to: mixed, one_way: false } }
  - { after: split + 1s, for: 2s, isolate: any(33%) }
  - { when: height >= 3, for: 1s, every: 3s, until: 5min, crash: lead }
  - { after: gst + 2s, restart: honest }
  - { after: start, wipe: byzantine }
  - { at: 40s, for: 1s, pause: "role:next_leader" }
  - { at: 41s, for: 1s, delay: { links: "all -> r1", add: 5ms, jitter: 2ms } }
  - { at: 42s, for: 1s, drop: *usual }
  - { at: 43s, for: 1s, drop: 30% }
  - { at: 44s, for: 1s, duplicate: *usual }
  - { at: 45s, for: 1s, reorder: { probability: 3%, by: 7ms } }
  - { at: 46s, for: 1s, corrupt: 0.5 }
  - { at: 47s, for: 1s, throttle: { links: "west -> all", bandwidth: 1 Mbit/s } }
  - { at: 48s, for: 1s, become: { who: r3, behavior: { delay: { by: 9s } } } }
  - { at: 49s, mark: "the teacher pauses: here" }
  - { at: 50s, for: 1s..3s, one_of: [ { crash: any(1) }, { isolate: any(2) }, { drop: 10%..20% } ] }
expect:
  - agreement: violated
  - { validity: holds, rate: ">= 99.5%" }
  - integrity: holds
  - total_order: holds
  - { progress: none, during: split, grace: 300ms }
  - { progress: some, outside: faults, grace: 1s, among: "[honest, r3]" }
  - { recovery: 5s, after: split, of: start }
  - { liveness: holds, within: 30s, after: gst }
  - { double_spend: succeeds, rate: "> 95%", confidence: 99% }
  - { threshold: "chain_quality.mean <= 60%", during: split }
  - { threshold: "client_latency{client=\"c0\"}.p99 < 1500ms" }
  - { threshold: "sent_bytes.rate >= 5 MB/s" }
)";

}  // namespace

BOOST_AUTO_TEST_SUITE(scenario_load)

BOOST_AUTO_TEST_CASE(pbft_partition_is_read_exactly) {
  const Scenario s = loaded(R"(
version: 1
name: pbft-partition
duration: 60s
seed: 42
protocol:
  name: pbft
  replicas: 7
  options: { view_timeout: 250ms }
network:
  latency: { model: normal, mean: 40ms, stddev: 8ms, min: 1ms }
  bandwidth: 100 Mbit/s
  loss: 0.1%
workload: { clients: 10, mode: open, rate: 200 tx/s, tx_size: 256 B, warmup: 5s }
groups: { west: r0..r3, east: r4..r6 }
timeline:
  - { label: split, at: 10s, for: 20s, partition: [ west, east ] }
  - { at: 45s, for: 5s, crash: role:leader, label: leader-down }
expect:
  - progress: none
    during: split
    grace: 300ms
  - { recovery: 3s, after: leader-down, of: start }
  - { threshold: commit_latency.p99 < 2s, outside: faults }
)");
  BOOST_TEST(s.name == "pbft-partition");
  BOOST_CHECK(s.duration == 60s);
  BOOST_TEST(s.seed.value() == 42u);
  BOOST_CHECK(s.protocol.options.duration("view_timeout") == 250ms);
  BOOST_TEST(s.protocol.options.count("batch_size") == 100u);
  BOOST_CHECK(std::get<NormalLatency>(s.network.latency) ==
              (NormalLatency{.mean = 40ms, .stddev = 8ms, .min = 1ms}));
  BOOST_TEST(s.network.bandwidth.value() == 100'000'000u);
  BOOST_TEST(s.network.loss == 0.001);
  BOOST_TEST(s.workload.rate == 200.0);
  BOOST_REQUIRE_EQUAL(s.timeline.size(), 2u);
  const auto sides = partition_sides(s.timeline[0].action.sides, context_of(s));
  BOOST_REQUIRE_EQUAL(sides.size(), 2u);
  BOOST_TEST(sides[0].size() == 4u);
  BOOST_TEST(sides[1].front().value == 4u);
  BOOST_TEST(is_dynamic(*s.timeline[1].action.selector("who"), s.groups));
  BOOST_TEST(s.expectations[0].text == "progress: none during split");
  BOOST_CHECK(s.expectations[0].grace == 300ms);
  BOOST_TEST(s.expectations[1].of_start);
  BOOST_TEST(s.expectations[2].threshold->value == 2.0);
  BOOST_TEST(!s.depends_on_seed);
}

BOOST_AUTO_TEST_CASE(defaults_are_there_without_a_section) {
  const Scenario s = with_head("");
  BOOST_CHECK(std::get<ConstantLatency>(s.network.latency).delay == 10ms);
  BOOST_TEST(s.workload.clients == 4u);
  BOOST_TEST(s.workload.rate == 100.0);
  BOOST_CHECK(s.protocol.options.duration("view_timeout") == 500ms);
  BOOST_TEST(!s.seed.has_value());
}

BOOST_AUTO_TEST_CASE(lock_of_everything_loads_to_the_same) {
  std::set<std::string> locks;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Scenario s = loaded(kEverything, {.seed = seed});
    BOOST_TEST(s.depends_on_seed);
    BOOST_TEST(s.seed.value() == seed);
    check_round_trip(s);
    locks.insert(lock_text(s));
    // Loading is a function: the same seed gives the same scenario.
    BOOST_TEST(lock_text(loaded(kEverything, {.seed = seed})) == lock_text(s));
  }
  BOOST_TEST(locks.size() == 40u);
  check_round_trip(with_head(""));
}

BOOST_AUTO_TEST_CASE(example_scenarios) {
  static const Catalogue catalogue = fake_catalogue();
  const std::filesystem::path folder = source_dir() / "tests/scenario/examples";
  for (const char* name : {"pbft-partition.yaml", "nakamoto-51.yaml"}) {
    const LoadResult result = load_file(folder / name, catalogue);
    BOOST_TEST(result.diagnostics.empty(), to_text(result.diagnostics, result.source));
    BOOST_REQUIRE(result.scenario);
    check_round_trip(*result.scenario);
  }
  // Written for what is not there yet: every error says so, or names an unknown protocol, behavior,
  // option, metric or label; or that the file is a comparison.
  const std::set<std::string> expected = {"E190", "E101", "E102", "E118", "E150", "E159", "W311"};
  for (const char* name :
       {"compare-wan.yaml", "eclipse-flood.yaml", "hotstuff-equivocation.yaml"}) {
    const LoadResult result = load_file(folder / name, catalogue);
    BOOST_TEST(!result.scenario);
    for (const Diagnostic& d : result.diagnostics)
      BOOST_TEST(expected.contains(d.code), name << ": " << d.code << " " << d.message);
  }
}

BOOST_AUTO_TEST_CASE(draws_depend_on_the_seed_and_their_place_only) {
  const std::string_view rest =
      "workload: { clients: 1..4 }\ntimeline:\n  - { at: 5s..20s, crash: any(2) }\n";
  const auto crashed = [](const Scenario& s, std::size_t i) {
    return resolve(*s.timeline.at(i).action.selector("who"), context_of(s));
  };
  std::set<std::uint32_t> clients, crashes;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Scenario s = with_head(rest, {.seed = seed});
    BOOST_TEST((s.workload.clients >= 1 && s.workload.clients <= 4));
    clients.insert(s.workload.clients);
    const Time at = std::get<StartAt>(s.timeline[0].start).at;
    BOOST_TEST((at >= Time{5s} && at <= Time{20s}));
    const auto who = crashed(s, 0);
    BOOST_REQUIRE_EQUAL(who.size(), 2u);
    for (ReplicaId r : who) crashes.insert(r.value);
    // Another range and another any(...) elsewhere change nothing here.
    const Scenario more = with_head(
        std::string(rest) + "  - { at: 1s..2s, crash: any(1) }\nnetwork: { loss: 1%..2% }\n",
        {.seed = seed});
    BOOST_CHECK(crashed(more, 0) == who);
    BOOST_TEST(more.workload.clients == s.workload.clients);
  }
  BOOST_TEST(clients.size() == 4u);
  BOOST_TEST(crashes.size() == 7u);
}

BOOST_AUTO_TEST_CASE(one_of_draws_every_alternative) {
  std::set<std::string> kinds;
  for (std::uint64_t seed = 0; seed < 50; ++seed)
    kinds.insert(
        with_head(
            "timeline:\n  - { at: 5s, one_of: [ { crash: r1 }, { isolate: r2 }, { drop: 5% } ] }\n",
            {.seed = seed})
            .timeline.at(0)
            .action.name);
  BOOST_TEST(kinds.size() == 3u);
  // An alternative with an error is an error whatever the seed draws.
  for (std::uint64_t seed = 0; seed < 5; ++seed)
    BOOST_TEST(!load(std::string(kHead) +
                         "timeline:\n  - { at: 5s, one_of: [ { crash: r1 }, { drop: 500% } ] }\n",
                     {.seed = seed})
                    .scenario);
}

BOOST_AUTO_TEST_CASE(confidence_asks_for_the_bound_of_a_rate) {
  const Scenario s = with_head(
      "expect:\n  - { agreement: violated, rate: \">= 90%\", confidence: 95% }\n"
      "  - { validity: holds, rate: \">= 90%\" }\n");
  BOOST_TEST(s.expectations[0].rate->confidence.value() == 0.95);
  BOOST_TEST(s.expectations[0].text == "agreement: violated in >= 90% with 95% confidence");
  BOOST_TEST(!s.expectations[1].rate->confidence);
  for (const auto& [wrong, code] :
       {std::pair{"validity: holds, confidence: 95%", "E117"},
        {"validity: holds, rate: \"== 90%\", confidence: 95%", "E117"},
        {"validity: holds, rate: \">= 90%\", confidence: 100%", "E112"},
        {"validity: holds, rate: \">= 90%\", confidence: 10%", "E112"},
        {"validity: holds, rate: \">= 90%\", confidence: sure", "E111"}}) {
    const auto result = load(std::string(kHead) + "expect:\n  - { " + wrong + " }\n");
    BOOST_TEST(!result.scenario, wrong);
    BOOST_REQUIRE(!result.diagnostics.empty());
    BOOST_TEST(result.diagnostics.front().at.line == 6u, wrong);
    if (std::string_view(code) != "E111")
      BOOST_TEST(result.diagnostics.front().code == code, wrong);
  }
}

BOOST_AUTO_TEST_CASE(sets_are_laid_over_the_file) {
  const LoadOptions options = {.sets = {"protocol.replicas=16",
                                        "network.latency={ model: uniform, min: 1ms, max: 2ms }",
                                        "timeline.split.for=3s", "timeline.1.crash=[r1, r15]",
                                        "seed=9", "protocol.options.batch_size=7"}};
  const Scenario s = with_head(
      "timeline:\n  - { label: split, at: 1s, for: 9s, partition: halves }\n  - { at: 2s, crash: "
      "r1 }\n",
      options);
  BOOST_TEST(s.protocol.replicas == 16u);
  BOOST_TEST(s.seed.value() == 9u);
  BOOST_TEST(s.protocol.options.count("batch_size") == 7u);
  BOOST_CHECK(std::get<UniformLatency>(s.network.latency).max == 2ms);
  BOOST_CHECK(s.timeline[0].length == Duration{3s});
  BOOST_TEST(resolve(*s.timeline[1].action.selector("who"), context_of(s)).back().value == 15u);
}

BOOST_AUTO_TEST_CASE(selectors_resolve) {
  const Scenario s = with_head(R"(network: { regions: { a: 3, b: 4 } }
groups: { west: [ r0, region:b ] }
adversary: { members: [ r1, r2 ], behaviors: [ silent ] }
timeline:
  - { at: 1s, crash: west }
  - { at: 1s, crash: honest }
  - { at: 1s, partition: [ "role:leader", r0..r2, rest ] }
  - { at: 1s, partition: [ r0, r1 ] }
)");
  ResolutionContext context = context_of(s);
  const auto numbers = [&](const Selector& who) {
    std::string text;
    for (ReplicaId r : resolve(who, context)) text += std::to_string(r.value);
    return text;
  };
  BOOST_TEST(numbers(*s.timeline[0].action.selector("who")) == "03456");
  BOOST_TEST(numbers(*s.timeline[1].action.selector("who")) == "03456");
  context.role = [](Role) { return std::vector{ReplicaId(1)}; };
  const auto sides = partition_sides(s.timeline[2].action.sides, context);
  BOOST_REQUIRE_EQUAL(sides.size(), 3u);
  BOOST_TEST(sides[0].size() == 1u);  // r1, the leader, stays in the first side that has it
  BOOST_TEST(sides[1].size() == 2u);
  BOOST_TEST(sides[2].size() == 4u);
  BOOST_TEST(partition_sides(s.timeline[3].action.sides, context).size() == 7u);  // five are alone
}

BOOST_AUTO_TEST_CASE(power_is_whole_and_adds_up) {
  const Scenario s = loaded(
      "version: 1\nname: t\nduration: 1h\nprotocol: { name: nakamoto, replicas: 20, power: { r0: "
      "0.51, rest: equal } }\n");
  const auto units = power_units(s);
  BOOST_TEST(units[0] == 510'000'000u);
  BOOST_TEST(units[1] == 490'000'000u / 19);
  BOOST_TEST(units[19] == units[1]);
}

BOOST_AUTO_TEST_CASE(hostile_files_end_soon) {
  const auto repeated = [](std::string_view part, std::size_t bytes) {
    std::string text;
    while (text.size() + part.size() <= bytes) text += part;
    return text;
  };
  for (const std::string_view part :
       {"[", "{", "- ", "a: ", "? ", "&a ", "*a ", "!", "|\n", "'", "\"", "- a\n", "a: b\n", "[a, ",
        "{a: ", "%\n", "--- \n", "\n", "#"})
    BOOST_TEST(!load(repeated(part, 30'000)).scenario);
  std::string selectors = std::string(kHead) + "groups:\n  g0: all\n";
  for (int i = 1; i < 60; ++i)
    selectors += "  g" + std::to_string(i) + ": [ g" + std::to_string(i - 1) + ", g" +
                 std::to_string(i - 1) + " ]\n";
  BOOST_TEST(!load(selectors).scenario);
  std::string timeline = std::string(kHead) + "timeline:\n";
  for (int i = 0; i < 900; ++i) timeline += "  - { at: 1s, crash: all }\n";
  BOOST_TEST(load(timeline).scenario.has_value());
  // What is large but honest loads, and its lock does: thousands of replicas drawn.
  const Scenario large =
      with_head("timeline: [ { at: 1s, crash: any(f) } ]\n", {.sets = {"protocol.replicas=10000"}});
  BOOST_TEST(resolve(*large.timeline[0].action.selector("who"), context_of(large)).size() == 3333u);
  check_round_trip(large);
}

BOOST_AUTO_TEST_SUITE_END()
