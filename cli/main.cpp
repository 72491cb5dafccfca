// byzlab: from the command line to an exit code.
#include <exception>
#include <new>

#include "cli/commands.h"
#include "cli/crash.h"
#include "cli/interrupt.h"
#include "cli/log.h"
#include "observe/results_folder.h"

int main(int argc, char** argv) {
  using namespace byzlab;
  try {
    install_crash_report();
    install_interrupt();
    const auto parsed = parse_arguments(argc, argv);
    if (const auto* code = std::get_if<Exit>(&parsed)) return static_cast<int>(*code);
    const auto code = std::visit([](const auto& arguments) { return execute(arguments); },
                                 std::get<Command>(parsed));
    return static_cast<int>(code);
  } catch (const ResultsError& e) {
    log_error(e.what());
    return static_cast<int>(Exit::no_results);
  } catch (const std::bad_alloc&) {
    log_error("out of memory: --max-memory stops a run before, with what it has found by then");
    return static_cast<int>(Exit::inconclusive);
  } catch (const std::exception& e) {
    log_error(std::string("internal error: ") + e.what());
    return static_cast<int>(Exit::internal);
  }
}
