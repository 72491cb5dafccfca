// Every fault of the registry, from its row: loads from its example, is locked, explained and in
// the schema, begins and ends. A new row is tested by being there.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

#include "faults/registry.h"
#include "testbed/run.h"
#include "testbed/scenario/explain.h"
#include "testbed/scenario/load.h"
#include "testbed/scenario/lock.h"

namespace byzlab {
namespace {

namespace sc = scenario;

sc::LoadResult load(const FaultInfo& fault) {
  const std::string window = fault.span == FaultSpan::instant ? "" : ", for: 1s";
  return sc::load_text(
      "version: 1\nname: row\nduration: 4s\nseed: 1\nprotocol: { name: pbft, replicas: 4 }\n"
      "network: { latency: 10ms }\ntimeline:\n  - { at: 1s" +
          window + ", " + std::string(fault.name) + ": " + std::string(fault.example) + " }\n",
      "row.yaml", catalogue());
}

BOOST_AUTO_TEST_SUITE(fault_rows)

BOOST_AUTO_TEST_CASE(a_row_loads_from_its_example_and_from_its_lock) {
  for (const FaultInfo& fault : all_faults()) {
    BOOST_TEST_CONTEXT(fault.name) {
      const auto loaded = load(fault);
      BOOST_TEST_REQUIRE(loaded.scenario.has_value(),
                         sc::to_text(loaded.diagnostics, loaded.source, {}));
      const sc::Action& action = loaded.scenario->timeline.at(0).action;
      BOOST_TEST(action.name == fault.name);
      BOOST_TEST(bool(action.meaning == fault.meaning));
      const auto again =
          sc::load_text(sc::lock_text(*loaded.scenario), "row.lock.yaml", catalogue());
      BOOST_TEST_REQUIRE(again.scenario.has_value(),
                         sc::to_text(again.diagnostics, again.source, {}));
      BOOST_TEST(bool(again.scenario->timeline == loaded.scenario->timeline));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_row_is_explained_with_all_its_options_and_in_the_schema) {
  const std::string schema = sc::json_schema(catalogue());
  for (const FaultInfo& fault : all_faults()) {
    BOOST_TEST_CONTEXT(fault.name) {
      const std::string name(fault.name);
      BOOST_TEST(schema.find("{\"required\": [\"" + name + "\"]}") != std::string::npos);
      const auto text = sc::explain("timeline." + name, catalogue());
      BOOST_TEST_REQUIRE(text.has_value());
      if (fault.options.size() < 2) continue;
      for (const OptionSpec& option : fault.options) {
        if (option.type == OptionType::sides) continue;  // the value itself
        BOOST_TEST(text->find("\n  " + std::string(option.name) + " ") != std::string::npos,
                   option.name);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_row_begins_and_ends) {
  for (const FaultInfo& fault : all_faults()) {
    BOOST_TEST_CONTEXT(fault.name) {
      const auto loaded = load(fault);
      BOOST_TEST_REQUIRE(loaded.scenario.has_value());
      const Report report = run(*loaded.scenario, RunOptions{.seed = 1}, {});
      const auto heals = std::ranges::count(report.story, "heal", &StoryLine::kind);
      BOOST_TEST(heals == (fault.span == FaultSpan::instant ? 0 : 1));
      if (fault.meaning == FaultMeaning::marks) continue;  // told, and no fault
      const FaultResult& result = report.faults.at(0);
      BOOST_TEST(result.had_effect);
      BOOST_TEST_REQUIRE(result.windows.size() == 1u);
      const FaultReach& reach = *result.windows[0].reach;
      BOOST_TEST(bool(reach.meaning == fault.meaning));
      BOOST_TEST((reach.who.size() + reach.sides.size() + reach.links.size() > 0));
    }
  }
}

// Streamlet's epochs are the clock's: while half of four are seconds ahead, nobody has a quorum.
BOOST_AUTO_TEST_CASE(a_clock_is_right_again_when_its_window_ends) {
  for (const char* how :
       {"drift: 0.9", "drift: 0.5, back: true", "jump: 4s", "skew: 4s, back: true"}) {
    const auto loaded = sc::load_text(
        "version: 1\nname: clocks\nduration: 20s\nseed: 1\n"
        "protocol: { name: streamlet, replicas: 4 }\nnetwork: { latency: 10ms }\n"
        "timeline:\n  - { label: wrong, at: 4s, for: 5s, clock: { who: [r0, r1], " +
            std::string(how) +
            " } }\nexpect:\n  - liveness: holds\n    within: 3s\n    outside: wrong\n    grace: "
            "5s\n",
        "clocks.yaml", catalogue());
    BOOST_TEST_REQUIRE(loaded.scenario.has_value(),
                       sc::to_text(loaded.diagnostics, loaded.source, {}));
    const Report report = run(*loaded.scenario, RunOptions{.seed = 1}, {});
    BOOST_TEST((report.verdict == RunVerdict::pass), how);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace byzlab
