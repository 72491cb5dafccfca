// Terminal detection. https://no-color.org: any value but the empty one turns colour off.
#include "cli/appearance.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace byzlab {

Style style_for_stdout(const Appearance& look) {
  const auto set = [](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
  };
  const char* term = std::getenv("TERM");
  const bool dumb = term != nullptr && std::string_view(term) == "dumb";
  return {.colour = ::isatty(STDOUT_FILENO) == 1 && !look.no_color && !set("NO_COLOR") && !dumb,
          .ascii = look.ascii};
}

bool stderr_is_terminal() { return ::isatty(STDERR_FILENO) == 1; }

std::size_t terminal_columns() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace byzlab
