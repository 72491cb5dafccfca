// When byzlab itself breaks: a line that says which run broke it and how to repeat that, a report
// file with the call stack, exit code 70.
#pragma once

#include <string_view>

namespace byzlab {

/// Catches SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT.
void install_crash_report();

/// Says what this thread is running: `again` is the command line that repeats it.
void crash_note(std::string_view again);

}  // namespace byzlab
