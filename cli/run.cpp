// byzlab run: scenario files → load → run → report → exit code and results folder.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <random>

#include "cli/appearance.h"
#include "cli/commands.h"
#include "cli/find_scenarios.h"
#include "cli/interrupt.h"
#include "cli/log.h"
#include "cli/run_one.h"
#include "cli/sweep_work.h"
#include "cli/verify.h"
#include "cli/view.h"
#include "observe/formats.h"
#include "observe/metrics_exposer.h"
#include "observe/results_folder.h"
#include "observe/style.h"
#include "observe/summary.h"

namespace byzlab {
namespace {

/// One file of the command line.
struct Job {
  Prepared prepared;
  scenario::Runs seeds;
};

/// Short enough to read aloud.
std::uint64_t drawn_seed() { return std::random_device{}() % 1'000'000 + 1; }

scenario::Runs seeds_of(const scenario::Scenario& scenario, const RunArguments& arguments) {
  if (arguments.seeds) return *arguments.seeds;
  if (arguments.seed) return {.first = *arguments.seed, .last = *arguments.seed};
  if (scenario.runs) return *scenario.runs;
  const auto seed = scenario.seed ? *scenario.seed : drawn_seed();
  return {.first = seed, .last = seed};
}

/// All files, or nothing: an error in one of them keeps the others from running.
std::variant<std::vector<Job>, Exit> load(const RunArguments& arguments) {
  const auto found = find_scenarios(arguments.scenarios);
  for (const auto& error : found.errors) log_error(error);
  if (!found.errors.empty()) return Exit::usage;
  const PrepareOptions how{.sets = arguments.sets,
                           .seed = arguments.seed,
                           .strict = arguments.strict,
                           .format = arguments.format};
  std::vector<Job> jobs;
  bool bad = false;
  for (const auto& file : found.files) {
    auto prepared = prepare_file(file, how);
    if (!prepared) {
      bad = true;
      continue;
    }
    const auto seeds = seeds_of(prepared->first(), arguments);
    if (!are_all_right(*prepared, seeds, arguments.format)) {
      bad = true;
      continue;
    }
    log_debug(fmt::format("{}: seeds {}..{}", file.string(), seeds.first, seeds.last));
    jobs.push_back(Job{std::move(*prepared), seeds});
  }
  if (bad) return Exit::bad_scenario;
  return jobs;
}

/// What stdout gets in the end when it is not text.
class Documents {
 public:
  explicit Documents(Format format) : format_(format) {}

  void add(const Report& report, const std::string& json) {
    if (format_ == Format::json) json_.push_back(json);
    if (format_ == Format::junit) reports_.push_back(report);
    if (format_ == Format::github) std::fputs(github_annotations(report).c_str(), stdout);
  }

  void print() const {
    if (format_ == Format::junit) std::fputs(junit_xml(reports_).c_str(), stdout);
    if (format_ != Format::json) return;
    if (json_.size() == 1) {
      std::fputs(json_.front().c_str(), stdout);
      return;
    }
    std::string all = "[\n";
    for (std::size_t i = 0; i < json_.size(); ++i) {
      all += json_[i];
      if (i + 1 < json_.size()) all.back() = ',', all += '\n';
    }
    std::fputs((all + "]\n").c_str(), stdout);
  }

 private:
  Format format_;
  std::vector<std::string> json_;
  std::vector<Report> reports_;
};

Exit run_job(const Job& job, const RunArguments& arguments, bool only, Documents& documents) {
  const bool text = arguments.format == Format::text;
  if (job.seeds.first != job.seeds.last && arguments.serve) {
    log_error("--serve shows one run: choose one of its seeds with --seed");
    return Exit::usage;
  }
  if (job.seeds.first != job.seeds.last && arguments.metrics_port) {
    log_error("--metrics-port serves one run: choose one of its seeds with --seed");
    return Exit::usage;
  }
  if (job.seeds.first != job.seeds.last) {
    const SweepPlan plan{.vary = {}, .cells = {job.prepared}, .seeds = job.seeds};
    Sweep sweep(plan, arguments);
    run_sweep(sweep, arguments);
    if (text) std::fputs(sweep.text().c_str(), stdout);
    documents.add(sweep.report(), sweep.json());
    if (sweep.exit() == Exit::internal) return Exit::internal;
    if (!arguments.verify.empty()) return verify_hash(sweep.tally().trace_hash(), arguments.verify);
    return sweep.exit();
  }
  std::optional<MetricsExposer> exposer;
  if (arguments.metrics_port) {
    try {
      exposer.emplace(*arguments.metrics_port);
    } catch (const std::runtime_error& e) {
      log_error(e.what());
      return Exit::usage;
    }
    log_info("metrics    " + exposer->url());
  }
  const RunOneOptions options{.write_results = arguments.verify.empty(),
                              .only_run = only,
                              .seeds = {},
                              .exposer = exposer ? &*exposer : nullptr};
  const auto print = [&](const RunOutcome& outcome) {
    if (text) std::fputs(outcome.text.c_str(), stdout);
    std::fflush(stdout);
  };
  if (arguments.serve) {
    const auto outcome = run_on_page(job.prepared, job.seeds.first, arguments, options, print);
    if (!outcome) return Exit::usage;
    documents.add(outcome->report, summary_json(outcome->report));
    return outcome->report.interrupted ? Exit::interrupted : exit_of(outcome->report.verdict);
  }
  const auto outcome = run_one(job.prepared, job.seeds.first, arguments, options);
  if (!arguments.verify.empty()) {
    return verify_run(outcome.report, outcome.events, arguments.verify, job.prepared.file());
  }
  print(outcome);
  documents.add(outcome.report, summary_json(outcome.report));
  return outcome.report.interrupted ? Exit::interrupted : exit_of(outcome.report.verdict);
}

/// One job, its failures as exit codes: a scenario that breaks the tool does not stop the others.
Exit run_guarded(const Job& job, const RunArguments& arguments, bool only, Documents& documents) {
  const auto internal = [&](const std::string& what) {
    log_error("internal error: " + what + "\n  again    " +
              again_command(job.prepared, job.seeds.first, job.seeds.last, arguments));
    return Exit::internal;
  };
  try {
    return run_job(job, arguments, only, documents);
  } catch (const ResultsError&) {
    throw;
  } catch (const std::logic_error& e) {
    return internal(e.what());
  } catch (const std::system_error& e) {
    return internal(e.what());
  } catch (const std::runtime_error& e) {  // it cannot be built: a file it names is missing
    log_error(job.prepared.file() + ": " + e.what());
    return Exit::bad_scenario;
  } catch (const std::exception& e) {
    return internal(e.what());
  }
}

}  // namespace

Exit execute(const RunArguments& arguments) {
  set_loudness(arguments.quiet     ? Loudness::quiet
               : arguments.verbose ? Loudness::verbose
                                   : Loudness::normal);
  auto loaded = load(arguments);
  if (const auto* code = std::get_if<Exit>(&loaded)) return *code;
  const auto& jobs = std::get<std::vector<Job>>(loaded);
  // Before the first event, not after an hour: can results be written at all?
  if (arguments.verify.empty()) ResultsFolder{arguments.out};

  Documents documents(arguments.format);
  Exit exit = jobs.empty() ? Exit::inconclusive : Exit::ok;
  std::size_t done = 0;
  std::string others;  // what did not pass
  for (const auto& job : jobs) {
    if (done > 0 && arguments.format == Format::text && !arguments.quiet) std::fputs("\n", stdout);
    const auto code = run_guarded(job, arguments, jobs.size() == 1, documents);
    std::fflush(stdout);
    ++done;
    if (code != Exit::ok)
      others +=
          fmt::format("  {} {}\n", code == Exit::inconclusive ? "?" : "✗", job.prepared.file());
    exit = worst(exit, code);
    if (interrupted() || code == Exit::interrupted) break;
    if (arguments.fail_fast && code == Exit::failed) break;
  }
  documents.print();
  if (jobs.size() > 1 && arguments.format == Format::text) {
    const auto bad = static_cast<std::size_t>(std::count(others.begin(), others.end(), '\n'));
    const auto text =
        fmt::format("\n{} of {} scenarios passed\n{}", done - bad, jobs.size(), others);
    std::fputs((arguments.look.ascii ? to_ascii(text) : text).c_str(), stdout);
  }
  if (std::fflush(stdout) != 0) {
    log_error("cannot write to standard output");
    return Exit::no_results;
  }
  return exit;
}

}  // namespace byzlab
