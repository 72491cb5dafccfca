#include "observe/comparison_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "observe/numbers.h"
#include "observe/tally.h"
#include "testbed/scenario/text.h"

namespace byzlab {
namespace {

using scenario::MetricUnit;

/// Cells that commit less of what was submitted are marked.
constexpr double kCarriesAll = 0.9;
/// A fit that explains less is no power law.
constexpr double kIsPowerLaw = 0.98;

double scale_of(MetricUnit unit) {
  if (unit == MetricUnit::seconds) return 1e3;
  return unit == MetricUnit::bytes ? 1e-3 : 1;
}

/// "138 (131–152)": the median and its interval; of fewer than six runs "(range 131–152)".
std::string between(double low, double high, double confidence) {
  constexpr double kAnInterval = 0.93;
  return fmt::format(" ({}{}–{})", confidence < kAnInterval ? "range " : "", short_number(low),
                     short_number(high));
}

std::string with_interval(const Estimate& e, double scale) {
  std::string text = short_number(e.value * scale);
  if (e.low != e.high) text += between(e.low * scale, e.high * scale, e.confidence);
  return text;
}

/// "2/10 (6–51 %)"; "2/10, 3 open (6–81 %)": how often, and what that says of all seeds.
std::string share_text(std::uint64_t count, std::uint64_t open, std::uint64_t runs) {
  const Interval share = wilson_with_open(count, open, runs);
  return fmt::format("{}/{}{} ({}–{} %)", count, runs,
                     open > 0 ? fmt::format(", {} open", open) : "", std::lround(share.low * 100),
                     std::lround(share.high * 100));
}

/// Of a figure that is 0 in most runs, or in all of them: how often it is, and the most it was.
std::string zero_text(const Estimate& e, double scale) {
  std::string text = "0 in " + share_text(e.samples - e.above_zero, 0, e.samples);
  if (e.max > 0) text += ", ≤ " + short_number(e.max * scale);
  return text;
}

std::string law_text(const PowerLaw& law) {
  if (law.samples == 0) return law.left_out > 0 ? fmt::format("- ({} with 0)", law.left_out) : "-";
  std::string text = fmt::format("{:.2f}", law.exponent);
  const auto low = fmt::format("{:.2f}", law.low), high = fmt::format("{:.2f}", law.high);
  if (low != high)
    text += fmt::format(" ({}{}–{})", law.confidence < 0.93 ? "range " : "", low, high);
  text += fmt::format(", n = {}", law.samples);
  if (law.left_out > 0) text += fmt::format(", {} left out", law.left_out);
  const bool grows = law.low > 0 || law.high < 0;
  if (grows && law.r_squared < kIsPowerLaw) text += fmt::format(" (r² {:.2f})", law.r_squared);
  return text;
}

/// ", 3 divide by 0"
std::string left_out_text(const Estimate& ratio) {
  return ratio.left_out > 0 ? fmt::format(", {} divide by 0", ratio.left_out) : "";
}

}  // namespace

ComparisonLayout::ComparisonLayout(const ComparisonTable& table)
    : table_(table), plan_(table.plan()) {
  for (const scenario::Cell& cell : plan_.cells) {
    if (!cell.excluded.empty() && std::ranges::find(reasons_, cell.excluded) == reasons_.end())
      reasons_.push_back(cell.excluded);
  }
  pages_ = make_pages();
}

std::vector<Grid> ComparisonLayout::grids(const Page& page, Ratios ratios) const {
  if (plan_.table.map)
    return {grid("outcome", page, [&](std::size_t cell) { return outcome_text(cell); })};
  std::vector<Grid> grids;
  grids.push_back(grid("verdict", page, [&](std::size_t cell) { return verdict_text(cell); }));
  for (std::size_t m = 0; m < plan_.table.metrics.size(); ++m) {
    const std::string unit = unit_words(m);
    const std::string& metric = plan_.table.metrics[m];
    grids.push_back(grid(metric + (unit.empty() ? "" : ", " + unit), page,
                         [&](std::size_t cell) { return value_text(cell, m, ratios); }));
    if (plan_.table.baseline.empty() || ratios == Ratios::beside || table_.is_pooled(m)) continue;
    grids.push_back(grid(metric + " against " + plan_.table.baseline, page,
                         [&](std::size_t cell) { return ratio_text(cell, m); }));
  }
  return grids;
}

std::vector<Grid> ComparisonLayout::scaling() const {
  const auto lines = table_.scaling();
  std::vector<Grid> grids;
  if (lines.empty() || plan_.table.map) return grids;
  // What is left of the axes without the sizes: rows, and columns of everything else.
  const scenario::Axis* sizes = plan_.sizes();
  const std::string rows = plan_.table.rows == sizes->name ? "" : plan_.table.rows;
  const auto name_of = [&](std::size_t cell, bool of_row) {
    std::vector<std::string> names;
    for (std::size_t a = 0; a < plan_.axes.size(); ++a) {
      const scenario::Axis& axis = plan_.axes[a];
      if (axis.name == sizes->name || (axis.name == rows) != of_row) continue;
      names.push_back(axis.values[plan_.cells[cell].at[a]].name);
    }
    return scenario::join(names, ", ");
  };
  for (std::size_t m = 0; m < plan_.table.metrics.size(); ++m) {
    Grid grid{.title = fmt::format("{} ~ {}^", plan_.table.metrics[m], sizes->name),
              .header = {rows},
              .rows = {}};
    bool has_any = false;
    for (const Scaling& line : lines) {
      has_any = has_any || line.laws[m].samples > 0;
      const std::string column = name_of(line.cell, false), row = name_of(line.cell, true);
      const auto at = static_cast<std::size_t>(
          std::find(grid.header.begin() + 1, grid.header.end(), column) - grid.header.begin());
      if (at == grid.header.size()) grid.header.push_back(column);
      auto found = std::ranges::find(grid.rows, row, [](const auto& r) { return r.front(); });
      if (found == grid.rows.end()) found = grid.rows.insert(found, {row});
      found->resize(std::max(found->size(), at + 1), "-");
      (*found)[at] = law_text(line.laws[m]);
    }
    for (auto& row : grid.rows) row.resize(grid.header.size(), "-");
    if (has_any) grids.push_back(std::move(grid));
  }
  return grids;
}

std::vector<std::string> ComparisonLayout::footnotes(Ratios ratios) const {
  std::vector<std::string> notes;
  const std::uint64_t seeds = plan_.seeds_of_a_cell();
  const bool full = std::ranges::all_of(plan_.cells, [&](const scenario::Cell& cell) {
    const auto index = static_cast<std::size_t>(&cell - plan_.cells.data());
    return !cell.excluded.empty() || table_.cell(index).runs() == seeds;
  });
  if (plan_.table.map) {
    notes.emplace_back(
        "live: safe, and goes on; safe: nothing was expected to go on; stalled: safe, and does not "
        "go on; violated: safety is lost. k/n: in k of n runs.");
  } else {
    notes.push_back(fmt::format(
        "{}( – ) is the 95 % interval of the median over all seeds; of fewer than six runs it is "
        "their range.",
        full
            ? fmt::format(
                  "Each figure is the median of {} runs, seeds {}, or (n = …) of those that have "
                  "it; ",
                  seeds,
                  plan_.seeds.paired
                      ? fmt::format("{}..{} in every cell", plan_.seeds.first, plan_.seeds.last)
                      : "of its own in every cell")
            : "Each figure is the median of the runs that its cell's verdict counts, or (n = …) of "
              "those that have it; "));
    if (!plan_.table.baseline.empty()) {
      const std::string what =
          plan_.seeds.paired
              ? fmt::format(
                    "the median of the factors of pairs, runs with the same seed, against "
                    "{}: not the quotient of two medians",
                    plan_.table.baseline)
              : fmt::format("the quotient of the medians of two groups, against {}",
                            plan_.table.baseline);
      notes.push_back(ratios == Ratios::beside
                          ? "× is " + what + "; ≈ where its 95 % interval has 1 in it."
                          : "Factors are " + what + "; ( – ) is their 95 % interval.");
    }
  }
  const auto any_cell = [&](auto predicate) {
    for (std::size_t i = 0; i < plan_.cells.size(); ++i) {
      if (predicate(i)) return true;
    }
    return false;
  };
  if (any_cell([&](std::size_t i) {
        const CellResult& cell = table_.cell(i);
        return !plan_.table.map && cell.runs() > 0;
      })) {
    notes.emplace_back("( – %) is Wilson's 95 % interval of the share of all seeds.");
  }
  if (plan_.table.map) notes.push_back(of_all_seeds());
  if (any_cell([&](std::size_t i) {
        return table_.cell(i).safety_open > 0 || table_.cell(i).progress_open > 0 ||
               table_.cell(i).inconclusive > 0;
      }) &&
      !plan_.table.map) {
    notes.emplace_back(
        "k open: these runs came to no answer; the interval holds both that all and that none of "
        "them count.");
  }
  if (!plan_.table.map && any_cell([&](std::size_t i) { return table_.cell(i).unsafe > 0; }))
    notes.emplace_back("✗ before a figure: safety was violated in this cell.");
  if (!plan_.table.map && any_cell([&](std::size_t i) { return is_overloaded(i); })) {
    notes.emplace_back(
        "carries k %: of the requests submitted after the warm-up only k % were committed by the "
        "end of the run, on average over the runs. The cell is overloaded or stood still, or its "
        "latency is no small part of the run; its latencies are of those that got through.");
  }
  for (std::size_t m = 0; m < plan_.table.metrics.size() && !plan_.table.map; ++m) {
    if (!table_.is_pooled(m)) continue;
    notes.emplace_back(
        "pooled percentiles are of all samples of all runs of the cell, within 1 %; those without "
        "this word are medians of each run's percentile.");
    break;
  }
  for (std::size_t i = 0; i < reasons_.size(); ++i) {
    notes.push_back(fmt::format(
        "[{}] excluded, {} cells: {}", i + 1,
        std::ranges::count(plan_.cells, reasons_[i], &scenario::Cell::excluded), reasons_[i]));
  }
  std::uint64_t stopped = 0;
  for (std::size_t i = 0; i < plan_.cells.size(); ++i) stopped += table_.cell(i).stopped;
  if (stopped > 0)
    notes.push_back(fmt::format(
        "{} stopped at a limit or crashed: no figure, factor or fit counts them, runs.jsonl "
        "names them.",
        stopped == 1 ? "1 run was" : fmt::format("{} runs were", stopped)));
  if (table_.is_interrupted())
    notes.emplace_back("Interrupted: cells have the runs that were done.");
  return notes;
}

// ------------------------------------------------------------------------------- the words of
// cells

std::string ComparisonLayout::absent(std::size_t index) const {
  const std::string& why = plan_.cells[index].excluded;
  if (why.empty()) return "";
  return fmt::format("n/a [{}]", std::ranges::find(reasons_, why) - reasons_.begin() + 1);
}

bool ComparisonLayout::is_overloaded(std::size_t index) const {
  const auto share = table_.carried(index);
  return share && *share < kCarriesAll;
}

/// "carries 41 %", and of how many runs where not of all.
std::string ComparisonLayout::carries_text(std::size_t index) const {
  const CellResult& cell = table_.cell(index);
  std::string text = "carries " + percent(std::floor(*table_.carried(index) * 100) / 100);
  if (cell.carried.size() < cell.runs()) text += fmt::format(" (n = {})", cell.carried.size());
  return text;
}

std::string ComparisonLayout::verdict_text(std::size_t index) const {
  const CellResult& cell = table_.cell(index);
  if (auto text = absent(index); !text.empty()) return text;
  if (cell.runs() == 0) return "-";
  std::string text = "✓ " + share_text(cell.passed, 0, cell.runs());
  if (cell.unsafe > 0) {
    text = fmt::format("✗ {} {}", cell.violated,
                       share_text(cell.unsafe, cell.safety_open, cell.runs()));
  } else if (cell.failed > 0) {
    text = fmt::format("✗ {} {}", cell.first_failure,
                       share_text(cell.failed, cell.inconclusive, cell.runs()));
  } else if (cell.inconclusive > 0) {
    text = fmt::format("✓ {}", share_text(cell.passed, cell.inconclusive, cell.runs()));
    text.replace(0, std::string_view("✓").size(), "?");
  }
  return text + (is_overloaded(index) ? ", " + carries_text(index) : "");
}

std::string ComparisonLayout::of_all_seeds() const {
  const std::uint64_t seeds = plan_.seeds_of_a_cell();
  const long most = std::lround(wilson(0, seeds).high * 100);
  return fmt::format(
      "Of all seeds, 0/{0} is 0–{1} %, and {0}/{0} is {2}–100 % (Wilson's 95 % interval).", seeds,
      most, 100 - most);
}

std::string ComparisonLayout::outcome_text(std::size_t index) const {
  const CellResult& cell = table_.cell(index);
  const auto of = [&](std::string_view what, std::uint64_t count) {
    return fmt::format("{}{} {}/{}", cell.inside > 0 ? "BUG: " : "", what, count, cell.runs());
  };
  switch (table_.outcome(index)) {
    case CellOutcome::excluded: return absent(index);
    case CellOutcome::none: return "-";
    case CellOutcome::live: return of("✓ live", cell.live);
    case CellOutcome::safe: return of("✓ safe", cell.runs());
    case CellOutcome::undecided: return of("? live", cell.live);
    case CellOutcome::stalled: return of("? stalled", cell.stalled);
    case CellOutcome::violated: return of("✗ violated", cell.unsafe);
  }
  return "";
}

std::string ComparisonLayout::value_text(std::size_t index, std::size_t metric,
                                         Ratios ratios) const {
  if (auto text = absent(index); !text.empty()) return text;
  const CellResult& cell = table_.cell(index);
  const Estimate e = table_.estimate(index, metric);
  const std::string first = cell.unsafe > 0 ? "✗ " : "";
  if (e.samples == 0) return first + "-";
  const double scale = scale_of(table_.unit(metric));
  const bool mostly_zero = e.value == 0 && !table_.is_pooled(metric);
  std::string text = first + (mostly_zero ? zero_text(e, scale) : with_interval(e, scale));
  if (!mostly_zero && (e.samples < cell.runs() || cell.runs() == 1))
    text += fmt::format(" (n = {})", e.samples);
  if (ratios == Ratios::apart) return text;
  const Estimate r = table_.ratio(index, metric);
  if (r.samples < 2 && r.left_out == 0) return text;
  if (r.samples < 2) return text + fmt::format(" × -{}", left_out_text(r));
  text += r.low <= 1 && 1 <= r.high ? " ≈" : fmt::format(" ×{}", short_number(r.value));
  return text +
         (plan_.seeds.paired ? fmt::format(" of {} pairs", r.samples)
                             : fmt::format(" (n = {})", r.samples)) +
         left_out_text(r);
}

std::string ComparisonLayout::ratio_text(std::size_t index, std::size_t metric) const {
  if (auto text = absent(index); !text.empty()) return text;
  if (table_.baseline_of(index) == index) return "1";
  const Estimate e = table_.ratio(index, metric);
  if (e.samples == 0 && e.left_out == 0) return "-";
  const std::string count = fmt::format(", n = {}{}", e.samples, left_out_text(e));
  if (e.samples == 0) return "-" + count;
  std::string text = short_number(e.value) + " ×";
  if (e.samples > 1 && e.low != e.high) text += between(e.low, e.high, e.confidence);
  return text + count;
}

std::string ComparisonLayout::unit_words(std::size_t metric) const {
  switch (table_.unit(metric)) {
    case MetricUnit::none: return "";
    case MetricUnit::seconds: return "ms";
    case MetricUnit::bytes: return "kB";
    case MetricUnit::ratio: return "";
    case MetricUnit::blocks: return "blocks";
    case MetricUnit::transactions: return "tx/s";
  }
  return "";
}

// ----------------------------------------------------------------------------------------- pages

std::vector<Page> ComparisonLayout::make_pages() const {
  const auto& layout = plan_.table;
  const auto names_on = [&](const std::string& axis) {
    std::vector<std::string> names;
    if (axis.empty()) return std::vector<std::string>{""};
    for (const auto& value : plan_.axis(axis)->values) names.push_back(value.name);
    return names;
  };
  std::vector<Page> pages;
  for (std::size_t i = 0; i < plan_.cells.size(); ++i) {
    const scenario::Cell& cell = plan_.cells[i];
    std::vector<std::string> title;
    for (std::size_t a = 0; a < plan_.axes.size(); ++a) {
      const std::string& axis = plan_.axes[a].name;
      if (axis == layout.rows || axis == layout.columns) continue;
      title.push_back(axis + " = " + plan_.axes[a].values[cell.at[a]].name);
    }
    const std::string name = scenario::join(title, ", ");
    auto page = std::ranges::find(pages, name, &Page::title);
    if (page == pages.end()) {
      pages.push_back({.title = name,
                       .rows = names_on(layout.rows),
                       .columns = names_on(layout.columns),
                       .cells = {}});
      page = pages.end() - 1;
      page->cells.assign(page->rows.size(), std::vector<std::size_t>(page->columns.size()));
    }
    const std::size_t row = layout.rows.empty() ? 0 : plan_.value_on(cell, layout.rows);
    const std::size_t column = layout.columns.empty() ? 0 : plan_.value_on(cell, layout.columns);
    page->cells[row][column] = i;
  }
  for (Page& page : pages) drop_empty(page);
  std::erase_if(pages, [](const Page& page) { return page.rows.empty(); });
  return pages;
}

void ComparisonLayout::drop_empty(Page& page) const {
  const auto is_run = [&](std::size_t cell) { return plan_.cells[cell].excluded.empty(); };
  for (std::size_t r = page.rows.size(); r-- > 0;) {
    if (std::ranges::any_of(page.cells[r], is_run)) continue;
    page.rows.erase(page.rows.begin() + static_cast<std::ptrdiff_t>(r));
    page.cells.erase(page.cells.begin() + static_cast<std::ptrdiff_t>(r));
  }
  for (std::size_t c = page.columns.size(); c-- > 0;) {
    if (std::ranges::any_of(page.cells, [&](const auto& row) { return is_run(row[c]); })) continue;
    page.columns.erase(page.columns.begin() + static_cast<std::ptrdiff_t>(c));
    for (auto& row : page.cells) row.erase(row.begin() + static_cast<std::ptrdiff_t>(c));
  }
}

Grid ComparisonLayout::grid(std::string title, const Page& page,
                            const TextOfCell& text_of_cell) const {
  Grid grid{.title = std::move(title), .header = {plan_.table.rows}, .rows = {}};
  grid.header.insert(grid.header.end(), page.columns.begin(), page.columns.end());
  for (std::size_t r = 0; r < page.rows.size(); ++r) {
    std::vector<std::string> row{page.rows[r]};
    for (const std::size_t cell : page.cells[r]) row.push_back(text_of_cell(cell));
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

}  // namespace byzlab
