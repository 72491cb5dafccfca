// The files of one run's results folder, from its report.
#pragma once

#include <string>

#include "observe/event_log.h"
#include "observe/metrics_collector.h"
#include "observe/results_folder.h"
#include "testbed/report.h"

namespace byzlab {

/// What a report does not hold.
struct RunInputs {
  std::string scenario_yaml;                  ///< byte for byte
  std::string lock_yaml;                      ///< runnable, everything resolved
  std::string console;                        ///< what the terminal showed, without colour
  std::string recording = {};                 ///< recording.json; empty: none
  std::string network = {};                   ///< network.json; empty: none
  std::string violations = {};                ///< violations/windows.json; empty: none
  const MetricsCollector* metrics = nullptr;  ///< of this run; null: no metrics are written
};

/// "20261122-143301-s42-9f3c1a7e"
std::string run_id(const Report& report, const std::string& when);

/// Fills the unfinished folder; finish() is the caller's. Throws ResultsError.
void write_run(ResultsFolder& folder, const Report& report, const EventLog& events,
               const RunInputs& inputs, const std::string& id);

/// A page is opened by double-click and sent to colleagues: beyond this many bytes the recording
/// stays outside, and the page says so. With it a report.html stays below 10 MB.
inline constexpr std::size_t largest_recording_in_a_page = 8'000'000;

/// report.html of the run in the folder, which all other files are in already. Empty when byzlab
/// was built without its page.
std::string run_page(const std::filesystem::path& folder, const std::string& id);

/// repro.sh: finds byzlab, runs scenario.lock.yaml again and compares the trace hash.
std::string repro_script(const Report& report);

}  // namespace byzlab
