// The built-in page beside a run.
#pragma once

#include <functional>

#include "cli/run_one.h"

namespace byzlab {

/// run_one() with its page open on 127.0.0.1, until the user ends it; `done` is called as soon as
/// the run is over. None, and a word on stderr, when the port can't be had. Throws what run_one()
/// throws.
std::optional<RunOutcome> run_on_page(const Prepared& prepared, std::uint64_t seed,
                                      const RunArguments& arguments, RunOneOptions options,
                                      const std::function<void(const RunOutcome&)>& done);

}  // namespace byzlab
