// A comparison's results: every cell with its runs, and the table of them for people and programs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "observe/statistics.h"
#include "observe/style.h"
#include "testbed/report.h"
#include "testbed/scenario/comparison.h"

namespace byzlab {

/// What the runs of one cell came to.
struct CellResult {
  std::uint64_t passed = 0, failed = 0, inconclusive = 0;
  std::uint64_t unsafe = 0;   ///< runs in which a safety property was violated
  std::uint64_t stalled = 0;  ///< safe runs in which something did not go on as expected
  std::uint64_t inside = 0;   ///< runs with a failure that the fault model does not allow
  std::string violated;       ///< the first such property: "agreement"
  std::string first_failure;  ///< what failed first, else: "recovery: 5s after split"
  /// By metric of the plan, then by seed; none where the run has no such figure.
  std::vector<std::vector<std::optional<double>>> values;
  std::uint64_t runs() const { return passed + failed + inconclusive; }
};

class ComparisonTable {
 public:
  ComparisonTable(const scenario::ComparisonPlan& comparison, const scenario::Catalogue& catalogue);

  /// The report of cell `cell` with the seed of that index.
  void add(std::size_t cell, std::uint64_t seed_index, const Report& report);
  void set_wall_seconds(double seconds) { wall_seconds_ = seconds; }
  void set_interrupted() { interrupted_ = true; }

  RunVerdict verdict() const;
  std::uint64_t runs() const { return passed_ + failed_ + inconclusive_; }
  std::uint64_t passed() const { return passed_; }
  std::uint64_t failed() const { return failed_; }
  std::uint64_t inconclusive() const { return inconclusive_; }
  /// Runs there would be if all were done.
  std::uint64_t planned() const;
  const CellResult& cell(std::size_t i) const { return cells_[i]; }
  /// A combined hash of all traces in the order they were added: proves the whole comparison.
  std::uint64_t trace_hash() const { return trace_hash_; }

  /// "compare-wan   4 protocol x 3 replicas x 4 condition = 48 cells - 3 excluded, 10 seeds …"
  std::string headline() const;
  std::string text(const Style& style) const;
  std::string verdict_line() const;
  std::string markdown() const;
  std::string latex() const;
  /// A picture of the outcomes: engines by columns, a square a cell.
  std::string svg() const;
  /// One line a cell and metric.
  std::string csv() const;
  std::string json() const;

 private:
  /// A table of texts: the header's first column is empty, or names the axis.
  struct Grid {
    std::string title;
    std::vector<std::string> header;
    std::vector<std::vector<std::string>> rows;
  };
  struct Figure;
  struct Page;

  std::vector<Page> pages() const;
  std::vector<Grid> grids(const Page& page) const;
  template <class Text>
  Grid grid(std::string title, const Page& page, Text&& text_of_cell) const;
  std::string verdict_text(std::size_t cell) const;
  std::string outcome_text(std::size_t cell) const;
  std::string value_text(std::size_t cell, std::size_t metric) const;
  std::string ratio_text(std::size_t cell, std::size_t metric) const;
  Estimate estimate(std::size_t cell, std::size_t metric) const;
  Estimate ratio(std::size_t cell, std::size_t metric) const;
  /// The same cell with the baseline in its row; none without one.
  std::optional<std::size_t> baseline_of(std::size_t cell) const;
  std::vector<std::string> footnotes() const;
  std::string unit_words(std::size_t metric) const;

  const scenario::ComparisonPlan& comparison_;
  std::vector<scenario::MetricUnit> units_;  // by metric of the plan
  std::vector<CellResult> cells_;
  std::uint64_t passed_ = 0, failed_ = 0, inconclusive_ = 0;
  std::uint64_t trace_hash_ = 0;
  double wall_seconds_ = 0;
  bool interrupted_ = false;
};

}  // namespace byzlab
