// byzlab compare: every cell of a comparison on the same seeds, and the table of them.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>

#include "cli/appearance.h"
#include "cli/commands.h"
#include "cli/crash.h"
#include "cli/find_scenarios.h"
#include "cli/interrupt.h"
#include "cli/log.h"
#include "cli/ordered_work.h"
#include "cli/prepare.h"
#include "cli/progress.h"
#include "observe/comparison_table.h"
#include "observe/results_folder.h"
#include "observe/run_record.h"
#include "observe/summary.h"
#include "observe/terminal.h"
#include "observe/web_assets.h"
#include "testbed/run.h"
#include "testbed/scenario/comparison.h"

namespace byzlab {
namespace {

/// One run of one cell.
struct Piece {
  std::size_t cell;
  std::uint64_t seed_index;
};

struct PieceResult {
  std::optional<Report> report;
  std::string error;
};

/// Round the cells for each seed, so that an interrupted comparison has some of all.
std::vector<Piece> pieces_of(const scenario::ComparisonPlan& comparison) {
  std::vector<Piece> pieces;
  for (std::uint64_t s = 0; s < comparison.seeds_of_a_cell(); ++s) {
    for (std::size_t cell = 0; cell < comparison.cells.size(); ++cell) {
      if (comparison.cells[cell].excluded.empty()) pieces.push_back({cell, s});
    }
  }
  return pieces;
}

PieceResult run_piece(const scenario::ComparisonPlan& comparison, Piece piece) {
  const scenario::Cell& cell = comparison.cells[piece.cell];
  const std::uint64_t seed = comparison.seed(piece.cell, piece.seed_index);
  const auto where = fmt::format("{}, seed {}", comparison.label(cell), seed);
  crash_note(fmt::format("byzlab compare {} at {}", comparison.file, where));
  try {
    auto loaded = comparison.load(cell, seed, catalogue());
    if (!loaded.scenario) {
      return {.report = {},
              .error = where + ":\n" + scenario::to_text(loaded.diagnostics, loaded.source)};
    }
    loaded.scenario->seed = seed;
    PieceResult result;
    result.report = run(*loaded.scenario, RunOptions{.seed = seed, .interrupt = &interrupted()});
    result.report->series = {};
    result.report->story = {};
    return result;
  } catch (const std::exception& e) {
    return {.report = {}, .error = where + ": " + e.what()};
  }
}

/// The comparison, or its errors, printed.
std::optional<scenario::ComparisonPlan> load(const std::filesystem::path& file,
                                             const CompareArguments& arguments) {
  // Reads the file with all its checks, whatever kind it is of.
  const std::string text = scenario::load_file(file, catalogue()).source;
  scenario::ComparisonResult result;
  if (!arguments.vary.empty()) {
    result = scenario::vary_scenario(text, file.string(), arguments.vary, catalogue());
  } else if (scenario::is_comparison(text)) {
    result = scenario::load_comparison(text, file.string(), catalogue());
  } else {
    log_error(file.string() +
              " is no comparison; a scenario needs --protocols A,B,C or --vary KEY=A,B,C");
    return std::nullopt;
  }
  std::fputs(scenario::to_text(result.diagnostics, result.source).c_str(), stderr);
  if (!result.comparison)
    std::fputs(error_count(result.diagnostics, 1, file.string()).c_str(), stderr);
  return std::move(result.comparison);
}

/// Runs all; false when a run broke the tool.
bool fill(ComparisonTable& table, std::string& runs, const scenario::ComparisonPlan& comparison,
          const CompareArguments& arguments) {
  const auto pieces = pieces_of(comparison);
  OrderedWork<PieceResult> work(pieces.size(), workers_for(arguments.jobs, pieces.size()),
                                [&](std::uint64_t i) { return run_piece(comparison, pieces[i]); });
  SweepProgress progress(decided(arguments.progress, arguments.quiet), comparison.name,
                         pieces.size(), 0, arguments.look.ascii);
  const auto show = [&] {
    progress.update(table.runs(), table.passed(), table.failed(), table.inconclusive());
  };
  for (std::size_t i = 0; auto result = work.take(show); ++i) {
    if (!result->report) {
      progress.clear();
      log_error("internal error: " + result->error);
      return false;
    }
    if (result->report->interrupted) continue;  // half a run is no sample
    table.add(pieces[i].cell, pieces[i].seed_index, *result->report);
    runs += run_line(*result->report);
    show();
  }
  if (interrupted()) table.set_interrupted();
  return true;
}

std::filesystem::path write_results(const ComparisonTable& table,
                                    const scenario::ComparisonPlan& comparison,
                                    const std::string& runs, ResultsFolder& folder) {
  const auto place = folder.place(comparison.name, time_of_day());
  folder.write("comparison.yaml", comparison.source);
  if (!comparison.base_source.empty()) folder.write("base.yaml", comparison.base_source);
  folder.write("summary.json", table.json());
  folder.write("table.md", table.markdown());
  folder.write("table.csv", table.csv());
  folder.write("table.tex", table.latex());
  if (comparison.table.map) folder.write("map.svg", table.svg());
  folder.write("console.txt", table.headline() + "\n" + table.text({}));
  folder.write("runs.jsonl", runs);
  if (web_built()) {
    folder.write("report.html", page_html(R"({"kind":"comparison","data":)" + table.json() + "}"));
  }
  Report line;
  line.name = comparison.name;
  line.verdict = table.verdict();
  line.seed = comparison.seeds.first;
  folder.finish(place,
                index_line(line, place.lexically_relative(folder.root()).string(), time_of_day()));
  return place;
}

}  // namespace

Exit execute(const CompareArguments& arguments) {
  set_loudness(arguments.quiet ? Loudness::quiet : Loudness::normal);
  const auto found = find_scenarios({arguments.file});
  for (const auto& error : found.errors) log_error(error);
  if (!found.errors.empty()) return Exit::usage;
  auto comparison = load(found.files.front(), arguments);
  if (!comparison) return Exit::bad_scenario;
  if (arguments.seeds) {
    comparison->seeds.first = arguments.seeds->first;
    comparison->seeds.last = arguments.seeds->last;
  }
  ResultsFolder folder{arguments.out};

  const auto start = std::chrono::steady_clock::now();
  const auto style = style_for_stdout(arguments.look);
  ComparisonTable table(*comparison, catalogue());
  const bool text = arguments.format == "text" && !arguments.quiet;
  if (text) {
    const auto headline = table.headline() + "\n";
    std::fputs((style.ascii ? to_ascii(headline) : headline).c_str(), stdout);
    std::fflush(stdout);
  }
  std::string runs;
  if (!fill(table, runs, *comparison, arguments)) return Exit::internal;
  table.set_wall_seconds(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  const auto place = write_results(table, *comparison, runs, folder);

  const std::string document = arguments.format == "json"       ? table.json()
                               : arguments.format == "markdown" ? table.markdown()
                               : arguments.format == "csv"      ? table.csv()
                               : arguments.format == "latex"    ? table.latex()
                               : text                           ? table.text(style)
                                      : comparison->name + "  " + table.verdict_line() + "\n";
  std::fputs(document.c_str(), stdout);
  if (text) {
    std::fputs(pointers_text({{"results", place.string()}}, TextOptions{.style = style}).c_str(),
               stdout);
  }
  if (std::fflush(stdout) != 0) return Exit::no_results;
  return interrupted() ? Exit::interrupted : exit_of(table.verdict());
}

}  // namespace byzlab
