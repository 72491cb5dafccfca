// `kind: comparison`: one base scenario, varied along axes. Every combination of the axes' values
// is a cell, and a cell with a seed is an ordinary scenario, checked like any other.
//
// What a value changes is laid over the base: values replace, maps merge, lists (timeline, expect)
// append.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "testbed/scenario/load.h"
#include "testbed/scenario/yaml_document.h"

namespace byzlab::scenario {

struct Axis {
  struct Value {
    std::string name;
    YamlNode patch;  ///< of the whole scenario: a map
  };
  std::string name;  ///< "protocol", "replicas", a key such as "network.loss", or a name of its own
  std::vector<Value> values;
};

/// One combination: the index of a value on each axis.
struct Cell {
  std::vector<std::size_t> at;
  std::string excluded;  ///< why it is left out; empty when it is run
};

/// How the table is laid out. Axes by name; empty: none.
struct TablePlan {
  std::string rows, columns, pages;
  std::vector<std::string> metrics;  ///< "commit_latency.p50"
  std::string baseline;              ///< a value of `rows`; empty: none
  /// A resilience map: cells say live, stalled or violated, and only what the fault model does not
  /// allow fails.
  bool map = false;
};

class ComparisonPlan {
 public:
  std::string file, name;
  std::vector<Axis> axes;
  std::vector<Cell> cells;  ///< in order, the last axis running fastest
  Runs seeds;
  TablePlan table;

  const Axis* axis(std::string_view axis_name) const;
  /// Index of the cell's value on an axis of this name; the axis must exist.
  std::size_t value_on(const Cell& cell, std::string_view axis_name) const;
  /// "pbft, 16, split_heal"
  std::string label(const Cell& cell) const;
  /// The cell's scenario, with errors at their places in the file.
  LoadResult load(const Cell& cell, std::uint64_t seed, const Catalogue& catalogue) const;

  YamlNode base;       ///< a scenario without what the axes add
  std::string source;  ///< the file's text
};

struct ComparisonResult {
  std::optional<ComparisonPlan>
      comparison;  ///< none if there is an error in it or in any of its cells
  Diagnostics diagnostics;
  std::string source;
};

/// True when the text says `kind: comparison` (or cannot be read: then it is nobody's).
bool is_comparison(std::string_view yaml);

/// Checks every cell that is not excluded, with the first seed.
ComparisonResult load_comparison(std::string_view yaml, std::string_view file,
                                 const Catalogue& catalogue);

/// A key of a scenario with the values it takes: "protocol" and "replicas", or a path such as
/// "network.loss".
struct VariedKey {
  std::string key;
  std::vector<std::string> values;
};

/// A scenario varied without a file of its own: an axis a key. Where protocols vary, options of the
/// file's are left out.
ComparisonResult vary_scenario(std::string_view yaml, std::string_view file,
                               const std::vector<VariedKey>& keys, const Catalogue& catalogue);

}  // namespace byzlab::scenario
