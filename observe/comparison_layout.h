// How a comparison is laid out: pages of tables of texts, the same for terminal, Markdown, LaTeX
// and pictures, so that they say the same words.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "observe/comparison_table.h"

namespace byzlab {

/// A table of texts. The header's first column names the axis of the rows.
struct Grid {
  std::string title;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
};

/// The cells of one page: by row and column; on all other axes they have the page's values. Rows
/// and columns of which nothing was to be run are left out.
struct Page {
  std::string title;
  std::vector<std::string> rows, columns;
  std::vector<std::vector<std::size_t>> cells;  // by row, then column
};

class ComparisonLayout {
 public:
  explicit ComparisonLayout(const ComparisonTable& table);

  enum class Ratios : std::uint8_t {
    beside,  ///< a factor beside the value, where its interval excludes 1
    apart,   ///< a table of their own, with intervals
  };

  const std::vector<Page>& pages() const { return pages_; }
  std::vector<Grid> grids(const Page& page, Ratios ratios) const;
  /// The exponents of growth, a table a metric; empty without sizes.
  std::vector<Grid> scaling() const;
  /// What the marks in the tables mean.
  std::vector<std::string> footnotes(Ratios ratios) const;
  /// What never, and always, says of the seeds that were not run.
  std::string of_all_seeds() const;
  /// "✓ live 5/5"
  std::string outcome_text(std::size_t cell) const;

 private:
  using TextOfCell = std::function<std::string(std::size_t)>;

  std::vector<Page> make_pages() const;
  void drop_empty(Page& page) const;
  Grid grid(std::string title, const Page& page, const TextOfCell& text_of_cell) const;
  std::string absent(std::size_t cell) const;
  std::string verdict_text(std::size_t cell) const;
  std::string value_text(std::size_t cell, std::size_t metric, Ratios ratios) const;
  std::string ratio_text(std::size_t cell, std::size_t metric) const;
  std::string carries_text(std::size_t cell) const;
  bool is_overloaded(std::size_t cell) const;
  std::string unit_words(std::size_t metric) const;

  const ComparisonTable& table_;
  const scenario::ComparisonPlan& plan_;
  std::vector<std::string> reasons_;  // why cells are excluded, in order
  std::vector<Page> pages_;
};

}  // namespace byzlab
