// One run and its results folder.
#include "cli/run_one.h"

#include <fmt/format.h>

#include "cli/appearance.h"
#include "cli/crash.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "observe/message_trace.h"
#include "observe/numbers.h"
#include "observe/recording.h"
#include "observe/run_results.h"
#include "observe/summary.h"
#include "testbed/scenario/lock.h"

namespace byzlab {
namespace {

namespace fs = std::filesystem;

/// Where to go on from here; `run` is how the folder is called.
std::vector<Pointer> pointers_of(const Report& report, const fs::path& folder,
                                 const std::string& run) {
  std::vector<Pointer> pointers;
  pointers.push_back(
      {"results", folder.string() + (run == folder.string() ? "" : "   (" + run + ")")});
  for (const auto& line : report.story) {
    if (!line.violation) continue;
    pointers.push_back(
        {"look", fmt::format("byzlab replay {} --until {:.3f}s", run, seconds(line.at))});
    break;
  }
  const std::string tcp = report.transport == "tcp" ? " --transport tcp" : "";
  pointers.push_back({"again", fmt::format("byzlab run {}/scenario.lock.yaml{}", run, tcp)});
  return pointers;
}

std::string quoted_word(const std::string& word) {
  if (word.find_first_of(" \t\"'$&|;<>()*?[]{}\\`!#~") == std::string::npos) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

RunOutcome run_one(const Prepared& prepared, std::uint64_t seed, const RunArguments& arguments,
                   const RunOneOptions& options) {
  std::optional<ResultsFolder> folder;
  if (options.write_results) folder.emplace(arguments.out);
  const auto scenario = prepared.at_seed(seed, options.seeds);
  crash_note(again_command(prepared, seed, seed, arguments));

  EventLog events;
  Recording recording;
  std::optional<MessageTrace> trace;
  std::vector<RunObserver*> observers{&events};
  if (folder) observers.push_back(&recording);
  std::optional<MetricsCollector> metrics;
  if (folder)
    observers.push_back(&metrics.emplace(metrics_options(arguments, scenario.name, seed)));
  if (folder && arguments.trace == TraceLevel::full) {
    fs::create_directories(folder->unfinished() / "trace");
    observers.push_back(&trace.emplace(folder->unfinished() / "trace" / "messages.jsonl"));
  }
  RunOutcome outcome;
  {
    RunProgress progress(decided(arguments.progress, arguments.quiet), scenario.name,
                         scenario.duration, arguments.look.ascii);
    observers.push_back(&progress);
    outcome.report = run(
        scenario, RunOptions{.world = arguments.world, .seed = seed, .interrupt = &interrupted()},
        observers);
  }
  crash_note("");
  if (trace && trace->failed())
    throw ResultsError("cannot write trace/messages.jsonl: the disk is full or gone");

  const TextOptions look{.style = style_for_stdout(arguments.look),
                         .whole_story = arguments.verbose,
                         .verdict_only = arguments.quiet};
  std::vector<Pointer> pointers;
  if (folder) {
    const auto id = run_id(outcome.report, time_of_day());
    const auto place = folder->place(outcome.report.name, id);
    const auto latest = (arguments.out / "latest").string();
    pointers = pointers_of(outcome.report, place, options.only_run ? latest : place.string());
    const TextOptions plain{.style = {}, .whole_story = arguments.verbose, .verdict_only = false};
    write_run(*folder, outcome.report, events,
              RunInputs{.scenario_yaml = prepared.text(),
                        .lock_yaml = scenario::lock_text(scenario),
                        .console = run_text(outcome.report, pointers, plain),
                        .recording = recording.json(),
                        .metrics = &*metrics},
              place.filename().string());
    folder->finish(place,
                   index_line(outcome.report, place.lexically_relative(arguments.out).string(),
                              time_of_day()));
    outcome.folder = place;
  }
  outcome.text = run_text(outcome.report, pointers, look);
  outcome.events = events.lines();
  return outcome;
}

MetricsOptions metrics_options(const RunArguments& arguments, const std::string& name,
                               std::uint64_t seed) {
  return {.run = fmt::format("{}/s{}", name, seed),
          .detail = arguments.metrics_detail,
          .cometbft = arguments.metrics_compat == "cometbft"};
}

std::string again_command(const Prepared& prepared, std::uint64_t first_seed,
                          std::uint64_t last_seed, const RunArguments& arguments) {
  std::string text = "byzlab run " + quoted_word(prepared.file());
  text += first_seed == last_seed ? fmt::format(" --seed {}", first_seed)
                                  : fmt::format(" --seeds {}..{}", first_seed, last_seed);
  for (const auto& set : prepared.sets()) text += " --set " + quoted_word(set);
  if (arguments.world == World::tcp) text += " --transport tcp";
  return text;
}

}  // namespace byzlab
