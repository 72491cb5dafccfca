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
  std::string excluded = {};  ///< why it is left out; empty when it is run
  std::string protocol = {};  ///< of its scenario
};

/// What some cells have in common: values of some axes, as (axis, value).
using Combination = std::vector<std::pair<std::size_t, std::size_t>>;

/// Laid over the cells of a combination after what their axes say.
struct Adjustment {
  Combination of;
  YamlNode patch;
};

/// How the table is laid out. Axes by name; empty: none.
struct TablePlan {
  std::string rows, columns, pages;
  std::vector<std::string> metrics;  ///< "commit_latency.p50"
  std::string baseline;              ///< a value of `rows`; empty: none
  /// A resilience map: cells say live, stalled or violated, and only what the fault model does not
  /// allow fails.
  bool map = false;
  std::vector<std::string> charts;  ///< of the report page: "scaling"; empty: those that fit
};

class ComparisonPlan {
 public:
  std::string file, name;
  std::string description;
  std::vector<Axis> axes;
  std::vector<Cell> cells;  ///< in order, the last axis running fastest
  std::vector<Adjustment> adjustments;
  Runs seeds;
  TablePlan table;

  const Axis* axis(std::string_view axis_name) const;
  /// Index of the cell's value on an axis of this name; the axis must exist.
  std::size_t value_on(const Cell& cell, std::string_view axis_name) const;
  std::uint64_t seeds_of_a_cell() const { return seeds.last - seeds.first + 1; }
  /// The seed of a cell's run: the same for all cells when they are paired, else of its own.
  std::uint64_t seed(std::size_t cell, std::uint64_t index) const {
    return seeds.first + index + (seeds.paired ? 0 : cell * seeds_of_a_cell());
  }
  /// An axis whose values are all numbers above 0, at least three: "replicas" if it is one.
  const Axis* sizes() const;
  /// "pbft, 16, split_heal"
  std::string label(const Cell& cell) const;
  /// The cell's scenario, with errors at their places in the file.
  LoadResult load(const Cell& cell, std::uint64_t seed, const Catalogue& catalogue) const;

  YamlNode base;            ///< a scenario without what the axes add
  std::string source;       ///< the file's text
  std::string base_source;  ///< of the base's file, where it has one of its own
};

struct ComparisonResult {
  std::optional<ComparisonPlan>
      comparison;  ///< none if there is an error in it or in any of its cells
  Diagnostics diagnostics;
  std::string source;
};

/// True when the text says `kind: comparison` (or cannot be read: then it is nobody's).
bool is_comparison(std::string_view yaml);

/// Checks every cell that is not excluded, with the first seed. `base_text`: what the file that
/// `base` names is known to hold, when it need not be there.
ComparisonResult load_comparison(std::string_view yaml, std::string_view file,
                                 const Catalogue& catalogue,
                                 const std::string* base_text = nullptr);

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
