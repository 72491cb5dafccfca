// byzlab compare: every cell of a comparison on the same seeds, and the table of them.
#include <cstdio>

#include "cli/appearance.h"
#include "cli/commands.h"
#include "cli/comparison_work.h"
#include "cli/find_scenarios.h"
#include "cli/log.h"
#include "cli/progress.h"
#include "testbed/run.h"
#include "testbed/scenario/load.h"

namespace byzlab {

Exit execute(const CompareArguments& arguments) {
  set_loudness(arguments.quiet ? Loudness::quiet : Loudness::normal);
  const auto found = find_scenarios({arguments.file});
  for (const auto& error : found.errors) log_error(error);
  if (!found.errors.empty()) return Exit::usage;
  const auto& file = found.files.front();
  // Reads the file with all its checks, whatever kind it is of.
  const auto text = scenario::load_file(file, catalogue()).source;
  const auto comparison = plan_comparison(text, file.string(), arguments.vary, arguments.seeds);
  if (!comparison) return Exit::bad_scenario;

  Comparing comparing(*comparison, arguments);
  if (arguments.format == "text" && !arguments.quiet) {
    const auto headline = comparing.table().headline() + "\n";
    std::fputs((arguments.look.ascii ? to_ascii(headline) : headline).c_str(), stdout);
    std::fflush(stdout);
  }
  const auto work = comparing.work();
  comparing.finish(run_pieces(work, {.out = arguments.out,
                                     .jobs = arguments.jobs,
                                     .limits = arguments.limits,
                                     .shard = arguments.shard,
                                     .fresh = arguments.fresh,
                                     .store = true,
                                     .progress = decided(arguments.progress, arguments.quiet),
                                     .ascii = arguments.look.ascii}));
  std::fputs(comparing.document().c_str(), stdout);
  return std::fflush(stdout) == 0 ? comparing.exit() : Exit::no_results;
}

}  // namespace byzlab
