// Many seeds of one scenario, side by side, counted in the order of the seeds.
#pragma once

#include <string>

#include "cli/arguments.h"
#include "cli/prepare.h"
#include "observe/tally.h"

namespace byzlab {

struct ManyOutcome {
  Tally tally;
  SweepInfo info;
  std::string text;
  bool broken = false;  ///< a run threw: an internal error was printed with its seed
};

/// Throws ResultsError.
ManyOutcome run_many(const Prepared& prepared, scenario::Runs seeds, const RunArguments& arguments);

/// The tally as if it were one run, for JUnit and GitHub.
Report report_of(const ManyOutcome& outcome);

}  // namespace byzlab
