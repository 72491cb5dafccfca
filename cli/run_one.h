// One seed of one scenario: run it, write its results folder.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/prepare.h"
#include "observe/event_log.h"
#include "observe/metrics_collector.h"
#include "observe/terminal.h"

namespace byzlab {

struct RunOutcome {
  Report report;
  std::vector<EventLog::Line> events;
  std::optional<std::filesystem::path> folder;  ///< none when no results were to be written
  std::string text;                             ///< for the terminal
};

class LiveSession;
class MetricsExposer;

struct RunOneOptions {
  bool write_results = true;
  bool only_run = false;  ///< the only run of this process: `results/latest` means it
  std::optional<scenario::Runs> seeds = std::nullopt;  ///< it is one of these
  LiveSession* live = nullptr;        ///< shows it and may change it while it goes on
  MetricsExposer* exposer = nullptr;  ///< shows its metrics
};

/// Throws ResultsError, or what run() throws.
RunOutcome run_one(const Prepared& prepared, std::uint64_t seed, const RunArguments& arguments,
                   const RunOneOptions& options);

/// What the command line says of metrics; `run` is "NAME/s42" until the run has a folder.
MetricsOptions metrics_options(const RunArguments& arguments, const std::string& name,
                               std::uint64_t seed);

/// "byzlab run FILE --seed 577 --set …", or with --seeds: repeats them.
std::string again_command(const Prepared& prepared, std::uint64_t first_seed,
                          std::uint64_t last_seed, const RunArguments& arguments);

/// "byzlab sweep FILE --seeds 1..100 --vary network.loss=0%,1%": repeats a sweep.
std::string sweep_command(const std::string& file, const std::vector<scenario::VariedKey>& vary,
                          scenario::Runs seeds, const RunArguments& arguments);

}  // namespace byzlab
