// Many seeds: worker threads run whole runs, this thread counts them in the order of the seeds.
#include "cli/run_many.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>

#include "cli/appearance.h"
#include "cli/crash.h"
#include "cli/interrupt.h"
#include "cli/log.h"
#include "cli/ordered_work.h"
#include "cli/progress.h"
#include "cli/run_one.h"
#include "observe/numbers.h"
#include "observe/results_folder.h"
#include "observe/summary.h"
#include "observe/terminal.h"

namespace byzlab {
namespace {

/// Folders are kept of this many failing seeds; the others have their command line.
constexpr std::uint64_t kFoldersOfFailures = 10;
/// Lines about seeds that are shown; runs.jsonl has them all.
constexpr std::uint64_t kLinesOfFailures = 20;

/// What a seed came to: a report, or why there is none.
struct SeedResult {
  std::optional<Report> report;
  std::string error;
};

SeedResult run_seed(const Prepared& prepared, std::uint64_t seed, scenario::Runs seeds,
                    const RunArguments& arguments) {
  crash_note(again_command(prepared, seed, seed, arguments));
  try {
    const auto scenario = prepared.at_seed(seed, seeds);
    SeedResult result;
    result.report = run(scenario, RunOptions{.world = arguments.world,
                                             .seed = seed,
                                             .interrupt = &interrupted(),
                                             .series_interval = {}});
    // Kept until its turn, and never looked at.
    result.report->series = {};
    result.report->story = {};
    return result;
  } catch (const std::exception& e) {
    return {.report = std::nullopt, .error = fmt::format("seed {}: {}", seed, e.what())};
  }
}

/// "✗ seed 577   recovery: 2s after gst   4.8 s   results/…"
std::string failure_line(const Report& report, RunVerdict verdict, const Style& style,
                         const std::string& where) {
  const bool failed = verdict == RunVerdict::fail;
  std::string text = fmt::format(
      "  {} seed {:<6}", mark_of(failed ? Status::fail : Status::undecided, style), report.seed);
  for (const auto& e : report.expectations) {
    const bool open = e.status == Status::undecided || e.status == Status::vacuous;
    if (failed ? e.status != Status::fail : !open) continue;
    text += "  " + e.text + (e.detail.empty() ? "" : "   " + e.detail);
    break;
  }
  if (!where.empty()) text += "   (" + where + ")";
  return (style.ascii ? to_ascii(text) : text) + "\n";
}

void write_sweep(const Prepared& prepared, ManyOutcome& outcome, const RunArguments& arguments,
                 ResultsFolder& folder, const std::string& runs, const std::string& failures,
                 const std::string& header) {
  const auto& info = outcome.info;
  const auto id = fmt::format("{}-s{}..{}", time_of_day(), info.first_seed, info.last_seed);
  const auto place = folder.place(info.name, id);
  const auto& failed = outcome.tally.failed_seeds();
  const auto again = failed.empty()
                         ? again_command(prepared, info.first_seed, info.last_seed, arguments)
                         : again_command(prepared, failed.front(), failed.front(), arguments);
  const std::vector<Pointer> pointers{{"results", place.string()}, {"again", again}};
  const TextOptions plain{};
  folder.write("summary.json", tally_json(outcome.tally, info));
  folder.write("scenario.yaml", prepared.text());
  folder.write("runs.jsonl", runs);
  folder.write("console.txt", header + failures + tally_text(outcome.tally, info, {}) +
                                  pointers_text(pointers, plain));
  Report line = report_of(outcome);
  folder.finish(place,
                index_line(line, place.lexically_relative(folder.root()).string(), time_of_day()));
  const TextOptions look{.style = style_for_stdout(arguments.look)};
  outcome.text += pointers_text(pointers, look);
}

}  // namespace

ManyOutcome run_many(const Prepared& prepared, scenario::Runs seeds,
                     const RunArguments& arguments) {
  const auto start = std::chrono::steady_clock::now();
  const auto style = style_for_stdout(arguments.look);
  const bool text = arguments.format == Format::text && !arguments.quiet;
  const auto& first = prepared.first();
  ManyOutcome outcome;
  outcome.info = SweepInfo{.name = first.name,
                           .file = prepared.file(),
                           .protocol = first.protocol.name,
                           .n = first.protocol.replicas,
                           .first_seed = seeds.first,
                           .last_seed = seeds.last,
                           .jobs = workers_for(arguments.jobs, seeds.last - seeds.first + 1)};
  std::optional<ResultsFolder> folder;
  if (arguments.verify.empty()) folder.emplace(arguments.out);

  const auto header = fmt::format("{}   {}  n={}   {}   seeds {}..{}\n", first.name,
                                  first.protocol.name, first.protocol.replicas,
                                  spaced_duration(first.duration), seeds.first, seeds.last);
  if (text) {
    std::fputs(header.c_str(), stdout);
    std::fflush(stdout);
  }
  std::string runs, failures;
  std::uint64_t kept = 0, told = 0;
  {
    OrderedWork<SeedResult> workers(
        seeds.last - seeds.first + 1, outcome.info.jobs,
        [&](std::uint64_t i) { return run_seed(prepared, seeds.first + i, seeds, arguments); });
    SweepProgress progress(decided(arguments.progress, arguments.quiet), first.name,
                           seeds.last - seeds.first + 1, arguments.look.ascii);
    auto& tally = outcome.tally;
    const auto show = [&] {
      progress.update(tally.runs(), tally.passed(), tally.failed(), tally.inconclusive());
    };
    while (auto result = workers.take(show)) {
      if (!result->report) {
        progress.clear();
        log_error("internal error: " + result->error);
        outcome.broken = true;
        break;
      }
      const auto& report = *result->report;
      if (report.interrupted) {
        outcome.info.interrupted = true;
        continue;  // half a run is no sample
      }
      tally.add(report);
      runs += run_line(report);
      const auto verdict = report.verdict;
      const bool failed = verdict == RunVerdict::fail;
      std::string where;
      if (folder && (arguments.keep_all || (failed && kept < kFoldersOfFailures))) {
        auto once = arguments;
        once.progress = ProgressMode::none;
        const auto again =
            run_one(prepared, report.seed, once, {.write_results = true, .seeds = seeds});
        where = again.folder->string();
        kept += failed ? 1 : 0;
      }
      if (verdict != RunVerdict::pass && ++told <= kLinesOfFailures) {
        failures += failure_line(report, verdict, {}, where);
        if (text) {
          progress.clear();
          std::fputs(failure_line(report, verdict, style, where).c_str(), stdout);
          std::fflush(stdout);
        }
      }
      show();
      if (failed && arguments.fail_fast) break;  // what others found meanwhile is left uncounted
    }
  }
  if (interrupted()) outcome.info.interrupted = true;
  outcome.info.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (told > kLinesOfFailures) {
    const auto more = fmt::format("    … {} more in runs.jsonl\n", told - kLinesOfFailures);
    failures += more;
    if (text) std::fputs(style.ascii ? to_ascii(more).c_str() : more.c_str(), stdout);
  }
  outcome.text = (failures.empty() ? "" : "\n") + tally_text(outcome.tally, outcome.info, style);
  if (folder) write_sweep(prepared, outcome, arguments, *folder, runs, failures, header);
  if (arguments.quiet) {
    const auto line = first.name + "  " + tally_verdict(outcome.tally, outcome.info, style) + "\n";
    outcome.text = style.ascii ? to_ascii(line) : line;
  }
  return outcome;
}

Report report_of(const ManyOutcome& outcome) {
  Report report;
  report.name = outcome.info.name;
  report.file = outcome.info.file;
  report.verdict = verdict_of(outcome.tally, outcome.info);
  report.seed = outcome.info.first_seed;
  report.trace_hash = outcome.tally.trace_hash();
  report.protocol = outcome.info.protocol;
  report.n = outcome.info.n;
  report.wall_seconds = outcome.info.wall_seconds;
  report.events = outcome.tally.events();
  report.interrupted = outcome.info.interrupted;
  if (outcome.tally.failed() > 0)
    report.reason =
        fmt::format("{} of {} seeds failed", outcome.tally.failed(), outcome.tally.runs());
  else if (outcome.info.interrupted)
    report.reason = "interrupted";
  const auto add = [&](const std::string& id, const std::string& text, Status status,
                       std::string detail) {
    auto& e = report.expectations.emplace_back();
    e.id = id;
    e.text = text;
    e.status = status;
    e.detail = std::move(detail);
  };
  for (const auto& r : outcome.tally.rated())
    add(r.id, r.text, r.status(), fmt::format("{} of {} seeds", r.successes, r.trials));
  for (const auto& c : outcome.tally.counted())
    add(c.id, c.text, c.status(),
        fmt::format("failed in {} of {} seeds", c.failed, c.passed + c.failed + c.undecided));
  return report;
}

}  // namespace byzlab
