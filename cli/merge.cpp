// byzlab merge: shards that were run anywhere become what one machine would have made.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "cli/commands.h"
#include "cli/comparison_work.h"
#include "cli/log.h"
#include "cli/recorded_sweep.h"
#include "cli/sweep_work.h"

namespace byzlab {
namespace {

namespace fs = std::filesystem;

/// Folders with a plan.json as they are; of others, those with one up to three levels below.
std::vector<fs::path> with_plans(const std::vector<fs::path>& folders) {
  std::vector<fs::path> found;
  for (const auto& folder : folders) {
    if (fs::exists(folder / "plan.json")) {
      found.push_back(folder);
      continue;
    }
    const auto before = found.size();
    std::error_code error;
    fs::recursive_directory_iterator at(folder, error), end;
    if (error) throw ResultsError("cannot read " + folder.string() + ": " + error.message());
    for (; at != end; ++at) {
      if (at.depth() >= 3) at.disable_recursion_pending();
      if (at->path().filename() == "plan.json") found.push_back(at->path().parent_path());
    }
    if (found.size() == before)
      throw ResultsError("no results of shards in " + folder.string() + ": no plan.json");
    std::sort(found.begin() + static_cast<std::ptrdiff_t>(before), found.end());
  }
  return found;
}

Exit merge_sweep(const RecordedSweep& recorded, const std::vector<fs::path>& folders,
                 const MergeArguments& arguments) {
  RunArguments run;
  recorded.apply_to(run);
  run.out = arguments.out;
  run.look = arguments.look;
  run.quiet = arguments.quiet;
  const auto plan = plan_sweep(recorded.text, recorded.file, recorded.vary, run);
  if (!plan) return Exit::bad_scenario;
  Sweep sweep(*plan, run);
  sweep.finish(merge_pieces(sweep.work(), folders, arguments.out));
  if (arguments.format == "json")
    std::fputs(sweep.json().c_str(), stdout);
  else
    std::fputs((arguments.quiet ? sweep.text() : sweep.headline() + sweep.text()).c_str(), stdout);
  return std::fflush(stdout) == 0 ? sweep.exit() : Exit::no_results;
}

Exit merge_comparison(const RecordedComparison& recorded, const std::vector<fs::path>& folders,
                      const MergeArguments& arguments) {
  CompareArguments compare = recorded.arguments;
  compare.format = arguments.format;
  compare.quiet = arguments.quiet;
  compare.look = arguments.look;
  const auto plan = plan_comparison(recorded.text, compare.file, compare.vary, compare.seeds,
                                    &recorded.base_text);
  if (!plan) return Exit::bad_scenario;
  Comparing comparing(*plan, compare);
  comparing.finish(merge_pieces(comparing.work(), folders, arguments.out));
  if (arguments.format == "text" && !arguments.quiet)
    std::fputs((comparing.table().headline() + "\n").c_str(), stdout);
  std::fputs(comparing.document().c_str(), stdout);
  return std::fflush(stdout) == 0 ? comparing.exit() : Exit::no_results;
}

}  // namespace

Exit execute(const MergeArguments& arguments) {
  set_loudness(arguments.quiet ? Loudness::quiet : Loudness::normal);
  const auto folders = with_plans(arguments.folders);
  const auto recorded = read_plan(folders.front());
  if (!recorded) {
    log_error(folders.front().string() + "/plan.json cannot be read");
    return Exit::usage;
  }
  if (const auto sweep = read_sweep(recorded->plan)) return merge_sweep(*sweep, folders, arguments);
  if (const auto comparison = read_comparison(recorded->plan))
    return merge_comparison(*comparison, folders, arguments);
  log_error(folders.front().string() + " holds nothing that can be merged");
  return Exit::usage;
}

}  // namespace byzlab
