// Comparing a run with its recorded self.
#include "cli/verify.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "observe/numbers.h"

namespace byzlab {
namespace {

/// The first event that differs from the recorded ones, as text.
std::string first_difference(const std::vector<EventLog::Line>& events,
                             const std::filesystem::path& recorded) {
  std::ifstream in(recorded);
  if (!in) return "";
  std::string line;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (!std::getline(in, line))
      return fmt::format("first differing event: line {} of {} is new\n  now   {}\n", i + 1,
                         recorded.string(), events[i].text);
    if (line != events[i].text)
      return fmt::format(
          "first differing event: line {} of {}, at {:.6f} s\n  then  {}\n  now   {}\n", i + 1,
          recorded.string(), seconds(events[i].at), line, events[i].text);
  }
  if (std::getline(in, line))
    return fmt::format("first differing event: line {} of {} is missing\n  then  {}\n",
                       events.size() + 1, recorded.string(), line);
  return "the events recorded in " + recorded.string() +
         " are the same: only messages differ, which it does not list\n";
}

}  // namespace

Exit verify_hash(std::uint64_t found, std::string_view expected) {
  if (to_hex(found).starts_with(expected)) {
    std::fputs(fmt::format("SAME  trace {}\n", to_hex(found)).c_str(), stdout);
    return Exit::ok;
  }
  std::fputs(fmt::format("DIFFERENT  trace {}, expected {}\n", to_hex(found), expected).c_str(),
             stdout);
  return Exit::failed;
}

Exit verify_run(const Report& report, const std::vector<EventLog::Line>& events,
                std::string_view expected, const std::string& scenario_file) {
  const auto code = verify_hash(report.trace_hash, expected);
  if (code == Exit::ok) {
    std::fputs(fmt::format("      {} events, seed {}, verdict {}\n", grouped(report.events),
                           report.seed, to_string(report.verdict))
                   .c_str(),
               stdout);
  } else {
    const auto recorded = std::filesystem::path(scenario_file).parent_path() / "events.jsonl";
    std::fputs(first_difference(events, recorded).c_str(), stdout);
  }
  return code;
}

}  // namespace byzlab
