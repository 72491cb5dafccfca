// A comparison as pieces of work (a cell with a seed each) and as what they come to.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/pieces.h"
#include "observe/comparison_table.h"
#include "testbed/scenario/comparison.h"

namespace byzlab {

/// The comparison in `text`, or a scenario with these keys varied; errors are printed.
/// `base_text`: as load_comparison takes it.
std::optional<scenario::ComparisonPlan> plan_comparison(
    const std::string& text, const std::string& file, const std::vector<scenario::VariedKey>& vary,
    std::optional<scenario::Runs> seeds, const std::string* base_text = nullptr);

/// What plan.json says of a comparison: enough to make the same one without its files.
struct RecordedComparison {
  CompareArguments arguments;
  std::string text, base_text;
};
/// None when it is the plan of something else.
std::optional<RecordedComparison> read_comparison(const std::string& plan);

class Comparing {
 public:
  /// Both must outlive it.
  Comparing(const scenario::ComparisonPlan& plan, const CompareArguments& arguments);
  Comparing(const Comparing&) = delete;
  Comparing& operator=(const Comparing&) = delete;

  /// Refers to this object.
  PieceWork work();
  /// Takes what became of the work and writes the results.
  void finish(PieceOutcome outcome);
  /// What stdout gets.
  std::string document() const;
  const ComparisonTable& table() const { return table_; }
  Exit exit() const;

 private:
  struct Place {
    std::size_t cell;
    std::uint64_t seed_index, seed;
  };
  Place place_of(std::uint64_t piece) const;
  std::string make(std::uint64_t piece) const;
  bool count(std::uint64_t piece, std::string_view line);
  void write(PieceOutcome& outcome);

  const scenario::ComparisonPlan& plan_;
  const CompareArguments& arguments_;
  std::vector<std::size_t> cells_;  // that are run
  ComparisonTable table_;
  std::string pointers_;
  bool interrupted_ = false;
  std::uint64_t crashed_ = 0;
};

}  // namespace byzlab
