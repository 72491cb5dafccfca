// What is wrong with a scenario file: code, position, words; and the three forms they are printed
// in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "testbed/scenario/scenario.h"

namespace byzlab::scenario {

enum class Severity : std::uint8_t { error, warning };

struct Diagnostic {
  /// A second place to underline, such as the first of two actions.
  struct Mark {
    Position at;
    std::uint32_t length = 1;
    std::string text;
  };
  Severity severity = Severity::error;
  std::string code;  // "E101"
  std::string file;
  Position at;               // line 0: the whole file
  std::uint32_t length = 1;  // of what the caret underlines, in columns
  std::string message;       // "unknown key `latencey` in `network`"
  std::string hint;          // beside the caret: "did you mean `latency`?"
  std::vector<std::string> notes;
  std::vector<Mark> marks;
};

using Diagnostics = std::vector<Diagnostic>;

bool has_errors(const Diagnostics& diagnostics);

/// For people: `file:line:col: error[CODE]: what`, source line, caret, notes; `source` is the
/// file's text and `sets` the --set arguments.
std::string to_text(const Diagnostics& diagnostics, std::string_view source,
                    const std::vector<std::string>& sets = {});
/// An array with `range` for editors (0-based lines and characters, as LSP).
std::string to_json(const Diagnostics& diagnostics);
/// GitHub annotations: `::error file=…,line=…,col=…,title=E101::…`.
std::string to_github(const Diagnostics& diagnostics);

}  // namespace byzlab::scenario
