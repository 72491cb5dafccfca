#include "observe/metrics_values.h"

#include <prometheus/metric_family.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "consensus/registry.h"
#include "observe/metrics_collector.h"
#include "testbed/run.h"
#include "testbed/scenario/load.h"

namespace byzlab {
namespace {

// Not: run, protocol, replica, scenario, seed …, fault, expectation, region_from: a scenario's
// words.
constexpr std::array<std::string_view, 9> kClosed{"accused", "kind",   "op",    "phase", "property",
                                                  "reason",  "result", "state", "type"};

using Values = std::map<std::string, std::set<std::string>>;

/// The series of a run that is over before anything happens.
void add_values_of(std::string_view engine, Values& values) {
  const auto yaml =
      "version: 1\nname: names\nduration: 10ms\nprotocol: { name: " + std::string(engine) +
      ", replicas: 4 }\nexpect:\n  - agreement: holds\n";
  const auto loaded = scenario::load_text(yaml, "names.yaml", catalogue());
  if (!loaded.scenario) throw std::logic_error("no run of " + std::string(engine));
  MetricsCollector collector({.run = "names", .detail = true, .history = 0});
  RunObserver* const observers[] = {&collector};
  run(*loaded.scenario, {}, observers);
  for (const auto& family : collector.families())
    for (const auto& series : family.metric)
      for (const auto& label : series.label)
        if (is_closed_label(label.name)) values[family.name + ' ' + label.name].insert(label.value);
}

}  // namespace

bool is_closed_label(std::string_view label) {
  return std::ranges::find(kClosed, label) != kClosed.end();
}

const Values& closed_label_values() {
  static const Values kValues = [] {
    Values values;
    for (const auto& engine : engines())
      if (engine.attacks.empty()) add_values_of(engine.name, values);
    return values;
  }();
  return kValues;
}

}  // namespace byzlab
