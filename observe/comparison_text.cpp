// A comparison as text: terminal, Markdown, LaTeX, CSV.
#include <fmt/format.h>

#include <algorithm>

#include "observe/comparison_layout.h"
#include "observe/numbers.h"
#include "testbed/scenario/text.h"

namespace byzlab {
namespace {

using Ratios = ComparisonLayout::Ratios;

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

std::string in_csv(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

/// Tables below each other, their columns in line.
std::string aligned(const std::vector<Grid>& grids, const Style& style) {
  std::vector<std::size_t> widths;
  const auto measure = [&](const std::vector<std::string>& row) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width(row[c]));
  };
  for (const Grid& grid : grids) {
    measure(grid.header);
    for (const auto& row : grid.rows) measure(row);
  }
  const auto line = [&](const std::vector<std::string>& row) {
    std::string result = "    " + padded(row[0], widths[0]);
    for (std::size_t c = 1; c < row.size(); ++c) result += "   " + padded_left(row[c], widths[c]);
    return result + "\n";
  };
  std::string text;
  for (const Grid& grid : grids) {
    text += "\n  " + painted(grid.title, Tone::dim, style) + "\n" + line(grid.header);
    for (const auto& row : grid.rows) text += line(row);
  }
  return text;
}

std::string in_markdown(const Grid& grid) {
  std::string text = "\n**" + grid.title + "**\n\n|";
  for (const auto& name : grid.header) text += " " + name + " |";
  text += "\n|";
  for (std::size_t c = 0; c < grid.header.size(); ++c) text += c == 0 ? "---|" : "--:|";
  text += "\n";
  for (const auto& row : grid.rows) {
    text += "|";
    for (const auto& cell : row) text += " " + escaped(cell, "|") + " |";
    text += "\n";
  }
  return text;
}

std::string in_latex(const Grid& grid, const std::string& page) {
  std::string text = "\\begin{table}\n  \\centering\n  \\begin{tabular}{l" +
                     std::string(grid.header.size() - 1, 'r') + "}\n    \\hline\n";
  const auto line = [&](const std::vector<std::string>& row) {
    std::vector<std::string> cells;
    for (const auto& cell : row) cells.push_back(in_latex(cell));
    text += "    " + scenario::join(cells, " & ") + " \\\\\n";
  };
  line(grid.header);
  text += "    \\hline\n";
  for (const auto& row : grid.rows) line(row);
  return text + "    \\hline\n  \\end{tabular}\n  \\caption{" +
         in_latex(grid.title + (page.empty() ? "" : "; " + page)) + "}\n\\end{table}\n";
}

std::string growth_title(const scenario::ComparisonPlan& plan) {
  return "growth with " + plan.sizes()->name;
}

constexpr const char* kGrowth =
    "Exponents of growth are least squares through the logarithms, seed by seed: the median of n "
    "slopes with its 95 % interval (of fewer than six, their range). Seeds in which a value is 0 "
    "or "
    "missing are left out; r² is given where a power law explains less than 98 %.";

}  // namespace

std::string ComparisonTable::headline() const {
  std::string text = comparison_.name + "   ";
  for (std::size_t a = 0; a < comparison_.axes.size(); ++a) {
    text += fmt::format("{}{} {}", a == 0 ? "" : " × ", comparison_.axes[a].values.size(),
                        comparison_.axes[a].name);
  }
  const auto excluded = std::ranges::count_if(
      comparison_.cells, [](const auto& cell) { return !cell.excluded.empty(); });
  return text + fmt::format(" = {} cells{}, {} {}seeds = {} runs", comparison_.cells.size(),
                            excluded == 0 ? "" : fmt::format(" - {} excluded", excluded),
                            comparison_.seeds_of_a_cell(),
                            comparison_.seeds.paired ? "paired " : "", planned());
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
  const ComparisonLayout layout(*this);
  std::string text;
  const auto titled = [&](const std::string& title, const std::vector<Grid>& grids) {
    if (!title.empty()) text += "\n" + painted(title, Tone::strong, style) + "\n";
    text += aligned(grids, style);
  };
  for (const Page& page : layout.pages()) titled(page.title, layout.grids(page, Ratios::beside));
  const auto growth = layout.scaling();
  if (!growth.empty()) titled(growth_title(comparison_), growth);
  text += "\n";
  for (const std::string& note : layout.footnotes(Ratios::beside)) text += "  " + note + "\n";
  if (!growth.empty()) text += std::string("  ") + kGrowth + "\n";
  for (const std::string& line : warnings()) text += "  " + line + "\n";
  text += "\n" + verdict_line() + "\n";
  return style.ascii ? to_ascii(text) : text;
}

std::string ComparisonTable::markdown() const {
  const ComparisonLayout layout(*this);
  std::string text = "# " + comparison_.name + "\n\n";
  if (!comparison_.description.empty()) text += comparison_.description + "\n\n";
  text += headline() + "\n";
  for (const Page& page : layout.pages()) {
    if (!page.title.empty()) text += "\n## " + page.title + "\n";
    for (const Grid& grid : layout.grids(page, Ratios::apart)) text += in_markdown(grid);
  }
  const auto growth = layout.scaling();
  if (!growth.empty()) text += "\n## " + growth_title(comparison_) + "\n";
  for (const Grid& grid : growth) text += in_markdown(grid);
  text += "\n";
  for (const std::string& note : layout.footnotes(Ratios::apart)) text += "- " + note + "\n";
  if (!growth.empty()) text += std::string("- ") + kGrowth + "\n";
  for (const std::string& line : warnings()) text += "- " + line + "\n";
  return text;
}

std::string ComparisonTable::latex() const {
  const ComparisonLayout layout(*this);
  std::string text = "% " + headline() + "\n";
  for (const Page& page : layout.pages()) {
    for (const Grid& grid : layout.grids(page, Ratios::apart)) text += in_latex(grid, page.title);
  }
  for (const Grid& grid : layout.scaling()) text += in_latex(grid, "");
  for (const std::string& note : layout.footnotes(Ratios::apart)) text += "% " + note + "\n";
  return text;
}

std::string ComparisonTable::csv() const {
  std::string text;
  for (const scenario::Axis& axis : comparison_.axes) text += in_csv(axis.name) + ",";
  text +=
      "runs,unsafe,passed,failed,inconclusive,stalled,stopped,outcome,carried,carried_samples,"
      "excluded,metric,samples,median,low,high,mean,above_zero,ratio,ratio_low,ratio_high,"
      "ratio_samples,ratio_left_out\n";
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const scenario::Cell& cell = comparison_.cells[i];
    std::string start;
    for (std::size_t a = 0; a < comparison_.axes.size(); ++a)
      start += in_csv(comparison_.axes[a].values[cell.at[a]].name) + ",";
    const auto share = carried(i);
    start += fmt::format("{},{},{},{},{},{},{},{},{},{},{},", cells_[i].runs(), cells_[i].unsafe,
                         cells_[i].passed, cells_[i].failed, cells_[i].inconclusive,
                         cells_[i].stalled, cells_[i].stopped, to_string(outcome(i)),
                         share ? fmt::format("{:.4f}", *share) : "", cells_[i].carried.size(),
                         in_csv(cell.excluded));
    for (std::size_t m = 0; m < units_.size(); ++m) {
      const Estimate e = estimate(i, m), r = ratio(i, m);
      text += start + in_csv(comparison_.table.metrics[m]) + fmt::format(",{}", e.samples);
      if (e.samples == 0)
        text += ",,,,,";
      else if (is_pooled(m))
        text += fmt::format(",{},,,,", e.value);
      else
        text += fmt::format(",{},{},{},{},{}", e.value, e.low, e.high, e.mean, e.above_zero);
      text += r.samples == 0 ? ",,," : fmt::format(",{},{},{}", r.value, r.low, r.high);
      text += fmt::format(",{},{}\n", r.samples, r.left_out);
    }
  }
  return text;
}

}  // namespace byzlab
