// byzlab sweep: one scenario over seeds and values of keys; a part of that; or the rest of one.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>

#include "cli/commands.h"
#include "cli/find_scenarios.h"
#include "cli/log.h"
#include "cli/recorded_sweep.h"
#include "cli/sweep_work.h"
#include "observe/formats.h"

namespace byzlab {
namespace {

namespace fs = std::filesystem;

/// The only scenario that is named, read with all its checks.
std::variant<SweepPlan, Exit> load(const SweepArguments& arguments) {
  const auto found = find_scenarios(arguments.run.scenarios);
  for (const auto& error : found.errors) log_error(error);
  if (!found.errors.empty()) return Exit::usage;
  if (found.files.size() != 1) {
    log_error("sweep wants one scenario; byzlab run takes several");
    return Exit::usage;
  }
  const auto& file = found.files.front();
  const auto once = prepare_file(
      file,
      {.sets = {}, .seed = {}, .strict = arguments.run.strict, .format = arguments.run.format});
  if (!once) return Exit::bad_scenario;
  auto plan = plan_sweep(once->text(), file.string(), arguments.vary, arguments.run);
  if (!plan) return Exit::bad_scenario;
  return std::move(*plan);
}

Exit sweep_all(const SweepPlan& plan, const SweepArguments& arguments) {
  Sweep sweep(plan, arguments.run);
  run_sweep(sweep, arguments.run, arguments.shard, arguments.fresh);
  switch (arguments.run.format) {
    case Format::text: std::fputs(sweep.text().c_str(), stdout); break;
    case Format::json: std::fputs(sweep.json().c_str(), stdout); break;
    case Format::junit: std::fputs(junit_xml({sweep.report()}).c_str(), stdout); break;
    case Format::github: std::fputs(github_annotations(sweep.report()).c_str(), stdout); break;
  }
  if (std::fflush(stdout) != 0) return Exit::no_results;
  return sweep.exit();
}

/// What the folder says is to be done, done where it lies.
Exit go_on(SweepArguments arguments) {
  const auto folder = fs::absolute(arguments.resume).lexically_normal();
  const auto recorded = read_plan(folder);
  if (!recorded) {
    log_error("no unfinished sweep in " + arguments.resume.string() + ": it has no plan.json");
    return Exit::usage;
  }
  auto request = read_sweep(recorded->plan);
  if (!request) {
    log_error(arguments.resume.string() + " holds no sweep of this byzlab");
    return Exit::usage;
  }
  request->apply_to(arguments.run);
  arguments.shard = recorded->shard;
  arguments.run.out = arguments.resume.lexically_normal();
  if (!arguments.run.out.has_filename()) arguments.run.out = arguments.run.out.parent_path();
  arguments.run.out = arguments.run.out.parent_path().parent_path();
  if (arguments.run.out.empty()) arguments.run.out = folder.parent_path().parent_path();
  const auto plan = plan_sweep(request->text, request->file, request->vary, arguments.run);
  if (!plan) return Exit::bad_scenario;
  const auto work = Sweep(*plan, arguments.run).work();
  if (unfinished_name(work, arguments.shard) != folder.filename()) {
    log_error(
        arguments.resume.string() +
        " was begun by another build of byzlab, or is finished: its runs can't be gone on with");
    return Exit::usage;
  }
  return sweep_all(*plan, arguments);
}

}  // namespace

Exit execute(const SweepArguments& arguments) {
  set_loudness(arguments.run.quiet     ? Loudness::quiet
               : arguments.run.verbose ? Loudness::verbose
                                       : Loudness::normal);
  if (!arguments.resume.empty()) return go_on(arguments);
  const auto loaded = load(arguments);
  if (const auto* code = std::get_if<Exit>(&loaded)) return *code;
  return sweep_all(std::get<SweepPlan>(loaded), arguments);
}

}  // namespace byzlab
