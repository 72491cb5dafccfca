// When byzlab itself breaks: a line that says which run broke it and how to repeat that, a report
// file with the call stack, exit code 70.
#pragma once

#include <filesystem>
#include <string_view>

namespace byzlab {

/// Catches SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT.
void install_crash_report();

/// In a worker process: a crash is appended to `report` (none when it is empty) and not told on
/// stderr; the exit code is 128 plus the signal. Whoever waits for the worker tells it.
void crash_silently(const std::filesystem::path& report);

/// Says what this thread is running: `again` is the command line that repeats it.
void crash_note(std::string_view again);

}  // namespace byzlab
