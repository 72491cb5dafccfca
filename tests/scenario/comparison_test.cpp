// Comparisons: cells, what is laid over what, exclusions, the table's plan.
#include "testbed/scenario/comparison.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

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

BOOST_AUTO_TEST_CASE(some_combinations_can_be_adjusted) {
  const auto result = load_comparison(R"(
version: 1
kind: comparison
name: adjusted
base: { duration: 10s }
vary:
  protocol: [pbft, raft]
  replicas: [4, 7]
adjust:
  - { protocol: raft, with: { duration: 20s } }
  - { protocol: raft, replicas: 7, with: { network: { latency: 3ms } } }
)",
                                      "adjusted.yaml", catalogue());
  BOOST_REQUIRE_MESSAGE(result.comparison, to_text(result.diagnostics, result.source));
  const ComparisonPlan& plan = *result.comparison;
  const auto duration = [&](std::string_view label) {
    return plan.load(cell_of(plan, label), 1, catalogue()).scenario->duration;
  };
  BOOST_TEST((duration("pbft, 4") == std::chrono::seconds{10}));
  BOOST_TEST((duration("raft, 4") == std::chrono::seconds{20}));
  BOOST_TEST((duration("raft, 7") == std::chrono::seconds{20}));
  BOOST_TEST(plan.cells[0].protocol == "pbft");
  BOOST_TEST(plan.cells[3].protocol == "raft");
}

BOOST_AUTO_TEST_CASE(the_base_can_be_a_file) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / "byzlab_comparison_test";
  fs::create_directories(folder);
  const auto write = [&](const char* name, std::string_view text) {
    std::ofstream(folder / name) << text;
  };
  write("base.yaml", R"(
version: 1
name: alone
duration: 12s
protocol: { name: pbft, replicas: 4, options: { view_timeout: 300ms } }
timeline: [ { at: 1s, for: 1s, crash: r1 } ]
)");
  write("wrong.yaml",
        "version: 1\nname: wrong\nduration: 12\nprotocol: { name: pbft, replicas: 4 }\n");
  const auto load = [&](std::string_view base, std::string_view replicas) {
    const std::string yaml =
        "version: 1\nkind: comparison\nname: over\nbase: " + std::string(base) +
        "\nvary:\n  protocol: [pbft, raft]\n  replicas: " + std::string(replicas) + "\n";
    return load_comparison(yaml, (folder / "over.yaml").string(), catalogue());
  };

  const auto good = load("./base.yaml", "[4, 7]");
  BOOST_REQUIRE_MESSAGE(good.comparison, to_text(good.diagnostics, good.source));
  const auto raft = good.comparison->load(good.comparison->cells[3], 1, catalogue()).scenario;
  BOOST_REQUIRE(raft);
  BOOST_TEST((raft->duration == std::chrono::seconds{12}));
  BOOST_TEST(raft->protocol.replicas == 7u);
  BOOST_TEST(raft->timeline.size() == 1u);
  BOOST_TEST(good.comparison->base_source.find("alone") != std::string::npos);

  // A mistake of the base is told in its own file, what the axes make of it at its name.
  const auto wrong = load("wrong.yaml", "[4]");
  BOOST_TEST(!wrong.comparison);
  const std::string text = to_text(wrong.diagnostics, wrong.source);
  BOOST_TEST(text.find("wrong.yaml:3:11: error[E110]") != std::string::npos, text);
  const auto nobody = load("./base.yaml", "[1]");  // there is no r1 to crash
  BOOST_TEST(!nobody.comparison);
  BOOST_TEST(to_text(nobody.diagnostics, nobody.source).find("over.yaml:4:") != std::string::npos);
  const auto missing = load("./nowhere.yaml", "[4]");
  BOOST_TEST(to_text(missing.diagnostics, missing.source).find("no such file") !=
             std::string::npos);
  fs::remove_all(folder);
}

BOOST_AUTO_TEST_CASE(a_warning_of_many_cells_is_told_once) {
  constexpr std::string_view kNobody = R"(
version: 1
kind: comparison
name: nobody
base: { duration: 10s }
vary:
  protocol: [pbft, hotstuff]
  replicas: [2, 3, 4]
  who:
    f: { timeline: [ { at: 5s, crash: any(f) } ] }
    none: { timeline: [ { at: 5s, crash: any(0) } ] }
)";
  const auto result = load_comparison(kNobody, "nobody.yaml", catalogue());
  BOOST_REQUIRE_MESSAGE(result.comparison, to_text(result.diagnostics, result.source));
  const auto drawn = std::ranges::count(result.diagnostics, "W211", &Diagnostic::code);
  BOOST_REQUIRE(drawn == 1);  // of any(f) with f = 0; any(0) is what was meant
  const auto warning = std::ranges::find(result.diagnostics, "W211", &Diagnostic::code);
  BOOST_REQUIRE(!warning->notes.empty());
  BOOST_TEST(warning->notes.back() ==
             "in 4 cells: pbft, 2, f; pbft, 3, f; hotstuff, 2, f and 1 more");
}

BOOST_AUTO_TEST_CASE(a_base_that_is_known_need_not_be_there) {
  constexpr std::string_view kElsewhere = R"(
version: 1
kind: comparison
name: elsewhere
base: ./no-such-file.yaml
vary: { protocol: [pbft, raft] }
)";
  const std::string base =
      "version: 1\nname: base\nduration: 10s\nprotocol: { name: pbft, replicas: 4 }\n";
  BOOST_TEST(!load_comparison(kElsewhere, "here.yaml", catalogue()).comparison.has_value());
  const auto result = load_comparison(kElsewhere, "here.yaml", catalogue(), &base);
  BOOST_REQUIRE_MESSAGE(result.comparison, to_text(result.diagnostics, result.source));
  BOOST_TEST(result.comparison->base_source == base);
}

BOOST_AUTO_TEST_CASE(what_the_table_cannot_show_is_refused) {
  const auto errors = [](std::string_view report) {
    const std::string yaml =
        "version: 1\nkind: comparison\nname: bad\nbase: { duration: 10s }\n"
        "vary:\n  protocol: [pbft, raft]\n  replicas: [4, 7]\nreport: " +
        std::string(report) + "\n";
    const auto result = load_comparison(yaml, "bad.yaml", catalogue());
    return to_text(result.diagnostics, result.source);
  };
  BOOST_TEST(errors("{ metrics: [commit_latency.pooled_p99, recovery_time] }") == "");
  BOOST_TEST(errors("{ metrics: [commit_latency.p42] }").find("E151") != std::string::npos);
  BOOST_TEST(errors("{ metrics: [throughput.pooled_p99] }").find("E151") != std::string::npos);
  BOOST_TEST(errors("{ metrics: [comit_latency] }").find("did you mean `commit_latency`?") !=
             std::string::npos);
  BOOST_TEST(errors("{ charts: [heatmap, cdf] }") == "");
  BOOST_TEST(errors("{ charts: [heatmp] }").find("did you mean `heatmap`?") != std::string::npos);
  BOOST_TEST(errors("{ charts: [scaling] }").find("at least three sizes") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
