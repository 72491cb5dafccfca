#include "observe/comparison_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "base/rng.h"
#include "observe/formats.h"
#include "observe/json_document.h"
#include "observe/numbers.h"
#include "testbed/scenario/text.h"

namespace byzlab {
namespace {

using scenario::MetricUnit;

bool is_safety(scenario::Property property) {
  switch (property) {
    case scenario::Property::agreement:
    case scenario::Property::validity:
    case scenario::Property::integrity:
    case scenario::Property::total_order:
    case scenario::Property::certified: return true;
    case scenario::Property::progress:
    case scenario::Property::recovery:
    case scenario::Property::liveness:
    case scenario::Property::double_spend:
    case scenario::Property::threshold: return false;
  }
  return false;
}

bool is_liveness(scenario::Property property) {
  return property == scenario::Property::progress || property == scenario::Property::recovery ||
         property == scenario::Property::liveness;
}

/// "1.98 ±0.02": the mean and half of its interval.
std::string with_interval(const Estimate& e, double scale) {
  const double mean = e.mean * scale, half = (e.high - e.low) / 2 * scale;
  if (half == 0) return short_number(mean);
  return fmt::format("{} ±{}", short_number(mean), short_number(half));
}

std::string escaped(std::string_view text, std::string_view special) {
  std::string result;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

/// LaTeX has its own words for the marks.
std::string in_latex(const std::string& text) {
  std::string result = escaped(text, "_%&#$");
  for (const auto& [from, to] : {std::pair{"±", "$\\pm$"},
                                 {"✓", "\\checkmark"},
                                 {"✗", "$\\times$"},
                                 {"×", "$\\times$"},
                                 {"–", "--"}}) {
    for (std::size_t at = result.find(from); at != std::string::npos; at = result.find(from))
      result.replace(at, std::string_view(from).size(), to);
  }
  return result;
}

const char* colour_of(const CellResult& cell) {
  if (cell.runs() == 0) return "#eeeeee";
  if (cell.unsafe > 0) return "#d55e00";
  return cell.stalled > 0 ? "#f0e442" : "#56b4e9";
}

std::string in_csv(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

}  // namespace

/// The cells of one table: by row and column; those of all other axes are the page's.
struct ComparisonTable::Page {
  std::string title;
  std::vector<std::string> rows, columns;
  std::vector<std::vector<std::size_t>> cells;  // by row, then column
};

ComparisonTable::ComparisonTable(const scenario::ComparisonPlan& comparison,
                                 const scenario::Catalogue& catalogue)
    : comparison_(comparison), cells_(comparison.cells.size()) {
  for (const std::string& metric : comparison.table.metrics) {
    const auto found = std::ranges::find(catalogue.metrics, metric.substr(0, metric.find('.')),
                                         &scenario::MetricEntry::name);
    units_.push_back(found == catalogue.metrics.end() ? MetricUnit::none : found->unit);
  }
  const std::uint64_t seeds = comparison.seeds.last - comparison.seeds.first + 1;
  for (CellResult& cell : cells_) {
    cell.values.assign(units_.size(), std::vector<std::optional<double>>(seeds));
  }
}

void ComparisonTable::add(std::size_t index, std::uint64_t seed_index, const Report& report) {
  CellResult& cell = cells_[index];
  switch (report.verdict) {
    case RunVerdict::pass: ++cell.passed, ++passed_; break;
    case RunVerdict::fail: ++cell.failed, ++failed_; break;
    case RunVerdict::inconclusive: ++cell.inconclusive, ++inconclusive_; break;
  }
  trace_hash_ = mix(trace_hash_, report.seed, report.trace_hash);
  bool unsafe = false, stalled = false, inside = false;
  for (const ExpectationResult& e : report.expectations) {
    // An expected violation is one, too: the table tells what happened.
    const bool violated = is_safety(e.property) && e.bound != Bound::not_applicable;
    if (violated && cell.violated.empty()) cell.violated = e.id.substr(0, e.id.rfind('-'));
    unsafe = unsafe || violated;
    stalled = stalled || (e.status == Status::fail && is_liveness(e.property));
    inside =
        inside || (e.status == Status::fail && !report.beyond_bound) || e.bound == Bound::inside;
    if (e.status == Status::fail && cell.first_failure.empty()) cell.first_failure = e.text;
  }
  cell.unsafe += unsafe ? 1 : 0;
  cell.stalled += stalled && !unsafe ? 1 : 0;
  cell.inside += inside ? 1 : 0;
  for (std::size_t m = 0; m < comparison_.table.metrics.size(); ++m) {
    const auto found =
        std::ranges::find(report.metrics, comparison_.table.metrics[m], &Metric::name);
    if (found != report.metrics.end()) cell.values[m][seed_index] = found->value;
  }
}

RunVerdict ComparisonTable::verdict() const {
  if (comparison_.table.map) {
    if (std::ranges::any_of(cells_, [](const CellResult& cell) { return cell.inside > 0; }))
      return RunVerdict::fail;
    return runs() < planned() || runs() == 0 ? RunVerdict::inconclusive : RunVerdict::pass;
  }
  if (failed_ > 0) return RunVerdict::fail;
  return inconclusive_ > 0 || runs() < planned() || runs() == 0 ? RunVerdict::inconclusive
                                                                : RunVerdict::pass;
}

std::uint64_t ComparisonTable::planned() const {
  const auto run = std::ranges::count_if(comparison_.cells,
                                         [](const auto& cell) { return cell.excluded.empty(); });
  return static_cast<std::uint64_t>(run) * (comparison_.seeds.last - comparison_.seeds.first + 1);
}

// -------------------------------------------------------------------------------------- figures

Estimate ComparisonTable::estimate(std::size_t cell, std::size_t metric) const {
  std::vector<double> values;
  for (const auto& value : cells_[cell].values[metric]) {
    if (value) values.push_back(*value);
  }
  return mean_of(values);
}

std::optional<std::size_t> ComparisonTable::baseline_of(std::size_t cell) const {
  if (comparison_.table.baseline.empty()) return std::nullopt;
  const scenario::Axis* rows = comparison_.axis(comparison_.table.rows);
  const auto axis = static_cast<std::size_t>(rows - comparison_.axes.data());
  auto wanted = comparison_.cells[cell].at;
  wanted[axis] = static_cast<std::size_t>(
      std::ranges::find(rows->values, comparison_.table.baseline, &scenario::Axis::Value::name) -
      rows->values.begin());
  const auto found = std::ranges::find(comparison_.cells, wanted, &scenario::Cell::at);
  return static_cast<std::size_t>(found - comparison_.cells.begin());
}

Estimate ComparisonTable::ratio(std::size_t cell, std::size_t metric) const {
  const auto baseline = baseline_of(cell);
  if (!baseline || *baseline == cell) return {};
  std::vector<double> a, b;  // of the seeds that both have
  const auto& ours = cells_[cell].values[metric];
  const auto& theirs = cells_[*baseline].values[metric];
  for (std::size_t s = 0; s < ours.size(); ++s) {
    if (!ours[s] || !theirs[s]) continue;
    a.push_back(*ours[s]);
    b.push_back(*theirs[s]);
  }
  return ratio_of(a, b);
}

std::string ComparisonTable::unit_words(std::size_t metric) const {
  switch (units_[metric]) {
    case MetricUnit::none: return "";
    case MetricUnit::seconds: return "ms";
    case MetricUnit::bytes: return "kB";
    case MetricUnit::ratio: return "";
    case MetricUnit::blocks: return "blocks";
    case MetricUnit::transactions: return "tx/s";
  }
  return "";
}

// ---------------------------------------------------------------------------------------- texts

std::string ComparisonTable::verdict_text(std::size_t index) const {
  const CellResult& cell = cells_[index];
  if (!comparison_.cells[index].excluded.empty()) return "n/a";
  if (cell.runs() == 0) return "-";
  if (cell.unsafe > 0) return fmt::format("✗ {} {}/{}", cell.violated, cell.unsafe, cell.runs());
  if (cell.failed > 0) {
    return fmt::format("✗ {} {}/{}", cell.first_failure, cell.failed, cell.runs());
  }
  if (cell.inconclusive > 0) return fmt::format("? {}/{}", cell.inconclusive, cell.runs());
  return fmt::format("✓ {}/{}", cell.passed, cell.runs());
}

std::string ComparisonTable::outcome_text(std::size_t index) const {
  const CellResult& cell = cells_[index];
  if (!comparison_.cells[index].excluded.empty()) return "n/a";
  if (cell.runs() == 0) return "-";
  const auto of = [&](std::string_view what, std::uint64_t count) {
    return fmt::format("{}{}{}", cell.inside > 0 ? "BUG: " : "", what,
                       count == cell.runs() ? "" : fmt::format(" {}/{}", count, cell.runs()));
  };
  if (cell.unsafe > 0) return of("✗ violated", cell.unsafe);
  if (cell.stalled > 0) return of("? stalled", cell.stalled);
  return "✓ live";
}

std::string ComparisonTable::value_text(std::size_t index, std::size_t metric) const {
  if (!comparison_.cells[index].excluded.empty()) return "n/a";
  const Estimate e = estimate(index, metric);
  if (e.samples == 0) return "-";
  const double scale = units_[metric] == MetricUnit::seconds ? 1e3
                       : units_[metric] == MetricUnit::bytes ? 1e-3
                                                             : 1;
  return with_interval(e, scale);
}

std::string ComparisonTable::ratio_text(std::size_t index, std::size_t metric) const {
  if (!comparison_.cells[index].excluded.empty()) return "n/a";
  if (baseline_of(index) == index) return "1";
  const Estimate e = ratio(index, metric);
  if (e.samples == 0) return "-";
  if (e.low == e.high) return fmt::format("{} ×", short_number(e.mean));
  return fmt::format("{} × ({}–{})", short_number(e.mean), short_number(e.low),
                     short_number(e.high));
}

std::vector<ComparisonTable::Page> ComparisonTable::pages() const {
  const auto& plan = comparison_.table;
  const auto names_on = [&](const std::string& axis) {
    std::vector<std::string> names;
    if (axis.empty()) return std::vector<std::string>{""};
    for (const auto& value : comparison_.axis(axis)->values) names.push_back(value.name);
    return names;
  };
  std::vector<Page> pages;
  for (std::size_t i = 0; i < comparison_.cells.size(); ++i) {
    const scenario::Cell& cell = comparison_.cells[i];
    std::vector<std::string> title;
    for (std::size_t a = 0; a < comparison_.axes.size(); ++a) {
      const std::string& axis = comparison_.axes[a].name;
      if (axis == plan.rows || axis == plan.columns) continue;
      title.push_back(axis + " = " + comparison_.axes[a].values[cell.at[a]].name);
    }
    const std::string name = scenario::join(title, ", ");
    auto page = std::ranges::find(pages, name, &Page::title);
    if (page == pages.end()) {
      pages.push_back({.title = name,
                       .rows = names_on(plan.rows),
                       .columns = names_on(plan.columns),
                       .cells = {}});
      page = pages.end() - 1;
      page->cells.assign(page->rows.size(), std::vector<std::size_t>(page->columns.size()));
    }
    const std::size_t row = plan.rows.empty() ? 0 : comparison_.value_on(cell, plan.rows);
    const std::size_t column = plan.columns.empty() ? 0 : comparison_.value_on(cell, plan.columns);
    page->cells[row][column] = i;
  }
  return pages;
}

template <class Text>
ComparisonTable::Grid ComparisonTable::grid(std::string title, const Page& page,
                                            Text&& text_of_cell) const {
  Grid grid{.title = std::move(title), .header = {comparison_.table.rows}, .rows = {}};
  grid.header.insert(grid.header.end(), page.columns.begin(), page.columns.end());
  for (std::size_t r = 0; r < page.rows.size(); ++r) {
    std::vector<std::string> row{page.rows[r]};
    for (const std::size_t cell : page.cells[r]) row.push_back(text_of_cell(cell));
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

std::vector<ComparisonTable::Grid> ComparisonTable::grids(const Page& page) const {
  std::vector<Grid> grids;
  if (comparison_.table.map) {
    grids.push_back(grid("outcome", page, [&](std::size_t cell) { return outcome_text(cell); }));
    return grids;
  }
  grids.push_back(grid("verdict", page, [&](std::size_t cell) { return verdict_text(cell); }));
  for (std::size_t m = 0; m < comparison_.table.metrics.size(); ++m) {
    const std::string unit = unit_words(m);
    const std::string& metric = comparison_.table.metrics[m];
    grids.push_back(grid(metric + (unit.empty() ? "" : ", " + unit), page,
                         [&](std::size_t cell) { return value_text(cell, m); }));
    if (comparison_.table.baseline.empty()) continue;
    grids.push_back(grid(metric + " against " + comparison_.table.baseline, page,
                         [&](std::size_t cell) { return ratio_text(cell, m); }));
  }
  return grids;
}

std::vector<std::string> ComparisonTable::footnotes() const {
  std::vector<std::string> notes{
      comparison_.table.map
          ? "live: safe, and goes on; stalled: safe, and does not; violated: safety is lost."
          : "± and ( – ) are 95 % intervals over seeds; ratios are of runs with the same seed."};
  std::set<std::string> seen;
  for (const scenario::Cell& cell : comparison_.cells) {
    if (!cell.excluded.empty() && seen.insert(cell.excluded).second)
      notes.push_back("n/a: " + cell.excluded);
  }
  if (interrupted_) notes.push_back("Interrupted: cells have the runs that were done.");
  return notes;
}

std::string ComparisonTable::headline() const {
  std::string text = comparison_.name + "   ";
  for (std::size_t a = 0; a < comparison_.axes.size(); ++a) {
    text += fmt::format("{}{} {}", a == 0 ? "" : " × ", comparison_.axes[a].values.size(),
                        comparison_.axes[a].name);
  }
  const auto excluded = std::ranges::count_if(
      comparison_.cells, [](const auto& cell) { return !cell.excluded.empty(); });
  const auto seeds = comparison_.seeds.last - comparison_.seeds.first + 1;
  return text + fmt::format(" = {} cells{}, {} seeds = {} runs", comparison_.cells.size(),
                            excluded == 0 ? "" : fmt::format(" - {} excluded", excluded), seeds,
                            planned());
}

std::string ComparisonTable::verdict_line() const {
  const RunVerdict v = verdict();
  const std::string word = v == RunVerdict::pass   ? "PASS"
                           : v == RunVerdict::fail ? "FAIL"
                                                   : "INCONCLUSIVE";
  if (comparison_.table.map) {
    const auto bugs = std::ranges::count_if(cells_, [](const auto& c) { return c.inside > 0; });
    return fmt::format("{}  {}   {} runs", word,
                       bugs == 0 ? "nothing that the fault models do not allow"
                                 : fmt::format("{} cells break inside the fault model", bugs),
                       runs());
  }
  return fmt::format(
      "{}  {} of {} runs   {} runs a second", word, passed_, planned(),
      wall_seconds_ > 0 ? short_number(static_cast<double>(runs()) / wall_seconds_) : "-");
}

std::string ComparisonTable::text(const Style& style) const {
  std::string text;
  for (const Page& page : pages()) {
    if (!page.title.empty()) text += "\n" + painted(page.title, Tone::strong, style) + "\n";
    const auto tables = grids(page);
    std::vector<std::size_t> widths(tables.front().header.size());
    for (const Grid& grid : tables) {
      for (std::size_t c = 0; c < widths.size(); ++c) {
        widths[c] = std::max(widths[c], width(grid.header[c]));
        for (const auto& row : grid.rows) widths[c] = std::max(widths[c], width(row[c]));
      }
    }
    const auto line = [&](const std::vector<std::string>& row) {
      std::string result = "    " + padded(row[0], widths[0]);
      for (std::size_t c = 1; c < row.size(); ++c) result += "   " + padded_left(row[c], widths[c]);
      return result + "\n";
    };
    for (const Grid& grid : tables) {
      text += "\n  " + painted(grid.title, Tone::dim, style) + "\n" + line(grid.header);
      for (const auto& row : grid.rows) text += line(row);
    }
  }
  text += "\n";
  for (const std::string& note : footnotes()) text += "  " + note + "\n";
  text += "\n" + verdict_line() + "\n";
  return style.ascii ? to_ascii(text) : text;
}

std::string ComparisonTable::markdown() const {
  std::string text = "# " + comparison_.name + "\n\n" + headline() + "\n";
  for (const Page& page : pages()) {
    if (!page.title.empty()) text += "\n## " + page.title + "\n";
    for (const Grid& grid : grids(page)) {
      text += "\n**" + grid.title + "**\n\n|";
      for (const auto& name : grid.header) text += " " + name + " |";
      text += "\n|";
      for (std::size_t c = 0; c < grid.header.size(); ++c) text += c == 0 ? "---|" : "--:|";
      text += "\n";
      for (const auto& row : grid.rows) {
        text += "|";
        for (const auto& cell : row) text += " " + escaped(cell, "|") + " |";
        text += "\n";
      }
    }
  }
  text += "\n";
  for (const std::string& note : footnotes()) text += "- " + note + "\n";
  return text;
}

std::string ComparisonTable::latex() const {
  std::string text = "% " + headline() + "\n";
  for (const Page& page : pages()) {
    for (const Grid& grid : grids(page)) {
      text += "\\begin{table}\n  \\centering\n  \\begin{tabular}{l" +
              std::string(grid.header.size() - 1, 'r') + "}\n    \\hline\n";
      const auto line = [&](const std::vector<std::string>& row) {
        std::vector<std::string> cells;
        for (const auto& cell : row) cells.push_back(in_latex(cell));
        text += "    " + scenario::join(cells, " & ") + " \\\\\n";
      };
      line(grid.header);
      text += "    \\hline\n";
      for (const auto& row : grid.rows) line(row);
      text += "    \\hline\n  \\end{tabular}\n  \\caption{" +
              in_latex(grid.title + (page.title.empty() ? "" : "; " + page.title)) +
              "}\n\\end{table}\n";
    }
  }
  return text;
}

// Colours of the Okabe-Ito palette, which the colour-blind can tell apart; every square says its
// outcome in words, too.
std::string ComparisonTable::svg() const {
  constexpr int kColumn = 118, kRow = 34, kLeft = 190, kTop = 84, kGap = 56;
  const auto text = [](int x, int y, std::string_view style, const std::string& words) {
    return fmt::format("  <text x=\"{}\" y=\"{}\" {}>{}</text>\n", x, y, style, xml_text(words));
  };
  std::string body;
  int y = kTop, width = 0;
  for (const Page& page : pages()) {
    body += text(16, y - 12, "font-weight=\"bold\"", page.title);
    const auto column = [&](std::size_t c) { return kLeft + static_cast<int>(c) * kColumn; };
    for (std::size_t c = 0; c < page.columns.size(); ++c) {
      body += text(column(c) + kColumn / 2, y - 12, "text-anchor=\"middle\" fill=\"#555\"",
                   page.columns[c]);
    }
    for (std::size_t r = 0; r < page.rows.size(); ++r, y += kRow) {
      body += text(kLeft - 12, y + 22, "text-anchor=\"end\"", page.rows[r]);
      for (std::size_t c = 0; c < page.columns.size(); ++c) {
        body += fmt::format(
            "  <rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"4\" fill=\"{}\"/>\n",
            column(c) + 2, y + 2, kColumn - 4, kRow - 4, colour_of(cells_[page.cells[r][c]]));
        body += text(column(c) + kColumn / 2, y + 22, "text-anchor=\"middle\" font-size=\"12\"",
                     outcome_text(page.cells[r][c]));
      }
    }
    width = std::max(width, column(page.columns.size()) + 16);
    y += kGap;
  }
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" "
             "font-family=\"sans-serif\" font-size=\"14\">\n"
             "  <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
             width, y - kGap + 16) +
         text(16, 32, "font-size=\"18\" font-weight=\"bold\"", comparison_.name) + body +
         "</svg>\n";
}

std::string ComparisonTable::csv() const {
  std::string text;
  for (const scenario::Axis& axis : comparison_.axes) text += in_csv(axis.name) + ",";
  text +=
      "runs,passed,failed,inconclusive,unsafe,excluded,metric,samples,mean,low,high,ratio,"
      "ratio_low,ratio_high\n";
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const scenario::Cell& cell = comparison_.cells[i];
    std::string start;
    for (std::size_t a = 0; a < comparison_.axes.size(); ++a)
      start += in_csv(comparison_.axes[a].values[cell.at[a]].name) + ",";
    start += fmt::format("{},{},{},{},{},{},", cells_[i].runs(), cells_[i].passed, cells_[i].failed,
                         cells_[i].inconclusive, cells_[i].unsafe, in_csv(cell.excluded));
    for (std::size_t m = 0; m < units_.size(); ++m) {
      const Estimate e = estimate(i, m), r = ratio(i, m);
      text += start + in_csv(comparison_.table.metrics[m]) + fmt::format(",{}", e.samples);
      text += e.samples == 0 ? ",,," : fmt::format(",{},{},{}", e.mean, e.low, e.high);
      text += r.samples == 0 ? ",,,\n" : fmt::format(",{},{},{}\n", r.mean, r.low, r.high);
    }
  }
  return text;
}

std::string ComparisonTable::json() const {
  namespace json = boost::json;
  const auto of = [](const Estimate& e) {
    return json::object{{"mean", e.mean}, {"low", e.low}, {"high", e.high}, {"samples", e.samples}};
  };
  json::array cells;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const scenario::Cell& cell = comparison_.cells[i];
    json::object at, metrics;
    for (std::size_t a = 0; a < comparison_.axes.size(); ++a)
      at[comparison_.axes[a].name] = comparison_.axes[a].values[cell.at[a]].name;
    json::object entry{{"at", at},
                       {"runs", cells_[i].runs()},
                       {"passed", cells_[i].passed},
                       {"failed", cells_[i].failed},
                       {"inconclusive", cells_[i].inconclusive},
                       {"unsafe", cells_[i].unsafe}};
    if (!cell.excluded.empty()) entry["excluded"] = cell.excluded;
    if (!cells_[i].violated.empty()) entry["violated"] = cells_[i].violated;
    for (std::size_t m = 0; m < units_.size(); ++m) {
      const Estimate e = estimate(i, m), r = ratio(i, m);
      if (e.samples == 0) continue;
      json::object figure = of(e);
      if (r.samples > 0) figure["ratio"] = of(r);
      metrics[comparison_.table.metrics[m]] = std::move(figure);
    }
    entry["metrics"] = std::move(metrics);
    cells.push_back(std::move(entry));
  }
  return pretty(json::object{{"schema", 1},
                             {"kind", "comparison"},
                             {"name", comparison_.name},
                             {"verdict", to_string(verdict())},
                             {"first_seed", comparison_.seeds.first},
                             {"last_seed", comparison_.seeds.last},
                             {"baseline", comparison_.table.baseline},
                             {"interrupted", interrupted_},
                             {"trace_hash", to_hex(trace_hash_)},
                             {"cells", std::move(cells)}}) +
         "\n";
}

}  // namespace byzlab
