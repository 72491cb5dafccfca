// SIGINT and SIGTERM set a flag.
#include "cli/interrupt.h"

#include <csignal>

namespace byzlab {
namespace {

std::atomic<bool> flag{false};
static_assert(std::atomic<bool>::is_always_lock_free);

}  // namespace

void install_interrupt() {
  struct sigaction action{};
  action.sa_handler = [](int) { flag.store(true); };
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // a second one ends the process
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

const std::atomic<bool>& interrupted() { return flag; }

}  // namespace byzlab
