#include "cli/comparison_work.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>

#include "base/version.h"
#include "cli/appearance.h"
#include "cli/log.h"
#include "cli/prepare.h"
#include "observe/json_document.h"
#include "observe/run_record.h"
#include "observe/terminal.h"
#include "observe/web_assets.h"
#include "testbed/run.h"

namespace byzlab {
namespace {

namespace json = boost::json;

std::string text_of(const json::value& value) {
  const auto& text = value.as_string();
  return {text.data(), text.size()};
}

/// Tries what each cell draws from its seeds; prints what is wrong.
bool all_seeds_are_right(const scenario::ComparisonPlan& plan) {
  std::uint64_t tried = 0;
  std::vector<bool> draws(plan.cells.size(), true);
  for (std::uint64_t index = 0; index < plan.seeds_of_a_cell(); ++index) {
    for (std::size_t i = 0; i < plan.cells.size() && tried < kSeedsTried; ++i) {
      if (!plan.cells[i].excluded.empty() || !draws[i]) continue;
      const std::uint64_t seed = plan.seed(i, index);
      auto loaded = plan.load(plan.cells[i], seed, catalogue());
      ++tried;
      if (loaded.scenario) {
        draws[i] = loaded.scenario->depends_on_seed;
        continue;
      }
      name_seed(loaded.diagnostics, seed);
      for (auto& d : loaded.diagnostics)
        d.notes.push_back("in the cell " + plan.label(plan.cells[i]));
      std::fputs(scenario::to_text(loaded.diagnostics, loaded.source).c_str(), stderr);
      std::fputs(error_count(loaded.diagnostics, 1, plan.file).c_str(), stderr);
      return false;
    }
  }
  return true;
}

}  // namespace

std::optional<scenario::ComparisonPlan> plan_comparison(
    const std::string& text, const std::string& file, const std::vector<scenario::VariedKey>& vary,
    std::optional<scenario::Runs> seeds, const std::string* base_text) {
  scenario::ComparisonResult result;
  if (!vary.empty()) {
    result = scenario::vary_scenario(text, file, vary, catalogue());
  } else if (scenario::is_comparison(text)) {
    result = scenario::load_comparison(text, file, catalogue(), base_text);
  } else {
    log_error(file + " is no comparison; a scenario needs --protocols A,B,C or --vary KEY=A,B,C");
    return std::nullopt;
  }
  std::fputs(scenario::to_text(result.diagnostics, result.source).c_str(), stderr);
  if (!result.comparison) {
    std::fputs(error_count(result.diagnostics, 1, file).c_str(), stderr);
    return std::nullopt;
  }
  if (seeds) {
    result.comparison->seeds.first = seeds->first;
    result.comparison->seeds.last = seeds->last;
  }
  if (!all_seeds_are_right(*result.comparison)) return std::nullopt;
  return std::move(result.comparison);
}

std::optional<RecordedComparison> read_comparison(const std::string& plan) {
  try {
    const auto document = json::parse(plan);
    const auto& o = document.as_object();
    if (text_of(o.at("kind")) != "comparison") return std::nullopt;
    RecordedComparison recorded;
    auto& arguments = recorded.arguments;
    arguments.file = text_of(o.at("file"));
    for (const auto& key : o.at("vary").as_array()) {
      auto& varied = arguments.vary.emplace_back();
      varied.key = text_of(key.at("key"));
      for (const auto& value : key.at("values").as_array()) varied.values.push_back(text_of(value));
    }
    const auto& seeds = o.at("seeds").as_object();
    arguments.seeds = {.first = seeds.at("first").to_number<std::uint64_t>(),
                       .last = seeds.at("last").to_number<std::uint64_t>()};
    arguments.limits.events = o.at("max_events").to_number<std::uint64_t>();
    recorded.text = text_of(o.at("comparison"));
    recorded.base_text = text_of(o.at("base"));
    return recorded;
  } catch (const std::exception&) {  // a key is missing, or of another kind
    return std::nullopt;
  }
}

Comparing::Comparing(const scenario::ComparisonPlan& plan, const CompareArguments& arguments)
    : plan_(plan), arguments_(arguments), table_(plan, catalogue()) {
  for (std::size_t cell = 0; cell < plan.cells.size(); ++cell)
    if (plan.cells[cell].excluded.empty()) cells_.push_back(cell);
}

/// Round the cells for each seed, so that an interrupted comparison has some of all.
Comparing::Place Comparing::place_of(std::uint64_t piece) const {
  const auto cell = cells_[piece % cells_.size()];
  const auto index = piece / cells_.size();
  return {.cell = cell, .seed_index = index, .seed = plan_.seed(cell, index)};
}

PieceWork Comparing::work() {
  json::array vary;
  for (const auto& key : arguments_.vary)
    vary.push_back(json::object{{"key", key.key},
                                {"values", json::array(key.values.begin(), key.values.end())}});
  const json::object plan{{"schema", 1},
                          {"kind", "comparison"},
                          {"name", plan_.name},
                          {"file", plan_.file},
                          {"seeds", {{"first", plan_.seeds.first}, {"last", plan_.seeds.last}}},
                          {"vary", std::move(vary)},
                          {"max_events", arguments_.limits.events},
                          {"version", version()},
                          {"comparison", plan_.source},
                          {"base", plan_.base_source}};
  PieceWork work;
  work.name = plan_.name;
  work.title = fmt::format("s{}..{}", plan_.seeds.first, plan_.seeds.last);
  work.plan = pretty(plan);
  work.inputs = {{"comparison.yaml", plan_.source}};
  if (!plan_.base_source.empty()) work.inputs.emplace_back("base.yaml", plan_.base_source);
  work.pieces = cells_.size() * plan_.seeds_of_a_cell();
  work.make = [this](std::uint64_t piece) { return make(piece); };
  work.again = [this](std::uint64_t piece) {
    const auto at = place_of(piece);
    return fmt::format("byzlab compare {} --seeds {}..{}   (at {}, seed {})", plan_.file,
                       plan_.seeds.first, plan_.seeds.last, plan_.label(plan_.cells[at.cell]),
                       at.seed);
  };
  work.line = [this](std::uint64_t piece, const Report& stopped) {
    const auto at = place_of(piece);
    Report report = stopped;
    report.seed = at.seed;
    return run_line(report, {.cell = at.cell});
  };
  work.count = [this](std::uint64_t piece, std::string_view line, bool) {
    return count(piece, line);
  };
  work.counts = [this] {
    return PieceCounts{.done = table_.runs(),
                       .passed = table_.passed(),
                       .failed = table_.failed(),
                       .open = table_.inconclusive()};
  };
  work.news = [] { return std::string(); };
  return work;
}

std::string Comparing::make(std::uint64_t piece) const {
  const auto at = place_of(piece);
  auto loaded = plan_.load(plan_.cells[at.cell], at.seed, catalogue());
  if (!loaded.scenario) return wrong_seed_line(WrongSeed(at.seed, loaded), at.seed, at.cell);
  loaded.scenario->seed = at.seed;
  const auto report = run(*loaded.scenario, RunOptions{.seed = at.seed,
                                                       .max_events = arguments_.limits.events,
                                                       .one_of_many = plan_.seeds_of_a_cell() > 1});
  return run_line(report, {.cell = at.cell, .metrics = true, .histograms = true});
}

bool Comparing::count(std::uint64_t piece, std::string_view line) {
  const auto at = place_of(piece);
  const auto record = read_run_line(line, true);
  if (!record || record->report.seed != at.seed || record->cell != at.cell) return false;
  table_.add(at.cell, at.seed_index, record->report);
  crashed_ += record->report.crashed ? 1 : 0;
  return true;
}

void Comparing::finish(PieceOutcome outcome) {
  interrupted_ = outcome.interrupted;
  if (interrupted_) table_.set_interrupted();
  if (!outcome.shard.all()) table_.set_part(outcome.planned);
  table_.set_wall_seconds(outcome.wall_seconds);
  write(outcome);
}

void Comparing::write(PieceOutcome& outcome) {
  ResultsFolder& folder = *outcome.folder;
  folder.write("summary.json", table_.json());
  folder.write("table.md", table_.markdown());
  folder.write("table.csv", table_.csv());
  folder.write("table.tex", table_.latex());
  if (plan_.table.map) folder.write("map.svg", table_.svg());
  folder.write("console.txt", table_.headline() + "\n" + table_.text({}));
  if (web_built())
    folder.write("report.html", page_html(R"({"kind":"comparison","data":)" + table_.json() + "}"));
  pointers_ =
      pointers_text(outcome.pointers(), TextOptions{.style = style_for_stdout(arguments_.look)});
  Report index;
  index.name = plan_.name;
  index.verdict = table_.verdict();
  index.seed = plan_.seeds.first;
  outcome.finish(index);
}

std::string Comparing::document() const {
  if (arguments_.format == "json") return table_.json();
  if (arguments_.format == "markdown") return table_.markdown();
  if (arguments_.format == "csv") return table_.csv();
  if (arguments_.format == "latex") return table_.latex();
  if (arguments_.quiet) return plan_.name + "  " + table_.verdict_line() + "\n";
  return table_.text(style_for_stdout(arguments_.look)) + pointers_;
}

Exit Comparing::exit() const {
  if (crashed_ > 0) return Exit::internal;
  if (interrupted_) return Exit::interrupted;
  return exit_of(table_.verdict());
}

}  // namespace byzlab
