// The crash handler. Only async-signal-safe calls: the process is broken when it runs.
#include "cli/crash.h"

#include <execinfo.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>

#include "base/version.h"
#include "cli/exit_codes.h"

namespace byzlab {
namespace {

thread_local std::array<char, 1024> what_to_repeat{};
bool silent = false;
std::array<char, 1024> silent_report{};
/// A run that recurses without an end has no stack left for the handler.
std::array<char, 65536> handlers_stack{};

void put(int file, const char* text) {
  [[maybe_unused]] const auto ignored = ::write(file, text, std::strlen(text));
}

const char* name_of(int signal) {
  switch (signal) {
    case SIGSEGV: return "segmentation fault";
    case SIGBUS: return "bus error";
    case SIGFPE: return "arithmetic error";
    case SIGILL: return "illegal instruction";
    case SIGABRT: return "abort (a broken invariant)";
    default: return "signal";
  }
}

void describe(int file, int signal) {
  put(file, "byzlab: internal error: ");
  put(file, name_of(signal));
  put(file, ", version ");
  put(file, version());
  put(file, "\n");
  if (what_to_repeat[0] != '\0') {
    put(file, "  again    ");
    put(file, what_to_repeat.data());
    put(file, "\n");
  }
}

void append_report(const char* path, int signal, int flags) {
  const int file = ::open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
  if (file < 0) return;
  describe(file, signal);
  void* frames[64];
  ::backtrace_symbols_fd(frames, ::backtrace(frames, 64), file);
  ::close(file);
}

void on_crash(int signal) {
  if (silent) {
    if (silent_report[0] != '\0') append_report(silent_report.data(), signal, O_APPEND);
    ::_exit(128 + signal);
  }
  describe(STDERR_FILENO, signal);
  constexpr const char* path = "byzlab-crash.txt";
  append_report(path, signal, O_TRUNC);
  if (::access(path, W_OK) == 0) put(STDERR_FILENO, "  report   byzlab-crash.txt\n");
  ::_exit(static_cast<int>(Exit::internal));
}

}  // namespace

void install_crash_report() {
  void* warm[1];
  ::backtrace(warm, 1);  // loads what it needs while that is still allowed
  stack_t stack{};
  stack.ss_sp = handlers_stack.data();
  stack.ss_size = handlers_stack.size();
  ::sigaltstack(&stack, nullptr);
  struct sigaction action{};
  action.sa_handler = on_crash;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_ONSTACK);
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
    sigaction(signal, &action, nullptr);
}

void crash_silently(const std::filesystem::path& report) {
  silent = true;
  const auto& path = report.native();
  const auto size = std::min(path.size(), silent_report.size() - 1);
  std::copy_n(path.begin(), size, silent_report.begin());
  silent_report[size] = '\0';
  install_crash_report();
}

void crash_note(std::string_view again) {
  const auto size = std::min(again.size(), what_to_repeat.size() - 1);
  std::copy_n(again.begin(), size, what_to_repeat.begin());
  what_to_repeat[size] = '\0';
}

}  // namespace byzlab
