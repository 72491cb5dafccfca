// What is wrong with a scenario file, collected and printed.
#include "testbed/scenario/diagnostics.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "testbed/scenario/text.h"

namespace byzlab::scenario {
namespace {

/// More than this is not kept, whatever the file.
constexpr std::size_t kMaxKept = 1000;

auto order_of(const Diagnostic& d) {
  return std::tuple(d.at.from_set, d.at.line, d.at.column, d.severity, std::string_view(d.code),
                    std::string_view(d.message));
}

std::string name_of_file(const Diagnostic& d) { return d.at.from_set ? "--set" : d.file; }

std::string severity_name(const Diagnostic& d) {
  return d.severity == Severity::error ? "error" : "warning";
}

std::string headline(const Diagnostic& d) {
  std::string text = name_of_file(d);
  if (d.at.line != 0) text += ":" + std::to_string(d.at.line) + ":" + std::to_string(d.at.column);
  return text + ": " + severity_name(d) + "[" + d.code + "]: " + d.message + "\n";
}

/// The part of a long line that holds a column (0-based, in characters), and where it starts.
struct Excerpt {
  std::string text;
  std::size_t start = 0;
};

Excerpt excerpt(std::string_view line, std::size_t column) {
  constexpr std::size_t kWidth = 160, kBefore = 60;
  std::vector<std::string> characters;
  for (const char c : line) {
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80 || characters.empty())
      characters.emplace_back();
    characters.back() += (c == '\t' || static_cast<unsigned char>(c) < 0x20) ? ' ' : c;
  }
  Excerpt part;
  if (characters.size() > kWidth && column > kBefore) part.start = column - kBefore;
  for (std::size_t i = part.start; i < std::min(characters.size(), part.start + kWidth); ++i)
    part.text += characters[i];
  return part;
}

/// Source lines with what is underlined in them, in order of lines.
std::string underlined(const Diagnostic& d, const std::vector<std::string_view>& lines) {
  struct Underline {
    Position at;
    std::uint32_t length;
    char mark;
    std::string_view text;
  };
  std::vector<Underline> all = {{d.at, d.length, '^', d.hint}};
  for (const Diagnostic::Mark& mark : d.marks)
    if (mark.at.from_set == d.at.from_set) all.push_back({mark.at, mark.length, '-', mark.text});
  std::sort(all.begin(), all.end(), [](const Underline& a, const Underline& b) {
    return std::tie(a.at.line, a.at.column, a.mark) < std::tie(b.at.line, b.at.column, b.mark);
  });
  const std::size_t width = std::max<std::size_t>(2, std::to_string(all.back().at.line).size());
  const std::string bar = std::string(width, ' ') + " |";
  std::string text = bar + "\n";
  for (const Underline& u : all) {
    const std::size_t column = u.at.column - 1;
    const Excerpt line = excerpt(u.at.line <= lines.size() ? lines[u.at.line - 1] : "", column);
    std::string number = std::to_string(u.at.line);
    number.insert(0, width - number.size(), ' ');
    text += number + " |" + (line.text.empty() ? "" : " ") + line.text + "\n" + bar + " " +
            std::string(column - line.start, ' ') +
            std::string(std::clamp<std::size_t>(u.length, 1, 100), u.mark);
    if (!u.text.empty()) text += " " + std::string(u.text);
    text += "\n";
  }
  return text;
}

/// "   = " before the note; long lists of words go on below.
std::string note_text(const std::string& note) {
  constexpr std::size_t kWidth = 100;
  std::string text, line = "   = ";
  const std::size_t indent = 5 + (note.find(": ") == std::string::npos ? 0 : note.find(": ") + 2);
  bool empty = true;
  for (const std::string& word : split(note, ' ')) {
    if (!empty && line.size() + 1 + word.size() > kWidth) {
      text += line + "\n";
      line = std::string(indent, ' ');
      empty = true;
    }
    line += (empty ? "" : " ") + word;
    empty = false;
  }
  return text + line + "\n";
}

std::string github_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '%')
      out += "%25";
    else if (c == '\n')
      out += "%0A";
    else if (c == '\r')
      out += "%0D";
    else
      out += c;
  }
  return out;
}

std::string github_property(std::string_view text) {
  std::string out;
  for (const char c : github_escaped(text)) {
    if (c == ':')
      out += "%3A";
    else if (c == ',')
      out += "%2C";
    else
      out += c;
  }
  return out;
}

std::string full_message(const Diagnostic& d) {
  return d.message + (d.hint.empty() ? "" : " (" + d.hint + ")");
}

}  // namespace

Diagnostics Findings::take(bool strict) {
  std::sort(all_.begin(), all_.end(),
            [](const Diagnostic& a, const Diagnostic& b) { return order_of(a) < order_of(b); });
  if (strict)
    for (Diagnostic& d : all_) d.severity = Severity::error;
  if (all_.size() > kMaxShown) {
    Diagnostic rest = {.severity = Severity::error, .code = "E000", .file = file_};
    for (std::size_t i = kMaxShown; i < all_.size(); ++i)
      if (all_[i].severity == Severity::error) rest.severity = Severity::error;
    rest.message =
        "too many to show: the first " + std::to_string(kMaxShown) + " are above; mend them first";
    all_.resize(kMaxShown);
    all_.push_back(std::move(rest));
  }
  errors_ = 0;
  return std::exchange(all_, {});
}

bool Findings::is_full() const { return all_.size() >= kMaxKept; }

Diagnostic& Findings::error(std::string code, Position at, std::uint32_t length,
                            std::string message, std::string hint) {
  ++errors_;
  return add(Severity::error, std::move(code), at, length, std::move(message), std::move(hint));
}

Diagnostic& Findings::warning(std::string code, Position at, std::uint32_t length,
                              std::string message, std::string hint) {
  return add(Severity::warning, std::move(code), at, length, std::move(message), std::move(hint));
}

Diagnostic& Findings::add(Severity severity, std::string code, Position at, std::uint32_t length,
                          std::string message, std::string hint) {
  const auto same_place = [&](const Diagnostic& d) {
    return d.severity == severity && at.line != 0 && d.at.line == at.line &&
           d.at.column == at.column && d.at.from_set == at.from_set;
  };
  if (is_full() || std::any_of(all_.begin(), all_.end(), same_place)) {
    ignored_ = {};
    return ignored_;
  }
  return all_.emplace_back(Diagnostic{.severity = severity,
                                      .code = std::move(code),
                                      .file = file_,
                                      .at = at,
                                      .length = length,
                                      .message = std::move(message),
                                      .hint = std::move(hint)});
}

bool has_errors(const Diagnostics& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& d) { return d.severity == Severity::error; });
}

std::string to_text(const Diagnostics& diagnostics, std::string_view source,
                    const std::vector<std::string>& sets) {
  if (source.starts_with("\xEF\xBB\xBF")) source.remove_prefix(3);
  const std::vector<std::string_view> file_lines = split_lines(source);
  const std::vector<std::string_view> set_lines(sets.begin(), sets.end());
  std::string text;
  for (const Diagnostic& d : diagnostics) {
    if (!text.empty()) text += "\n";
    text += headline(d);
    if (d.at.line != 0)
      text += underlined(d, d.at.from_set ? set_lines : file_lines);
    else if (!d.hint.empty())
      text += note_text(d.hint);
    for (std::size_t i = 0; i < std::min<std::size_t>(3, d.notes.size()); ++i)
      text += note_text(d.notes[i]);
  }
  return text;
}

std::string summary_line(const Diagnostics& diagnostics) {
  std::size_t errors = 0;
  std::set<std::string> files;
  for (const Diagnostic& d : diagnostics) {
    if (d.severity != Severity::error) continue;
    if (d.code != "E000") ++errors;
    files.insert(d.file);
  }
  if (errors == 0) return "";
  const bool more = std::any_of(diagnostics.begin(), diagnostics.end(),
                                [](const Diagnostic& d) { return d.code == "E000"; });
  std::string text = (more ? "more than " : "") + std::to_string(errors) +
                     (errors == 1 ? " error in " : " errors in ") + std::to_string(files.size()) +
                     (files.size() == 1 ? " file" : " files") +
                     ". Nothing was run. Check again: byzlab check";
  for (const std::string& file : files) text += " " + file;
  return text;
}

std::string to_json(const Diagnostics& diagnostics) {
  std::string text = "[";
  for (const Diagnostic& d : diagnostics) {
    const auto line = std::to_string(d.at.line == 0 ? 0 : d.at.line - 1);
    const std::uint32_t first = d.at.line == 0 ? 0 : d.at.column - 1;
    std::string notes;
    for (const std::string& note : d.notes)
      notes += (notes.empty() ? "" : ", ") + json_quoted(note);
    text += (text.size() > 1 ? ",\n  " : "\n  ");
    text += "{\"file\": " + json_quoted(name_of_file(d)) +
            ", \"range\": {\"start\": {\"line\": " + line +
            ", \"character\": " + std::to_string(first) + "}, \"end\": {\"line\": " + line +
            ", \"character\": " + std::to_string(first + (d.at.line == 0 ? 0 : d.length)) +
            "}}, \"severity\": " + json_quoted(severity_name(d)) +
            ", \"code\": " + json_quoted(d.code) + ", \"message\": " + json_quoted(d.message) +
            ", \"hint\": " + json_quoted(d.hint) + ", \"notes\": [" + notes + "]}";
  }
  return text + (text.size() > 1 ? "\n]\n" : "]\n");
}

std::string to_github(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& d : diagnostics) {
    text += "::" + severity_name(d) + " file=" + github_property(name_of_file(d));
    if (d.at.line != 0)
      text += ",line=" + std::to_string(d.at.line) + ",col=" + std::to_string(d.at.column);
    text += ",title=" + github_property(d.code) + "::" + github_escaped(full_message(d)) + "\n";
  }
  return text;
}

}  // namespace byzlab::scenario
