// Many seeds: worker threads run whole runs, this thread counts them in the order of the seeds, so
// that what is printed does not depend on which came first.
#include "cli/run_many.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include "cli/appearance.h"
#include "cli/crash.h"
#include "cli/interrupt.h"
#include "cli/log.h"
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

/// Hands out seeds in order and gives results back in order. Workers stay at most a few hundred
/// seeds ahead, so that memory has a bound.
class Workers {
 public:
  Workers(const Prepared& prepared, scenario::Runs seeds, const RunArguments& arguments,
          unsigned jobs)
      : prepared_(&prepared),
        arguments_(&arguments),
        seeds_(seeds),
        next_(seeds.first),
        last_(seeds.last) {
    for (unsigned i = 0; i < jobs; ++i) threads_.emplace_back([this] { work(); });
  }
  ~Workers() {
    stop();
    for (auto& thread : threads_) thread.join();
  }

  /// The result of the next seed in order; none when there are no more. Calls `idle` while it
  /// waits.
  template <class Idle>
  std::optional<SeedResult> take(const Idle& idle) {
    std::unique_lock lock(mutex_);
    while (true) {
      if (!slots_.empty() && slots_.front()->done) {
        SeedResult result = std::move(slots_.front()->result);
        slots_.pop_front();
        changed_.notify_all();
        return result;
      }
      if (slots_.empty() && (stopped_ || next_ > last_ || exhausted_)) return std::nullopt;
      changed_.wait_for(lock, std::chrono::milliseconds{200});
      lock.unlock();
      idle();
      lock.lock();
    }
  }

  void stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }

 private:
  struct Slot {
    std::uint64_t seed = 0;
    bool done = false;
    SeedResult result;
  };
  static constexpr std::size_t kAhead = 256;

  void work() {
    while (true) {
      Slot* slot = nullptr;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopped_ || exhausted_ || slots_.size() < kAhead; });
        if (stopped_ || exhausted_ || interrupted()) break;
        slots_.push_back(std::make_unique<Slot>());
        slot = slots_.back().get();
        slot->seed = next_;
        if (next_ == last_) {
          exhausted_ = true;
        } else {
          ++next_;
        }
      }
      auto result = run_seed(slot->seed);
      const std::lock_guard lock(mutex_);
      slot->result = std::move(result);
      slot->done = true;
      changed_.notify_all();
    }
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }

  SeedResult run_seed(std::uint64_t seed) const {
    crash_note(again_command(*prepared_, seed, seed, *arguments_));
    try {
      const auto scenario = prepared_->at_seed(seed, seeds_);
      SeedResult result;
      result.report = run(scenario, RunOptions{.world = arguments_->world,
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

  const Prepared* prepared_;
  const RunArguments* arguments_;
  scenario::Runs seeds_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Slot>> slots_;  // in order of the seeds
  std::uint64_t next_, last_;
  bool exhausted_ = false, stopped_ = false;
  std::vector<std::thread> threads_;
};

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

unsigned jobs_for(const RunArguments& arguments, scenario::Runs seeds) {
  const auto cores = std::max(1u, std::thread::hardware_concurrency());
  const auto wanted = arguments.jobs > 0 ? arguments.jobs : cores;
  const auto count = seeds.last - seeds.first;  // one less than the runs: cannot overflow
  return count < wanted ? static_cast<unsigned>(count) + 1 : wanted;
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
                           .jobs = jobs_for(arguments, seeds)};
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
    Workers workers(prepared, seeds, arguments, outcome.info.jobs);
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
