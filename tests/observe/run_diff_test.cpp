// Differences of two results folders, and where two runs part.
#include "observe/run_diff.h"

#include <boost/test/unit_test.hpp>

#include "observe/first_difference.h"
#include "observe/store.h"
#include "testbed/scenario/load.h"
#include "tests/observe/stored_runs.h"

using namespace byzlab;
namespace fs = std::filesystem;

namespace {

constexpr const char* kScenario = R"(version: 1
name: small
duration: 5s
seed: 3
protocol: { name: pbft, replicas: 4 }
network: { latency: { model: normal, mean: 20ms, stddev: 4ms, min: 1ms } }
workload: { clients: 1, rate: 100 tx/s }
timeline:
  - { label: down, at: 3s, for: 1s, crash: r2 }
)";

scenario::Scenario loaded(std::string text, const std::string& from = "",
                          const std::string& to = "") {
  if (!from.empty()) text.replace(text.find(from), from.size(), to);
  auto result = scenario::load_text(text, "small.yaml", catalogue(), {.sets = {}, .seed = 3});
  BOOST_REQUIRE(result.scenario);
  return std::move(*result.scenario);
}

RecordedRun measured(std::vector<RecordedMetric> metrics) {
  RecordedRun run;
  run.metrics = std::move(metrics);
  return run;
}

RecordedRun judged(std::vector<RecordedExpectation> expectations) {
  RecordedRun run;
  run.expectations = std::move(expectations);
  return run;
}

const std::atomic<bool> kGoOn{false};

}  // namespace

BOOST_AUTO_TEST_SUITE(run_diff)

BOOST_AUTO_TEST_CASE(keys_of_the_scenario) {
  const auto changes = scenario_changes(
      "seed: 3\nnetwork: { latency: { mean: 20ms } }\ntimeline:\n  - { label: split, at: 10s }\n"
      "  - { at: 20s, crash: all }\nexpect: [a, b]\n",
      "seed: 4\nnetwork: { latency: { mean: 20ms }, loss: 0.1 }\ntimeline:\n"
      "  - { label: split, at: 12s }\n  - { at: 20s }\nexpect: [a, c]\n");
  BOOST_REQUIRE(changes);
  std::string text;
  for (const auto& c : *changes)
    text += c.key + " " + c.a.value_or("-") + " " + c.b.value_or("-") + "\n";
  BOOST_TEST(text ==
             "seed 3 4\ntimeline[split].at 10s 12s\ntimeline[1].crash all -\n"
             "expect [a, b] [a, c]\nnetwork.loss - 0.1\n");
  BOOST_TEST(scenario_changes("a: 1\n", "a: 1\n")->empty());
  BOOST_TEST(!scenario_changes("a: [", "a: 1\n"));
}

BOOST_AUTO_TEST_CASE(lines_of_the_events) {
  ScratchFolder scratch;
  const auto write = [&](const std::string& name, const std::string& text) {
    fs::create_directories(scratch.path / name);
    std::ofstream(scratch.path / name / "events.jsonl") << text;
    return scratch.path / name;
  };
  const auto a = write("a", "1\n2\n3\n"), b = write("b", "1\n2\n4\n"), c = write("c", "1\n2\n");
  const auto d = write("d", "1\n{\"t\":1,\"event\":\"truncated\",\"lines_dropped\":5}\n");
  BOOST_TEST(events_diff(a, b).first->line == 3u);
  BOOST_TEST(events_diff(a, b).first->b == "4");
  BOOST_TEST(events_diff(a, c).first->line == 3u);
  BOOST_TEST(events_diff(a, c).first->b == "");
  BOOST_TEST(!events_diff(a, a).first);
  BOOST_TEST(events_diff(a, a).lines == 3u);
  BOOST_TEST(events_diff(d, d).truncated);
  BOOST_TEST(events_diff(a, scratch.path).missing);
}

BOOST_AUTO_TEST_CASE(metrics_and_expectations) {
  const auto a = measured({{"both", 2, {}}, {"gone", 1, {}}, {"same", 5, {}}, {"up", 1, {}}});
  const auto b = measured({{"both", 3, {}}, {"new", 1, {}}, {"same", 5, {}}, {"up", 8, {}}});
  const auto changes = metric_changes(a, b);
  BOOST_REQUIRE_EQUAL(changes.size(), 4u);
  BOOST_TEST(changes[2].name == "up");
  BOOST_TEST(*changes[2].ratio() == 8);
  BOOST_TEST(changes[3].name == "both");
  BOOST_TEST(!changes[0].ratio());

  const auto passed = judged(
      {{"recovery-1", "recovery: 5s", "pass", 1.5}, {"agreement-1", "agreement", "pass", {}}});
  const auto broke = judged(
      {{"agreement-1", "agreement", "pass", {}}, {"recovery-1", "recovery: 5s", "fail", 9.0}});
  const auto changed = expectation_changes(passed, broke);
  BOOST_REQUIRE_EQUAL(changed.size(), 1u);
  BOOST_TEST(changed[0].a == "pass");
  BOOST_TEST(changed[0].b == "fail");
  BOOST_TEST(*changed[0].value_b == 9.0);
}

BOOST_AUTO_TEST_CASE(many_seeds_are_compared_seed_by_seed) {
  ScratchFolder scratch;
  const auto a = finish_seeds(scratch.path, 20),
             b = finish_seeds(scratch.path, 30, "20261122-170000");
  auto lines = content_of(b / "runs.jsonl");
  const auto seven = lines.find("\"seed\":7,");
  lines.replace(lines.find("\"pass\"", seven), 6, "\"fail\"");
  const auto hash = lines.find("\"trace_hash\":\"", seven) + 14;
  lines.replace(hash, 4, "beef");
  const auto p99 = lines.find("\"p99\":0.611", seven);
  lines.replace(p99, 11, "\"p99\":1.222");
  std::ofstream(b / "runs.jsonl") << lines << "{\"seed\":31,\"verd";  // its writer was killed
  const auto diff = many_diff(a, read_folder(scratch.path, a), b, read_folder(scratch.path, b));
  BOOST_TEST(diff.common == 20u);
  BOOST_TEST(diff.only_a == 0u);
  BOOST_TEST(diff.only_b == 10u);
  BOOST_TEST(diff.other_trace == 1u);
  BOOST_TEST(diff.first->seed == 7u);
  BOOST_TEST(diff.first->hash_b.substr(0, 4) == "beef");
  BOOST_REQUIRE_EQUAL(diff.verdicts.size(), 1u);
  BOOST_TEST(diff.verdicts[0].verdict_b == "fail");
  for (const auto& m : diff.metrics) {
    BOOST_TEST(m.same == (m.name != "commit_latency.p99"), m.name);
    if (m.same) continue;
    BOOST_TEST(m.ratio.samples == 20u);
    BOOST_TEST(m.ratio.value == 1.0);
    BOOST_TEST(m.ratio.mean == 1.05, boost::test_tools::tolerance(1e-9));
  }
}

BOOST_AUTO_TEST_CASE(the_same_scenario_never_parts) {
  const auto a = loaded(kScenario), b = loaded(kScenario);
  const auto same = first_difference(a, b, kGoOn);
  BOOST_TEST(!same.first);
  BOOST_TEST(same.events > 5'000u);
  BOOST_TEST(same.hash_a == same.hash_b);
  BOOST_TEST(same.hash_a == run(a, RunOptions{.seed = 3}).trace_hash);
}

// What comes before the change is the same; the first event that is not is the change itself.
BOOST_AUTO_TEST_CASE(the_first_event_that_differs) {
  const auto a = loaded(kScenario);
  const auto later = first_difference(a, loaded(kScenario, "at: 3s", "at: 3500ms"), kGoOn);
  BOOST_REQUIRE(later.first);
  BOOST_TEST(later.first->number > 4'096u);
  BOOST_TEST(seconds(later.first->a->at) == 3.0);
  BOOST_TEST(later.first->a->text == "fault 0 begins");
  BOOST_TEST(seconds(later.first->b->at) >= 3.0);

  const auto other = first_difference(a, loaded(kScenario, "crash: r2", "crash: r3"), kGoOn);
  BOOST_REQUIRE(other.first);
  BOOST_TEST(other.first->number == later.first->number + 1);
  BOOST_TEST(other.first->a->text == "r2 crashed");
  BOOST_TEST(other.first->b->text == "r3 crashed");

  const auto shorter =
      first_difference(a, loaded(kScenario, "duration: 5s", "duration: 4500ms"), kGoOn);
  BOOST_REQUIRE(shorter.first);
  BOOST_TEST(!shorter.first->b);
  BOOST_TEST(seconds(shorter.first->a->at) >= 4.5);

  const auto slower = first_difference(a, loaded(kScenario, "mean: 20ms", "mean: 21ms"), kGoOn);
  BOOST_REQUIRE(slower.first);
  BOOST_TEST(slower.first->number < 100u);
  BOOST_TEST(slower.first->a->text.starts_with("deliver "), slower.first->a->text);
}

BOOST_AUTO_TEST_CASE(it_can_be_interrupted) {
  const std::atomic<bool> stop{true};
  const auto result = first_difference(loaded(kScenario), loaded(kScenario), stop);
  BOOST_TEST(result.interrupted);
  BOOST_TEST(!result.first);
}

BOOST_AUTO_TEST_SUITE_END()
