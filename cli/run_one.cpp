// One run and its results folder.
#include "cli/run_one.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

#include "base/quantity.h"
#include "cli/appearance.h"
#include "cli/crash.h"
#include "cli/interrupt.h"
#include "cli/live_session.h"
#include "cli/pieces.h"
#include "cli/progress.h"
#include "observe/message_index.h"
#include "observe/message_trace.h"
#include "observe/metrics_exposer.h"
#include "observe/network_series.h"
#include "observe/numbers.h"
#include "observe/recording.h"
#include "observe/run_results.h"
#include "observe/summary.h"
#include "observe/violation_windows.h"
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

/// What is kept of a run beside its report.
struct Observed {
  EventLog events;
  Recording recording;
  NetworkSeries network;
  std::optional<MessageTrace> trace;
  std::optional<MessageIndexWriter> index;
  std::shared_ptr<MetricsCollector> metrics;  // a live page may still look at the last one's

  /// --trace full: in a form for programs, and in one for the page. A run over TCP can't be run
  /// again to see its messages: the first of them are kept for the page anyway.
  void keep_messages(const fs::path& folder, const RunArguments& arguments) {
    constexpr std::uint64_t kUnasked = 2'000'000;  // some 30 MB
    const bool full = arguments.trace == TraceLevel::full;
    const bool once = arguments.world == World::tcp && arguments.trace != TraceLevel::none;
    if (!full && !once) return;
    fs::create_directories(folder / "trace");
    if (full) trace.emplace(folder / "trace" / "messages.jsonl");
    index.emplace(folder / "trace" / "messages.bin", recording,
                  full ? MessageIndexWriter::kMostRows : kUnasked);
  }
  bool messages_failed() const { return (trace && trace->failed()) || (index && index->failed()); }
};

/// What this process holds of the machine's memory.
std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t all = 0, resident = 0;
  statm >> all >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

/// Whether real time or memory is used up; what was held before the run is not its.
std::function<std::string()> limit_of(const RunLimits& limits) {
  const std::uint64_t most = limits.memory != 0 ? limits.memory : default_memory(1);
  const auto begin = std::chrono::steady_clock::now();
  return [=]() -> std::string {
    if (std::chrono::steady_clock::now() - begin > limits.wall) {
      return "after " + duration_text(std::chrono::duration_cast<Duration>(limits.wall)) +
             " of real time, its limit (--max-wall)";
    }
    if (most != 0 && resident_bytes() > most) {
      return fmt::format("with {} MB of memory, its limit (--max-memory)", most / 1'000'000);
    }
    return {};
  };
}

Report watched_run(const scenario::Scenario& scenario, std::uint64_t seed,
                   const RunArguments& arguments, const RunOneOptions& options, Observed& seen) {
  std::vector<RunObserver*> observers{&seen.events};
  if (options.write_results) {
    observers.push_back(&seen.recording);
    observers.push_back(&seen.network);
  }
  if (options.write_results || options.exposer != nullptr) {
    seen.metrics =
        std::make_shared<MetricsCollector>(metrics_options(arguments, scenario.name, seed));
    observers.push_back(seen.metrics.get());
    if (options.exposer != nullptr) options.exposer->show(seen.metrics);
  }
  if (seen.trace) observers.push_back(&*seen.trace);
  if (seen.index) observers.push_back(&*seen.index);
  RunProgress progress(decided(arguments.progress, arguments.quiet), scenario.name,
                       scenario.duration, arguments.look.ascii);
  observers.push_back(&progress);
  RunOptions how{.world = arguments.world,
                 .seed = seed,
                 .interrupt = &interrupted(),
                 .limit = limit_of(arguments.limits),
                 .max_events = arguments.limits.events};
  if (options.live != nullptr) {
    options.live->begin(scenario, seed, seen.metrics);
    observers.push_back(&options.live->feed);
    how.driver = options.live;
  }
  return run(scenario, how, observers);
}

/// violations/windows.json; it takes a second run, to see the messages of the first.
std::string violation_windows_of(const Report& report, const Observed& seen,
                                 const scenario::Scenario& scenario, const RunArguments& arguments,
                                 const fs::path& folder) {
  constexpr std::uint64_t kMostEvents = 5'000'000;  // some seconds
  const auto keep = folder / "trace" / "messages.bin";
  if (arguments.trace == TraceLevel::none || !has_conflict(report)) return "";
  if (seen.index) return violation_windows(report, seen.recording, MessageIndex(keep));
  if (arguments.world == World::tcp || report.interrupted || report.events > kMostEvents) return "";
  const auto file = folder / "messages.bin";
  Recording recording;
  MessageIndexWriter writer(file, recording);
  RunObserver* const observers[] = {&recording, &writer};
  const auto again = run(scenario, RunOptions{.seed = report.seed}, observers);
  std::string windows;
  if (again.trace_hash == report.trace_hash && !writer.failed()) {
    windows = violation_windows(report, seen.recording, MessageIndex(file));
  }
  fs::remove(file);
  return windows;
}

}  // namespace

RunOutcome run_one(const Prepared& prepared, std::uint64_t seed, const RunArguments& arguments,
                   const RunOneOptions& options) {
  std::optional<ResultsFolder> folder;
  if (options.write_results) folder.emplace(arguments.out);
  auto scenario = prepared.at_seed(seed, options.seeds);
  crash_note(again_command(prepared, seed, seed, arguments));

  RunOutcome outcome;
  std::optional<Observed> seen;
  for (;;) {
    seen.emplace();
    if (folder) seen->keep_messages(folder->unfinished(), arguments);
    outcome.report = watched_run(scenario, seed, arguments, options, *seen);
    if (options.live == nullptr) break;
    auto instead = options.live->instead();
    if (!instead) break;
    scenario = std::move(*instead);
  }
  crash_note("");
  if (seen->messages_failed())
    throw ResultsError("cannot write the messages of the run: the disk is full or gone");

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
    write_run(*folder, outcome.report, seen->events,
              RunInputs{.scenario_yaml = prepared.text(),
                        .lock_yaml = scenario::lock_text(scenario),
                        .console = run_text(outcome.report, pointers, plain),
                        .recording = seen->recording.json(),
                        .network = seen->network.json(),
                        .violations = violation_windows_of(outcome.report, *seen, scenario,
                                                           arguments, folder->unfinished()),
                        .metrics = seen->metrics.get()},
              place.filename().string());
    folder->finish(place,
                   index_line(outcome.report, place.lexically_relative(arguments.out).string(),
                              time_of_day()));
    outcome.folder = place;
  }
  outcome.text = run_text(outcome.report, pointers, look);
  outcome.events = seen->events.lines();
  return outcome;
}

MetricsOptions metrics_options(const RunArguments& arguments, const std::string& name,
                               std::uint64_t seed) {
  std::string pace = arguments.pace ? fmt::format("{}x", *arguments.pace) : "max";
  if (arguments.world == World::tcp) pace = "1x";
  return {.run = fmt::format("{}/s{}", name, seed),
          .pace = std::move(pace),
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

std::string sweep_command(const std::string& file, const std::vector<scenario::VariedKey>& vary,
                          scenario::Runs seeds, const RunArguments& arguments) {
  std::string text =
      fmt::format("byzlab sweep {} --seeds {}..{}", quoted_word(file), seeds.first, seeds.last);
  for (const auto& key : vary) {
    std::string values;
    for (const auto& value : key.values) values += (values.empty() ? "" : ",") + value;
    text += " --vary " + quoted_word(key.key + "=" + values);
  }
  for (const auto& set : arguments.sets) text += " --set " + quoted_word(set);
  return text;
}

}  // namespace byzlab
