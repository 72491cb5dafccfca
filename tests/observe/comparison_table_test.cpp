// The table of a comparison, from reports made up for it: what a cell says, and in which order.
#include "observe/comparison_table.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "observe/histogram_json.h"
#include "testbed/run.h"

using namespace byzlab;
namespace tt = boost::test_tools;

namespace {

scenario::ComparisonPlan plan_of(std::string_view report, std::string_view more = "") {
  const std::string yaml =
      "version: 1\nkind: comparison\nname: made-up\n"
      "base: { duration: 10s }\n"
      "vary:\n"
      "  protocol: [pbft, raft]\n"
      "  replicas: [4, 8, 16]\n" +
      std::string(more) + "report: " + std::string(report) + "\n";
  auto result = scenario::load_comparison(yaml, "made-up.yaml", catalogue());
  BOOST_REQUIRE_MESSAGE(result.comparison, scenario::to_text(result.diagnostics, result.source));
  return std::move(*result.comparison);
}

constexpr std::string_view kReport =
    "{ rows: protocol, columns: replicas, baseline: pbft, "
    "metrics: [commit_latency.p99, commit_latency.pooled_p99, messages_per_commit] }";
constexpr std::string_view kSeeds = "runs: { seeds: 1..4 }\n";

/// A run with latencies `slowest` and a hundredth of it 99 times, and so many messages a commit.
Report run_with(double slowest, double messages) {
  Report report;
  report.verdict = RunVerdict::pass;
  QuantileSketch latencies;
  latencies.add(slowest / 100, 99);
  latencies.add(slowest, 1);
  report.histograms = {{"commit_latency", latencies}};
  report.metrics = {{"commit_latency.p99", slowest / 100, 100},
                    {"messages_per_commit.mean", messages, 100},
                    {"carried.mean", 0.99, 1}};
  return report;
}

Report with(Report report, scenario::Property property, Status status, Bound bound, std::string id,
            std::string text) {
  ExpectationResult e;
  e.property = property;
  e.status = status;
  e.bound = bound;
  e.id = std::move(id);
  e.text = std::move(text);
  report.expectations.push_back(std::move(e));
  if (status == Status::fail) report.verdict = RunVerdict::fail;
  return report;
}

Report stalled(Report report) {
  return with(std::move(report), scenario::Property::recovery, Status::fail, Bound::beyond,
              "recovery-1", "recovery: 5s after split");
}
Report unsafe(Report report, Bound bound = Bound::beyond) {
  return with(std::move(report), scenario::Property::agreement, Status::fail, bound, "agreement-1",
              "agreement: holds");
}
Report live(Report report) {
  return with(std::move(report), scenario::Property::liveness, Status::pass, Bound::not_applicable,
              "liveness-1", "liveness: holds");
}

bool has(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

/// pbft costs n² messages, raft 3n; every seed a little more than the one before.
void fill(ComparisonTable& table) {
  for (std::uint64_t s = 0; s < 4; ++s) {
    for (std::size_t i = 0; i < 6; ++i) {
      const double n = static_cast<double>(4 << (i % 3));
      const double wobble = 1 + 0.01 * static_cast<double>(s);
      table.add(i, s, run_with(1 + static_cast<double>(s), (i < 3 ? n * n : 3 * n) * wobble));
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(comparison_table)

BOOST_AUTO_TEST_CASE(percentiles_of_all_runs_are_not_means_of_percentiles) {
  const auto plan = plan_of(kReport, kSeeds);
  ComparisonTable table(plan, catalogue());
  fill(table);
  // 400 samples, of which the largest four are 1, 2, 3, 4 s: their p99 is the 396th, 0.04 s. The
  // runs' own are 0.01, 0.02, 0.03, 0.04 s.
  BOOST_TEST(table.estimate(0, 0).value == 0.025, tt::tolerance(1e-12));
  BOOST_TEST(table.estimate(0, 1).value == 0.04, tt::tolerance(0.0101));
  BOOST_TEST(table.is_pooled(1));
  BOOST_TEST(table.estimate(0, 1).samples == 4u);
  BOOST_TEST(table.cell(0).histograms.front().samples.count() == 400u);
  BOOST_TEST(has(table.text({}), "pooled percentiles are of all samples of all runs"));
}

BOOST_AUTO_TEST_CASE(pairs_are_compared_with_pairs) {
  const auto plan = plan_of(kReport, kSeeds);
  ComparisonTable table(plan, catalogue());
  fill(table);
  const Estimate r = table.ratio(3, 2);  // raft, 4: 12 against 16, in every pair
  BOOST_TEST(r.value == 0.75, tt::tolerance(1e-12));
  BOOST_TEST(r.high - r.low < 1e-9);
  BOOST_TEST(table.ratio(0, 2).samples == 0u);  // the baseline itself
  BOOST_TEST(has(table.headline(), "4 paired seeds = 24 runs"));
  BOOST_TEST(has(table.markdown(), "the median of the factors of pairs, runs with the same seed"));
  BOOST_TEST(has(table.markdown(), "0.75 ×, n = 4"));
  BOOST_TEST(has(table.text({}), "×0.75 of 4 pairs"));

  const auto unpaired = plan_of(kReport, "runs: { seeds: 1..4, paired: false }\n");
  BOOST_TEST(unpaired.seed(0, 0) == 1u);
  BOOST_TEST(unpaired.seed(0, 3) == 4u);
  BOOST_TEST(unpaired.seed(5, 3) == 24u);
  ComparisonTable groups(unpaired, catalogue());
  fill(groups);
  BOOST_TEST(groups.ratio(3, 2).value == 0.75, tt::tolerance(1e-12));
  BOOST_TEST(groups.ratio(3, 2).high - groups.ratio(3, 2).low > 0.01);
  BOOST_TEST(has(groups.markdown(), "the quotient of the medians of two groups"));
}

BOOST_AUTO_TEST_CASE(growth_is_fitted_over_the_sizes) {
  const auto plan = plan_of(kReport, kSeeds);
  ComparisonTable table(plan, catalogue());
  fill(table);
  const auto lines = table.scaling();
  BOOST_REQUIRE_EQUAL(lines.size(), 2u);
  BOOST_TEST(lines[0].laws[2].exponent == 2.0, tt::tolerance(1e-9));
  BOOST_TEST(lines[1].laws[2].exponent == 1.0, tt::tolerance(1e-9));
  BOOST_TEST(lines[0].laws[2].samples == 4u);
  BOOST_TEST(lines[0].laws[1].samples == 0u);  // pooled: one figure a cell is no sample
  BOOST_TEST(has(table.text({}), "messages_per_commit.mean ~ replicas^"));
  BOOST_TEST(has(table.markdown(), "| pbft | 2.00, n = 4 |"));
}

BOOST_AUTO_TEST_CASE(a_cell_says_first_what_is_worst_and_of_how_many_runs) {
  const auto plan = plan_of(kReport, kSeeds);
  ComparisonTable table(plan, catalogue());
  for (std::uint64_t s = 0; s < 4; ++s) {
    table.add(0, s, s == 2 ? unsafe(stalled(run_with(1, 16))) : stalled(run_with(1, 16)));
    table.add(1, s, s == 2 ? stalled(run_with(1, 64)) : run_with(1, 64));
    table.add(2, s, run_with(1, 256));
    Report half = run_with(1, 12);
    half.metrics[2].value = 0.417;
    table.add(3, s, half);
    Report silent = run_with(1, 24);
    if (s > 0) silent.metrics.clear();
    table.add(4, s, silent);
  }
  const std::string text = table.text({});
  BOOST_TEST(has(text, "✗ agreement 1/4 (5–70 %)"));  // although recovery failed in all four
  BOOST_TEST(has(text, "✗ recovery: 5s after split 1/4 (5–70 %)"));
  BOOST_TEST(has(text, "✓ 4/4 (51–100 %)"));
  BOOST_TEST(has(text, "✓ 4/4 (51–100 %), carries 41 %"));
  BOOST_TEST(has(text, "24 (n = 1)"));
  BOOST_TEST(has(text, "✗ 16"));  // an unsafe cell's figures are marked
  BOOST_TEST(has(text, "safety was violated in this cell"));
  BOOST_TEST(has(text, "only k % were committed"));
  BOOST_TEST((table.verdict() == RunVerdict::fail));
}

/// A limit ends a run that stands still: what it came to until then would be a figure of nothing.
BOOST_AUTO_TEST_CASE(runs_that_were_cut_short_are_in_no_figure) {
  const auto plan = plan_of(kReport, kSeeds);
  ComparisonTable whole(plan, catalogue()), cut(plan, catalogue());
  fill(whole);
  for (std::uint64_t s = 0; s < 4; ++s) {
    for (std::size_t i = 0; i < 6; ++i) {
      const double n = static_cast<double>(4 << (i % 3));
      const double wobble = 1 + 0.01 * static_cast<double>(s);
      const double messages = (i < 3 ? n * n : 3 * n) * wobble;
      Report report = run_with(1 + static_cast<double>(s), messages);
      if (s == 3 && i == 3) {
        report = run_with(1000, 1e6);
        report.metrics.back().value = 0.01;
        report.verdict = RunVerdict::inconclusive;
        report.stopped = "after 1000 events, its limit";
      }
      cut.add(i, s, report);
    }
  }
  const Estimate e = cut.estimate(3, 2);
  BOOST_TEST(e.samples == 3u);
  BOOST_TEST(e.max == 12 * 1.02, tt::tolerance(1e-12));
  BOOST_TEST(cut.estimate(3, 1).value < 1.1);
  BOOST_TEST(cut.cell(3).histograms.front().samples.count() == 300u);
  BOOST_TEST(cut.ratio(3, 2).samples == 3u);
  BOOST_TEST(*cut.carried(3) == 0.99, tt::tolerance(1e-12));
  BOOST_TEST(cut.scaling()[1].laws[2].samples == 3u);
  BOOST_TEST(cut.scaling()[1].laws[2].left_out == 1u);
  BOOST_TEST(has(cut.text({}), "? 3/4, 1 open (30–100 %)"));
  BOOST_TEST(has(cut.text({}), "12.1 (range 12–12.2) (n = 3) ×0.75 of 3 pairs"));
  BOOST_TEST(has(cut.text({}), "1.00, n = 3, 1 left out"));
  BOOST_TEST(has(cut.text({}), "1 run was stopped at a limit or crashed: no figure"));
  const auto document = boost::json::parse(cut.json()).get_object();
  const auto& rates = document.at("cells").at(3).at("rates").get_object();
  BOOST_TEST(rates.at("unsafe").at("open").to_number<int>() == 1);
  BOOST_TEST(rates.at("unsafe").at("share").is_null());
  BOOST_TEST(rates.at("passed").at("high").to_number<double>() == 1.0);
}

BOOST_AUTO_TEST_CASE(a_figure_that_is_mostly_zero_says_how_often_it_is_not) {
  const auto plan = plan_of(
      "{ rows: protocol, columns: replicas, baseline: pbft, "
      "metrics: [view_changes.count] }",
      "runs: { seeds: 1..10 }\n");
  ComparisonTable table(plan, catalogue());
  for (std::uint64_t s = 0; s < 10; ++s) {
    Report rare, never, often;
    rare.verdict = never.verdict = often.verdict = RunVerdict::pass;
    rare.metrics = {{"view_changes.count", s < 2 ? 30.0 : 0.0, 1}};
    never.metrics = {{"view_changes.count", 0, 1}};
    often.metrics = {{"view_changes.count", 5.0 + static_cast<double>(s), 1}};
    table.add(0, s, rare);
    table.add(1, s, never);
    table.add(3, s, often);
  }
  const std::string text = table.text({});
  BOOST_TEST(has(text, "0 in 8/10 (49–94 %), ≤ 30"));
  BOOST_TEST(has(text, "0 in 10/10 (72–100 %)"));
  // Two of ten pairs have a factor, and that is said.
  BOOST_TEST(has(text, "of 2 pairs, 8 divide by 0"));
  BOOST_TEST(has(table.csv(), ",2,8\n"));
}

BOOST_AUTO_TEST_CASE(an_exclusion_is_a_footnote) {
  const auto plan =
      plan_of(kReport, std::string(kSeeds) +
                           "exclude: [ { protocol: raft, replicas: 8, because: No reason } ]\n");
  ComparisonTable table(plan, catalogue());
  BOOST_TEST(table.planned() == 20u);
  BOOST_TEST(has(table.text({}), "n/a [1]"));
  BOOST_TEST(has(table.text({}), "[1] excluded, 1 cells: No reason"));
  BOOST_TEST((table.verdict() == RunVerdict::inconclusive));
}

BOOST_AUTO_TEST_CASE(a_map_tells_outcomes) {
  const auto plan = plan_of("{ rows: protocol, columns: replicas, map: true }", kSeeds);
  ComparisonTable table(plan, catalogue());
  for (std::uint64_t s = 0; s < 4; ++s) {
    table.add(0, s, live(run_with(1, 1)));
    table.add(1, s, stalled(run_with(1, 1)));
    table.add(2, s, s == 0 ? unsafe(run_with(1, 1)) : live(run_with(1, 1)));
    table.add(3, s, run_with(1, 1));
    Report open = live(run_with(1, 1));
    if (s == 1) open.expectations[0].status = Status::undecided;
    if (s == 1) open.verdict = RunVerdict::inconclusive;
    table.add(4, s, open);
    Report beyond = unsafe(run_with(1, 1));
    beyond.beyond_bound = true;
    table.add(5, s, beyond);
  }
  const std::string text = table.text({});
  BOOST_TEST(has(text, "✓ live 4/4"));
  BOOST_TEST(has(text, "BUG: ? stalled 4/4"));  // nothing said that it may
  BOOST_TEST(has(text, "✗ violated 1/4"));
  BOOST_TEST(has(text, "✓ safe 4/4"));
  BOOST_TEST(has(text, "? live 3/4"));
  BOOST_TEST(has(text, "✗ violated 4/4"));
  BOOST_TEST((table.verdict() == RunVerdict::fail));
  BOOST_TEST(has(table.svg(), "✗ violated 4/4"));
  for (const std::string& said : {text, table.svg()})
    BOOST_TEST(has(said, "Of all seeds, 0/4 is 0–49 %, and 4/4 is 51–100 %"));
}

BOOST_AUTO_TEST_CASE(luck_against_confirmations_is_no_bug) {
  const std::string yaml =
      "version: 1\nkind: comparison\nname: luck\nbase: { duration: 10s, protocol: { replicas: 4 } "
      "}\n"
      "vary: { protocol: [nakamoto, pbft] }\nruns: { seeds: 1..1 }\nreport: { map: true }\n";
  const auto result = scenario::load_comparison(yaml, "luck.yaml", catalogue());
  BOOST_REQUIRE(result.comparison);
  ComparisonTable table(*result.comparison, catalogue());
  Report report = unsafe(run_with(1, 1), Bound::inside);
  report.beyond_bound = true;
  table.add(0, 0, report);
  table.add(1, 0, live(run_with(1, 1)));
  BOOST_TEST((table.verdict() == RunVerdict::pass));
  table.add(1, 0, report);
  BOOST_TEST((table.verdict() == RunVerdict::fail));
}

BOOST_AUTO_TEST_CASE(the_document_has_all_that_is_drawn) {
  const auto plan = plan_of(kReport, kSeeds);
  ComparisonTable table(plan, catalogue());
  fill(table);
  const auto document = boost::json::parse(table.json()).get_object();
  const auto& cells = document.at("cells").get_array();
  BOOST_REQUIRE_EQUAL(cells.size(), 6u);
  const auto& cell = cells[3].get_object();
  BOOST_TEST((cell.at("at") == boost::json::value{{"protocol", "raft"}, {"replicas", "4"}}));
  const auto again = histogram_of(cell.at("histograms").at("commit_latency"));
  BOOST_REQUIRE(again);
  BOOST_TEST((*again == table.cell(3).histograms.front().samples));
  BOOST_TEST(cell.at("histograms").at("commit_latency").at("p99").get_double() == 0.04,
             tt::tolerance(0.0101));
  const auto& figure = cell.at("metrics").at("messages_per_commit.mean").get_object();
  BOOST_TEST(figure.at("value").get_double() == 12 * 1.015, tt::tolerance(1e-9));
  BOOST_TEST(figure.at("low").to_number<double>() == 12, tt::tolerance(1e-9));
  BOOST_TEST(figure.at("confidence").get_double() == 0.875, tt::tolerance(1e-9));
  BOOST_TEST(document.at("scaling").at("fits").get_array().size() == 4u);
  BOOST_TEST(document.at("ratios").get_array().size() == 6u);
  BOOST_TEST((document.at("table").at("charts").get_array().back() == "scaling"));
  ComparisonTable same(plan, catalogue());
  fill(same);
  BOOST_TEST(same.json() == table.json());
}

BOOST_AUTO_TEST_SUITE_END()
