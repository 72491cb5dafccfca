// byzlab check: what is wrong with scenario files, before anything runs.
#include <fmt/format.h>

#include <cstdio>

#include "cli/appearance.h"
#include "cli/commands.h"
#include "cli/find_scenarios.h"
#include "cli/log.h"
#include "cli/prepare.h"
#include "testbed/run.h"
#include "testbed/scenario/comparison.h"
#include "testbed/scenario/load.h"

namespace byzlab {
namespace {

std::string printed(const scenario::LoadResult& result, const CheckArguments& arguments) {
  switch (arguments.format) {
    case Format::github: return scenario::to_github(result.diagnostics);
    case Format::json:
    case Format::junit:
    case Format::text: break;
  }
  return scenario::to_text(result.diagnostics, result.source, arguments.sets);
}

/// "pbft-partition   pbft n=7, 60 s, 2 faults, 6 expectations"
std::string gist(const scenario::Scenario& s) {
  return fmt::format("{}  n={}  {} timeline entries  {} expectations", s.protocol.name,
                     s.protocol.replicas, s.timeline.size(), s.expectations.size());
}

struct Checked {
  scenario::LoadResult result;
  std::optional<std::string> gist;  ///< none when there are errors
};

/// What other seeds draw from the file's ranges must be right as well.
void check_seeds(const std::filesystem::path& file, const CheckArguments& arguments,
                 scenario::LoadResult& result) {
  const scenario::Scenario& first = *result.scenario;
  constexpr scenario::Runs kSome{.first = 1, .last = 100};
  if (first.seed && !first.runs) return;  // it says which
  const Prepared prepared(result.source, file.string(),
                          {.sets = arguments.sets, .seed = {}, .strict = arguments.strict}, first);
  if (auto wrong = prepared.first_wrong(first.runs.value_or(kSome))) result = std::move(*wrong);
}

/// A scenario, or every cell of a comparison.
Checked check(const std::filesystem::path& file, const CheckArguments& arguments) {
  Checked checked{
      .result = scenario::load_file(
          file, catalogue(), {.sets = arguments.sets, .seed = {}, .strict = arguments.strict}),
      .gist = {}};
  if (checked.result.scenario) check_seeds(file, arguments, checked.result);
  if (checked.result.scenario) checked.gist = gist(*checked.result.scenario);
  if (!scenario::is_comparison(checked.result.source)) return checked;
  auto comparison = scenario::load_comparison(checked.result.source, file.string(), catalogue());
  checked.result.diagnostics = std::move(comparison.diagnostics);
  if (comparison.comparison)
    checked.gist = fmt::format("{} cells", comparison.comparison->cells.size());
  return checked;
}

}  // namespace

Exit execute(const CheckArguments& arguments) {
  const auto found = find_scenarios(arguments.scenarios);
  for (const auto& error : found.errors) log_error(error);
  if (!found.errors.empty()) return Exit::usage;

  const auto style = style_for_stdout(arguments.look);
  scenario::Diagnostics all;
  std::size_t bad = 0;
  for (const auto& file : found.files) {
    const auto checked = check(file, arguments);
    all.insert(all.end(), checked.result.diagnostics.begin(), checked.result.diagnostics.end());
    bad += checked.gist ? 0 : 1;
    if (arguments.format == Format::json) continue;
    std::fputs(printed(checked.result, arguments).c_str(), stdout);
    if (checked.gist && arguments.format == Format::text) {
      const auto mark = painted(style.ascii ? "ok" : "✓", Tone::good, style);
      std::fputs(fmt::format("{} {}   {}\n", mark, file.string(), *checked.gist).c_str(), stdout);
    }
  }
  if (arguments.format == Format::json) std::fputs((scenario::to_json(all) + "\n").c_str(), stdout);
  if (arguments.format == Format::text && scenario::has_errors(all))
    std::fputs(error_count(all, bad, found.files.front().string()).c_str(), stdout);
  return bad > 0 ? Exit::bad_scenario : Exit::ok;
}

}  // namespace byzlab
