// byzlab replay: runs a results folder again. The same lock file and the same code give the same
// events, so nothing of the run had to be kept but its hash.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "base/quantity.h"
#include "cli/appearance.h"
#include "cli/commands.h"
#include "cli/log.h"
#include "cli/run_one.h"
#include "cli/verify.h"
#include "observe/find_run.h"
#include "observe/numbers.h"

namespace byzlab {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLinesBefore = 25;  ///< events shown up to --until

struct Recorded {
  std::uint64_t seed = 0;
  std::string trace_hash;
  bool tcp = false;
};

/// What summary.json says the run was; an error is printed.
std::optional<Recorded> read_summary(const fs::path& folder) {
  const auto path = folder / "summary.json";
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    log_error("no run in " + folder.string() + ": it has no summary.json");
    return std::nullopt;
  }
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  try {
    const auto document = boost::json::parse(text);
    const auto& object = document.as_object();
    if (object.contains("runs")) {
      log_error(folder.string() +
                " holds many seeds; replay one of them: byzlab run FILE --seed N");
      return std::nullopt;
    }
    const auto& hash = object.at("trace_hash").as_string();
    return Recorded{.seed = object.at("seed").to_number<std::uint64_t>(),
                    .trace_hash = std::string(hash.data(), hash.size()),
                    .tcp = object.at("transport").as_string() == "tcp"};
  } catch (const std::exception& e) {
    log_error(path.string() + " cannot be read: " + e.what());
    return std::nullopt;
  }
}

/// Whole objects as they stand in events.jsonl, under a moment: "   1.204s  {…}".
void print_events(const std::vector<EventLog::Line>& events, std::optional<Duration> until,
                  Duration whole) {
  std::size_t end = events.size();
  if (until)
    while (end > 0 && events[end - 1].at - kStart > *until) --end;
  const auto begin = until && end > kLinesBefore ? end - kLinesBefore : 0;
  if (begin > 0) std::fputs(fmt::format("   … {} earlier events\n", begin).c_str(), stdout);
  for (auto i = begin; i < end; ++i) {
    std::string_view text = events[i].text;  // {"t":1.204,"event":"commit",…}
    if (const auto comma = text.find(','); comma != std::string_view::npos)
      text = text.substr(comma + 1, text.size() - comma - 2);
    std::string plain;
    for (const char c : text)
      if (c != '"') plain += c == ',' ? ' ' : c == ':' ? '=' : c;
    if (plain.starts_with("event=")) plain.erase(0, 6);
    std::fputs(fmt::format("   {:>12}  {}\n", moment(events[i].at, whole), plain).c_str(), stdout);
  }
  if (end < events.size())
    std::fputs(fmt::format("   … {} later events\n", events.size() - end).c_str(), stdout);
}

}  // namespace

Exit execute(const ReplayArguments& arguments) {
  const auto found = find_run(arguments.run, arguments.out);
  if (!found) {
    log_error(found.error);
    return Exit::usage;
  }
  const auto recorded = read_summary(found.folder);
  if (!recorded) return Exit::usage;
  if (recorded->tcp) {
    log_error("a run over TCP happened in real time: it cannot be replayed, only run again");
    return Exit::usage;
  }
  const auto lock = found.folder / "scenario.lock.yaml";
  const auto prepared = prepare_file(lock, {.sets = {}, .seed = recorded->seed});
  if (!prepared) return Exit::bad_scenario;

  RunArguments how;
  how.look = arguments.look;
  const auto outcome =
      run_one(*prepared, recorded->seed, how, {.write_results = false, .seeds = {}});
  if (outcome.report.interrupted) return Exit::interrupted;
  if (!arguments.verify) print_events(outcome.events, arguments.until, outcome.report.simulated);
  return verify_run(outcome.report, outcome.events, recorded->trace_hash, lock.string());
}

}  // namespace byzlab
