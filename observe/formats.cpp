// JUnit XML and GitHub annotations.
#include "observe/formats.h"

#include <fmt/format.h>

#include <string_view>

namespace byzlab {
namespace {

/// GitHub's escapes; properties need ':' and ',' escaped too.
std::string github_text(std::string_view text, bool property = false) {
  std::string out;
  for (const char c : text) {
    if (c == '%') {
      out += "%25";
    } else if (c == '\n') {
      out += "%0A";
    } else if (c == '\r') {
      out += "%0D";
    } else if (property && c == ':') {
      out += "%3A";
    } else if (property && c == ',') {
      out += "%2C";
    } else {
      out += c;
    }
  }
  return out;
}

std::string explanation(const ExpectationResult& e) {
  std::string text = e.detail;
  for (const auto& line : e.lines) text += "\n" + line;
  return text;
}

/// Of a run that did not come to its end.
std::string stopped_property(const Report& report) {
  const std::string& why = report.stopped.empty() ? report.ended_early : report.stopped;
  if (why.empty()) return "";
  return fmt::format("<property name=\"stopped\" value=\"{}\"/>", xml_text(why));
}

bool is_open(const ExpectationResult& e) {
  return e.status == Status::undecided || e.status == Status::vacuous;
}

}  // namespace

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\n': out += "&#10;"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 && c != '\t' ? ' ' : c;
    }
  }
  return out;
}

std::string junit_xml(const std::vector<Report>& reports) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const auto& report : reports) {
    std::size_t failed = 0, open = 0;
    for (const auto& e : report.expectations) {
      failed += e.status == Status::fail ? 1 : 0;
      open += is_open(e) ? 1 : 0;
    }
    out += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" "
        "time=\"{:.3f}\">\n"
        "    <properties><property name=\"seed\" value=\"{}\"/><property name=\"trace_hash\" "
        "value=\"{}\"/>{}</properties>\n",
        xml_text(report.name), report.expectations.size(), failed, open, report.wall_seconds,
        report.seed, to_hex(report.trace_hash), stopped_property(report));
    for (const auto& e : report.expectations) {
      out += fmt::format("    <testcase classname=\"{}\" name=\"{}\"", xml_text(report.name),
                         xml_text(e.text));
      if (e.status == Status::fail) {
        out += fmt::format(">\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n",
                           xml_text(e.detail), xml_text(explanation(e)));
      } else if (is_open(e)) {
        out += fmt::format(">\n      <skipped message=\"{}\"/>\n    </testcase>\n",
                           xml_text(e.detail));
      } else {
        out += "/>\n";
      }
    }
    out += "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

std::string github_annotations(const Report& report) {
  std::string out;
  for (const auto& e : report.expectations) {
    if (e.status != Status::fail && !is_open(e)) continue;
    std::string where;
    if (!report.file.empty()) where += "file=" + github_text(report.file, true) + ",";
    if (e.position.line > 0 && !e.position.from_set)
      where += fmt::format("line={},", e.position.line);
    out +=
        fmt::format("::{} {}title={}::{}\n", e.status == Status::fail ? "error" : "warning", where,
                    github_text(report.name + " seed " + std::to_string(report.seed), true),
                    github_text(e.text + ": " + explanation(e)));
  }
  return out;
}

}  // namespace byzlab
