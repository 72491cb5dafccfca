// Loading scenarios: what is read, what is drawn, what is refused without being read.
#include <boost/test/unit_test.hpp>

#include "testbed/scenario/load.h"
#include "testbed/scenario/selectors.h"
#include "tests/scenario/fake_catalogue.h"

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

constexpr std::string_view kHead = "version: 1\nname: t\nduration: 60s\nprotocol: { name: pbft, replicas: 7 }\n";

Scenario with_head(std::string_view rest, const LoadOptions& options = {}) {
  return loaded(std::string(kHead) + std::string(rest), options);
}

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
  const auto sides = partition_sides(std::get<Partition>(s.timeline[0].action), context_of(s));
  BOOST_REQUIRE_EQUAL(sides.size(), 2u);
  BOOST_TEST(sides[0].size() == 4u);
  BOOST_TEST(sides[1].front().value == 4u);
  BOOST_TEST(is_dynamic(std::get<Crash>(s.timeline[1].action).who, s.groups));
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

BOOST_AUTO_TEST_SUITE_END()
