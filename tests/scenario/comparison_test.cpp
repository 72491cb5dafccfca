// Comparisons: cells, what is laid over what, exclusions, the table's plan.
#include "testbed/scenario/comparison.h"

#include <boost/test/unit_test.hpp>

#include "testbed/run.h"

using namespace byzlab;
using namespace byzlab::scenario;

namespace {

constexpr std::string_view kFile = R"(
version: 1
kind: comparison
name: small
base:
  duration: 10s
  network: { latency: 5ms, loss: 0.1% }
  timeline: [ { at: 1s, for: 1s, crash: r1 } ]
vary:
  protocol: [pbft, raft]
  replicas: [4, 7]
  network.loss: [0, 1%]
  condition:
    happy: {}
    crash:
      network: { latency: 7ms }
      timeline: [ { at: 5s, crash: r2 } ]
exclude:
  - { protocol: raft, condition: crash, because: reasons }
runs: { seeds: 3..5 }
report: { rows: protocol, columns: condition, metrics: [throughput, commit_latency.p99], baseline: pbft }
)";

ComparisonPlan small() {
  auto result = load_comparison(kFile, "small.yaml", catalogue());
  BOOST_REQUIRE_MESSAGE(result.comparison, to_text(result.diagnostics, result.source));
  return std::move(*result.comparison);
}

const Cell& cell_of(const ComparisonPlan& plan, std::string_view label) {
  for (const Cell& cell : plan.cells) {
    if (plan.label(cell) == label) return cell;
  }
  BOOST_FAIL("no cell " << label);
  return plan.cells.front();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(comparison)

BOOST_AUTO_TEST_CASE(every_combination_is_a_cell) {
  const ComparisonPlan plan = small();
  BOOST_TEST(plan.cells.size() == 16u);
  BOOST_TEST(plan.label(plan.cells.front()) == "pbft, 4, 0, happy");
  BOOST_TEST(plan.label(plan.cells.back()) == "raft, 7, 1%, crash");
  std::size_t excluded = 0;
  for (const Cell& cell : plan.cells) {
    const bool meant = cell.at[0] == 1 && cell.at[3] == 1;
    BOOST_TEST(cell.excluded == (meant ? "reasons" : ""));
    excluded += meant ? 1 : 0;
  }
  BOOST_TEST(excluded == 4u);
  BOOST_TEST(plan.seeds.first == 3u);
  BOOST_TEST(plan.seeds.last == 5u);
}

BOOST_AUTO_TEST_CASE(values_replace_maps_merge_lists_append) {
  const ComparisonPlan plan = small();
  const auto happy = plan.load(cell_of(plan, "pbft, 7, 1%, happy"), 3, catalogue()).scenario;
  BOOST_REQUIRE(happy);
  BOOST_TEST(happy->protocol.name == "pbft");
  BOOST_TEST(happy->protocol.replicas == 7u);
  BOOST_TEST(happy->timeline.size() == 1u);
  BOOST_TEST(happy->network.loss == 0.01);
  const auto crash = plan.load(cell_of(plan, "pbft, 4, 0, crash"), 3, catalogue()).scenario;
  BOOST_REQUIRE(crash);
  BOOST_TEST(crash->protocol.replicas == 4u);
  BOOST_TEST(crash->timeline.size() == 2u);
  BOOST_TEST(crash->network.loss == 0.0);
  BOOST_TEST(crash->seed.value() == 3u);
}

BOOST_AUTO_TEST_CASE(the_table_has_a_plan_also_without_one) {
  const ComparisonPlan plan = small();
  BOOST_TEST(plan.table.rows == "protocol");
  BOOST_TEST(plan.table.columns == "condition");
  BOOST_TEST(plan.table.pages == "replicas");
  BOOST_REQUIRE_EQUAL(plan.table.metrics.size(), 2u);
  BOOST_TEST(plan.table.metrics[0] == "throughput.mean");
  BOOST_TEST(plan.table.metrics[1] == "commit_latency.p99");
  BOOST_TEST(plan.table.baseline == "pbft");
}

BOOST_AUTO_TEST_CASE(a_scenario_can_be_compared_over_protocols) {
  constexpr std::string_view kScenario = R"(
version: 1
name: split
duration: 20s
protocol: { name: pbft, replicas: 4, options: { view_timeout: 300ms } }
)";
  const auto result = vary_scenario(
      kScenario, "split.yaml",
      {{"protocol", {"pbft", "streamlet", "raft"}}, {"replicas", {"4", "5"}}}, catalogue());
  BOOST_REQUIRE_MESSAGE(result.comparison, to_text(result.diagnostics, result.source));
  BOOST_TEST(result.comparison->cells.size() == 6u);
  const auto raft = result.comparison->load(result.comparison->cells[5], 1, catalogue()).scenario;
  BOOST_REQUIRE(raft);
  BOOST_TEST(raft->protocol.name == "raft");
  BOOST_TEST(raft->protocol.replicas == 5u);
}

BOOST_AUTO_TEST_SUITE_END()
