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
  std::string code = {};  // "E101"
  std::string file = {};
  Position at = {};          // line 0: the whole file
  std::uint32_t length = 1;  // of what the caret underlines, in columns
  std::string message = {};  // "unknown key `latencey` in `network`"
  std::string hint = {};     // beside the caret: "did you mean `latency`?"
  std::vector<std::string> notes = {};
  std::vector<Mark> marks = {};
};

using Diagnostics = std::vector<Diagnostic>;

/// Printed at most, a file.
inline constexpr std::size_t kMaxShown = 20;

bool has_errors(const Diagnostics& diagnostics);

/// Collects what is found in one file, in any order. One error a position is enough: the first one
/// counts.
class Findings {
 public:
  explicit Findings(std::string file) : file_(std::move(file)) {}

  /// The returned diagnostic may be completed with notes and marks, until the next call.
  Diagnostic& error(std::string code, Position at, std::uint32_t length, std::string message,
                    std::string hint = {});
  Diagnostic& warning(std::string code, Position at, std::uint32_t length, std::string message,
                      std::string hint = {});
  std::size_t errors() const { return errors_; }
  const std::string& file() const { return file_; }
  /// More are not kept: looking for them is in vain.
  bool is_full() const;

  /// By position, at most kMaxShown and a line that counts the rest; strict makes warnings errors.
  Diagnostics take(bool strict);

 private:
  Diagnostic& add(Severity severity, std::string code, Position at, std::uint32_t length,
                  std::string message, std::string hint);

  std::string file_;
  Diagnostics all_;
  Diagnostic ignored_;
  std::size_t errors_ = 0;
};

/// For people: `file:line:col: error[CODE]: what`, source line, caret, notes; `source` is the
/// file's text and `sets` the --set arguments.
std::string to_text(const Diagnostics& diagnostics, std::string_view source,
                    const std::vector<std::string>& sets = {});
/// "6 errors in 1 file. Nothing was run. Check again: byzlab check pbft.yaml"; empty without
/// errors.
std::string summary_line(const Diagnostics& diagnostics);
/// An array with `range` for editors (0-based lines and characters, as LSP).
std::string to_json(const Diagnostics& diagnostics);
/// GitHub annotations: `::error file=…,line=…,col=…,title=E101::…`.
std::string to_github(const Diagnostics& diagnostics);

}  // namespace byzlab::scenario
