// One run's results folder.
#include "observe/run_results.h"

#include <fmt/format.h>

#include "base/version.h"
#include "observe/page_data.h"
#include "observe/summary.h"
#include "observe/timeseries.h"
#include "observe/web_assets.h"

namespace byzlab {

std::string run_id(const Report& report, const std::string& when) {
  return fmt::format("{}-s{}-{}", when, report.seed, to_hex(report.trace_hash).substr(0, 8));
}

void write_run(ResultsFolder& folder, const Report& report, const EventLog& events,
               const RunInputs& inputs, const std::string& id) {
  folder.write("summary.json", summary_json(report));
  folder.write("scenario.yaml", inputs.scenario_yaml);
  folder.write("scenario.lock.yaml", inputs.lock_yaml);
  folder.write("repro.sh", repro_script(report), true);
  folder.write("events.jsonl", events.text());
  folder.write("console.txt", inputs.console);
  folder.write("timeseries.csv", timeseries_csv(report));
  folder.write("story.json", story_json(report));
  if (!inputs.recording.empty()) folder.write("recording.json", inputs.recording);
  if (!inputs.network.empty()) folder.write("network.json", inputs.network);
  if (inputs.metrics != nullptr) {
    const auto run = folder_name(report.name) + "/" + id;
    folder.write(
        "metrics.prom",
        "# Of the whole run, warm-up included, and of every replica, Byzantine ones too: the "
        "figures of summary.json begin after the warm-up.\n" +
            inputs.metrics->text(run));
    folder.write("metrics.om", inputs.metrics->openmetrics(run));
  }
  if (!inputs.violations.empty()) folder.write("violations/windows.json", inputs.violations);
  for (const auto& e : report.expectations)
    if (e.bound != Bound::not_applicable)
      folder.write("violations/" + folder_name(e.id) + ".json", violation_json(report, e));
  if (web_built()) {
    folder.write("report.html", run_page(folder.unfinished(), folder_name(report.name) + "/" + id));
  }
}

std::string run_page(const std::filesystem::path& folder, const std::string& id) {
  return page_html(R"({"kind":"run","data":)" +
                   run_data_json(folder, id, largest_recording_in_a_page) + R"(,"violations":)" +
                   violations_json(folder) + "}");
}

std::string repro_script(const Report& report) {
  const auto hash = to_hex(report.trace_hash);
  // Real sockets run in real time: the same scenario, but never the same trace.
  const std::string how = report.transport == "tcp" ? "--transport tcp" : "--verify " + hash;
  return fmt::format(R"sh(#!/bin/sh
# Runs this scenario again: seed {seed}, trace {hash}, made by byzlab {version} ({compiler}).
# Exit 0: the same run, event for event. Exit 1: it differs, with the first difference.
here=$(cd "$(dirname "$0")" && pwd) || exit 74
byzlab=${{BYZLAB:-}}
if [ -z "$byzlab" ]; then byzlab=$(command -v byzlab) || byzlab=; fi
for start in "$here" "$PWD"; do
  root=$start
  while [ -z "$byzlab" ] && [ "$root" != / ]; do
    if [ -x "$root/build/release/byzlab" ]; then byzlab=$root/build/release/byzlab; fi
    if [ -z "$byzlab" ] && [ -x "$root/dev" ] && [ -d "$root/testbed" ]; then
      exec "$root/dev" run "$here/scenario.lock.yaml" {how} "$@"
    fi
    root=$(dirname "$root")
  done
done
if [ -z "$byzlab" ]; then
  echo "repro.sh: no byzlab found; set BYZLAB=/path/to/byzlab" >&2
  exit 70
fi
exec "$byzlab" run "$here/scenario.lock.yaml" {how} "$@"
)sh",
                     fmt::arg("seed", report.seed), fmt::arg("hash", hash),
                     fmt::arg("version", version()), fmt::arg("compiler", compiler()),
                     fmt::arg("how", how));
}

}  // namespace byzlab
