#include "testbed/scenario/comparison.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/quantity.h"
#include "testbed/scenario/comparison_parts.h"
#include "testbed/scenario/load_parts.h"
#include "testbed/scenario/section.h"
#include "testbed/scenario/text.h"

namespace byzlab::scenario {
namespace {

constexpr std::size_t kMaxCells = 10'000;
constexpr const char* kTooManyCells = "the axes span more than 10000 cells";
constexpr Runs kDefaultSeeds{.first = 1, .last = 10, .paired = true};

// ------------------------------------------------------------------------------ trees laid over

YamlNode scalar(std::string text, const YamlNode& where) {
  return {.kind = YamlNode::Kind::scalar,
          .text = std::move(text),
          .at = where.at,
          .length = where.length};
}

/// `a.b: value` as a map of maps; all keys stand where `key` does.
YamlNode nested(const YamlNode& key, std::string_view path, YamlNode value) {
  const std::size_t dot = path.find('.');
  if (dot != std::string_view::npos) value = nested(key, path.substr(dot + 1), std::move(value));
  YamlNode map{.kind = YamlNode::Kind::map, .at = key.at, .length = key.length};
  map.keys.push_back(scalar(std::string(path.substr(0, dot)), key));
  map.items.push_back(std::move(value));
  return map;
}

/// Values replace, maps merge, lists append.
void merge(YamlNode& into, const YamlNode& patch) {
  if (into.is_sequence() && patch.is_sequence()) {
    into.items.insert(into.items.end(), patch.items.begin(), patch.items.end());
    return;
  }
  if (!into.is_map() || !patch.is_map()) {
    into = patch;
    return;
  }
  for (std::size_t i = 0; i < patch.keys.size(); ++i) {
    const auto same = [&](const YamlNode& key) { return key.text == patch.keys[i].text; };
    const auto at = std::ranges::find_if(into.keys, same) - into.keys.begin();
    if (static_cast<std::size_t>(at) == into.keys.size()) {
      into.keys.push_back(patch.keys[i]);
      into.items.push_back(patch.items[i]);
    } else {
      into.keys[static_cast<std::size_t>(at)] = patch.keys[i];
      merge(into.items[static_cast<std::size_t>(at)], patch.items[i]);
    }
  }
}

void forget(YamlNode& map, std::string_view key) {
  const auto at = std::ranges::find(map.keys, key, &YamlNode::text) - map.keys.begin();
  if (static_cast<std::size_t>(at) == map.keys.size()) return;
  map.keys.erase(map.keys.begin() + at);
  map.items.erase(map.items.begin() + at);
}

void set_default(YamlNode& map, const char* key, std::string value) {
  if (map.find(key) != nullptr) return;
  map.keys.push_back(scalar(key, map));
  map.items.push_back(scalar(std::move(value), map));
}

/// Options belong to the protocol they were written for.
void forget_options(YamlNode& base) {
  for (std::size_t i = 0; i < base.keys.size(); ++i) {
    if (base.keys[i].text == "protocol") forget(base.items[i], "options");
  }
}

/// A tree of another file, seen from the place in this one that names it.
void stand_at(YamlNode& node, const YamlNode& place) {
  node.at = place.at;
  node.length = place.length;
  for (YamlNode& key : node.keys) stand_at(key, place);
  for (YamlNode& item : node.items) stand_at(item, place);
}

// -------------------------------------------------------------------------------------- loading

/// Where the values of an axis stand in a scenario, unless each is a patch of its own.
std::string path_of_axis(std::string_view axis) {
  if (axis == "protocol") return "protocol.name";
  if (axis == "replicas") return "protocol.replicas";
  return std::string(axis);
}

bool is_of(const Cell& cell, const Combination& combination) {
  return std::ranges::all_of(combination,
                             [&](const auto& pair) { return cell.at[pair.first] == pair.second; });
}

/// Every combination, the last axis running fastest; false when there are too many.
bool make_cells(ComparisonPlan& plan) {
  std::size_t count = 1;
  for (const Axis& axis : plan.axes) {
    count *= axis.values.size();
    if (count > kMaxCells) return false;
  }
  for (std::size_t i = 0; i < count; ++i) {
    Cell cell{.at = std::vector<std::size_t>(plan.axes.size()), .excluded = {}};
    std::size_t rest = i;
    for (std::size_t a = plan.axes.size(); a-- > 0;) {
      cell.at[a] = rest % plan.axes[a].values.size();
      rest /= plan.axes[a].values.size();
    }
    plan.cells.push_back(std::move(cell));
  }
  return true;
}

class Loader {
 public:
  /// `foreign` gets what is wrong in a base file.
  Loader(ComparisonPlan& comparison, Loading& loading, ComparisonResult& foreign,
         const std::string* base_text)
      : into_(comparison), loading_(loading), foreign_(foreign), base_text_(base_text) {}

  void load(const YamlNode& root) {
    const Section top(loading_, &root, {.section = "comparison", .shown = "comparison"});
    if (!root.is_map()) return;
    (void)top.text("kind");
    into_.name = top.text("name");
    if (const YamlNode* node = top.node("description"); node && node->is_scalar())
      into_.description = std::string(trimmed(node->text));
    load_axes(top);
    load_base(top);
    Scenario runs;
    load_runs(top, runs);
    into_.seeds = runs.runs.value_or(kDefaultSeeds);
    if (loading_.findings.errors() > 0) return;
    if (!make_cells(into_)) return error(*top.key("vary"), "E112", kTooManyCells);
    load_exclusions(top);
    load_adjustments(top);
    load_table(top, into_);
  }

 private:
  void error(const YamlNode& at, std::string code, std::string message, std::string hint = {}) {
    loading_.findings.error(std::move(code), at.at, at.length, std::move(message), std::move(hint));
  }

  void load_base(const Section& top) {
    const YamlNode* base = top.node("base");
    if (!base) return;
    if (base->is_scalar()) {
      load_base_file(*base);
    } else if (base->is_map()) {
      into_.base = *base;
    } else {
      return error(*base, "E106",
                   "`base` is a scenario without what the axes add, or the name of a file");
    }
    if (!into_.base.is_map()) return;
    set_default(into_.base, "version", "1");
    set_default(into_.base, "name", into_.name);
  }

  /// A whole scenario, good by itself; its name is relative to the comparison's file.
  void load_base_file(const YamlNode& name) {
    const auto path = std::filesystem::path(into_.file).parent_path() / name.text;
    LoadResult alone = base_text_ ? load_text(*base_text_, path.string(), loading_.catalogue)
                                  : load_file(path, loading_.catalogue);
    if (!alone.scenario) {
      if (alone.source.empty())
        return error(name, "E008", ticked(path.string()) + ": " + alone.diagnostics[0].message);
      foreign_.diagnostics = std::move(alone.diagnostics);
      foreign_.source = std::move(alone.source);
      return error(name, "E008", "the base is no scenario that could be run by itself");
    }
    Findings none{""};
    into_.base = *parse_yaml(alone.source, none);
    into_.base_source = std::move(alone.source);
    // What the axes make wrong of it is told at the name of the file.
    stand_at(into_.base, name);
    if (into_.axis("protocol") != nullptr) forget_options(into_.base);
  }

  void load_axes(const Section& top) {
    const YamlNode* vary = top.node("vary");
    if (!vary) return;
    if (!vary->is_map() || vary->keys.empty()) {
      error(*vary, "E106", "`vary` is a map of axes, each with its values");
      return;
    }
    for (std::size_t i = 0; i < vary->keys.size(); ++i) {
      if (!vary->keys[i].text.starts_with("x-")) load_axis(vary->keys[i], vary->items[i]);
    }
  }

  void load_axis(const YamlNode& key, const YamlNode& values) {
    Axis axis{.name = key.text, .values = {}};
    if (values.is_map()) {
      for (std::size_t i = 0; i < values.keys.size(); ++i) {
        const YamlNode& patch = values.items[i];
        if (!patch.is_map()) {
          error(values.keys[i], "E106",
                "`" + values.keys[i].text + "` must be a map of what it changes; `{}` is nothing");
          continue;
        }
        axis.values.push_back({values.keys[i].text, patch});
      }
    } else if (values.is_sequence()) {
      for (const YamlNode& value : values.items) {
        if (!value.is_scalar()) {
          error(value, "E106", "a value of a list is one word; name it to change more",
                "write `NAME: { … }`");
          continue;
        }
        axis.values.push_back({value.text, nested(key, path_of_axis(key.text), value)});
      }
    } else {
      error(values, "E106", "an axis is a list of values, or a map of names to what they change");
    }
    std::set<std::string> seen;
    for (const Axis::Value& value : axis.values) {
      if (!seen.insert(value.name).second)
        error(key, "E103", "axis `" + axis.name + "` has " + ticked(value.name) + " twice");
    }
    if (axis.values.empty()) error(key, "E104", "axis `" + axis.name + "` has no values");
    into_.axes.push_back(std::move(axis));
  }

  /// The maps in the list at `key`; each from axes to values, and with `own` beside them.
  template <class Use>
  void each_entry(const Section& top, const char* key, std::string_view own, const Use& use) {
    const YamlNode* list = top.node(key);
    if (!list) return;
    if (!list->is_sequence())
      return error(*list, "E106", ticked(key) + " is a list of maps from axes to values");
    for (const YamlNode& entry : list->items) {
      if (!entry.is_map()) {
        error(entry, "E106", "an entry of " + ticked(key) + " is a map from axes to values");
      } else if (const auto combination = combination_of(entry, own)) {
        use(entry, *combination);
      }
    }
  }

  std::optional<Combination> combination_of(const YamlNode& entry, std::string_view own) {
    Combination wanted;
    for (std::size_t i = 0; i < entry.keys.size(); ++i) {
      const YamlNode& key = entry.keys[i];
      if (key.text == own || key.text.starts_with("x-")) continue;
      const auto axes = axis_names(into_);
      const auto axis = std::ranges::find(axes, key.text) - axes.begin();
      if (static_cast<std::size_t>(axis) == axes.size()) {
        error(key, "E101", "there is no axis " + ticked(key.text), guess(key.text, axes));
        return std::nullopt;
      }
      const auto values = value_names(into_.axes[static_cast<std::size_t>(axis)]);
      const auto value = std::ranges::find(values, entry.items[i].text) - values.begin();
      if (static_cast<std::size_t>(value) == values.size()) {
        error(entry.items[i], "E102",
              "axis `" + key.text + "` has no value " + ticked(entry.items[i].text),
              guess(entry.items[i].text, values));
        return std::nullopt;
      }
      wanted.emplace_back(axis, value);
    }
    return wanted;
  }

  void load_exclusions(const Section& top) {
    each_entry(top, "exclude", "because", [&](const YamlNode& entry, const Combination& of) {
      const YamlNode* because = entry.find("because");
      if (!because || !because->is_scalar()) {
        return error(entry, "E105",
                     "an exclusion needs `because`: the table says why a cell is empty");
      }
      for (Cell& cell : into_.cells) {
        if (is_of(cell, of) && cell.excluded.empty()) cell.excluded = because->text;
      }
    });
  }

  void load_adjustments(const Section& top) {
    each_entry(top, "adjust", "with", [&](const YamlNode& entry, const Combination& of) {
      const YamlNode* with = entry.find("with");
      if (!with || !with->is_map())
        return error(entry, "E105", "an adjustment needs `with`: a map of what it changes");
      into_.adjustments.push_back({.of = of, .patch = *with});
    });
  }

  ComparisonPlan& into_;
  Loading& loading_;
  ComparisonResult& foreign_;
  const std::string* base_text_;
};

bool is_the_same(const Diagnostic& a, const Diagnostic& b) {
  return a.at.line == b.at.line && a.at.column == b.at.column && a.code == b.code &&
         a.severity == b.severity;
}

/// "in the cell pbft, 4", "in 12 cells: pbft, 4; pbft, 16; raft, 4 and 9 more"
std::string place_words(const std::vector<std::string>& cells) {
  constexpr std::size_t kNamed = 3;
  if (cells.size() == 1) return "in the cell " + cells[0];
  const std::vector<std::string> named(cells.begin(),
                                       cells.begin() + std::min(kNamed, cells.size()));
  return "in " + std::to_string(cells.size()) + " cells: " + join(named, "; ") +
         (cells.size() > kNamed ? " and " + std::to_string(cells.size() - kNamed) + " more" : "");
}

/// Every cell must be a scenario. What is wrong in several cells is told once, with their names.
void check_cells(ComparisonPlan& comparison, const Catalogue& catalogue, Diagnostics& all) {
  const std::size_t before = all.size();
  std::vector<std::vector<std::string>> where;
  for (std::size_t i = 0; i < comparison.cells.size() && all.size() < kMaxShown; ++i) {
    Cell& cell = comparison.cells[i];
    if (!cell.excluded.empty()) continue;
    LoadResult loaded = comparison.load(cell, comparison.seed(i, 0), catalogue);
    if (loaded.scenario) cell.protocol = loaded.scenario->protocol.name;
    for (Diagnostic& d : loaded.diagnostics) {
      // Whoever writes a zero among the values of an axis means nobody.
      if (d.code == "W211" && d.message.starts_with("selector any(0) ")) continue;
      const auto known =
          std::find_if(all.begin() + static_cast<std::ptrdiff_t>(before), all.end(),
                       [&](const Diagnostic& other) { return is_the_same(d, other); });
      const auto at = static_cast<std::size_t>(known - all.begin()) - before;
      if (known == all.end()) {
        where.emplace_back();
        all.push_back(std::move(d));
      }
      where[at].push_back(comparison.label(cell));
    }
  }
  for (std::size_t i = 0; i < where.size(); ++i)
    all[before + i].notes.push_back(place_words(where[i]));
}

ComparisonResult checked(ComparisonPlan comparison, Findings& findings,
                         const Catalogue& catalogue) {
  ComparisonResult result{.comparison = {}, .diagnostics = findings.take(false), .source = {}};
  if (!has_errors(result.diagnostics)) check_cells(comparison, catalogue, result.diagnostics);
  result.source = comparison.source;
  if (!has_errors(result.diagnostics)) result.comparison = std::move(comparison);
  return result;
}

}  // namespace

const Axis* ComparisonPlan::axis(std::string_view axis_name) const {
  const auto found = std::ranges::find(axes, axis_name, &Axis::name);
  return found == axes.end() ? nullptr : &*found;
}

std::size_t ComparisonPlan::value_on(const Cell& cell, std::string_view axis_name) const {
  return cell.at[static_cast<std::size_t>(axis(axis_name) - axes.data())];
}

const Axis* ComparisonPlan::sizes() const {
  const auto numbers = [](const Axis& axis) {
    const auto above_zero = [](const Axis::Value& value) {
      const auto number = parse_number(value.name);
      return number && *number > 0;
    };
    return axis.values.size() >= 3 && std::ranges::all_of(axis.values, above_zero);
  };
  if (const Axis* replicas = axis("replicas"); replicas && numbers(*replicas)) return replicas;
  const auto found = std::ranges::find_if(axes, numbers);
  return found == axes.end() ? nullptr : &*found;
}

std::string ComparisonPlan::label(const Cell& cell) const {
  std::vector<std::string> names;
  for (std::size_t a = 0; a < axes.size(); ++a) names.push_back(axes[a].values[cell.at[a]].name);
  return join(names, ", ");
}

LoadResult ComparisonPlan::load(const Cell& cell, std::uint64_t seed,
                                const Catalogue& catalogue) const {
  YamlNode tree = base;
  for (std::size_t a = 0; a < axes.size(); ++a) merge(tree, axes[a].values[cell.at[a]].patch);
  for (const Adjustment& adjustment : adjustments) {
    if (is_of(cell, adjustment.of)) merge(tree, adjustment.patch);
  }
  return load_tree(std::move(tree), file, source, catalogue, {.sets = {}, .seed = seed});
}

bool is_comparison(std::string_view yaml) {
  Findings unused{""};
  const auto root = parse_yaml(yaml, unused);
  const YamlNode* kind = root ? root->find("kind") : nullptr;
  return kind != nullptr && kind->is_scalar() && kind->text == "comparison";
}

ComparisonResult load_comparison(std::string_view yaml, std::string_view file,
                                 const Catalogue& catalogue, const std::string* base_text) {
  Findings findings{std::string(file)};
  ComparisonPlan comparison;
  comparison.file = file;
  comparison.source = yaml;
  if (const auto root = parse_yaml(yaml, findings)) {
    check_strictness(*root, findings);
    Loading loading{.findings = findings, .catalogue = catalogue};
    ComparisonResult foreign;
    Loader(comparison, loading, foreign, base_text).load(*root);
    if (!foreign.diagnostics.empty()) return foreign;
  }
  return checked(std::move(comparison), findings, catalogue);
}

ComparisonResult vary_scenario(std::string_view yaml, std::string_view file,
                               const std::vector<VariedKey>& keys, const Catalogue& catalogue) {
  LoadResult once = load_text(yaml, file, catalogue);
  if (!once.scenario)
    return {.comparison = {}, .diagnostics = once.diagnostics, .source = once.source};
  Findings findings{std::string(file)};
  ComparisonPlan comparison;
  comparison.file = file;
  comparison.source = yaml;
  comparison.name = once.scenario->name;
  comparison.seeds = once.scenario->runs.value_or(kDefaultSeeds);
  comparison.base = *parse_yaml(yaml, findings);
  for (const VariedKey& key : keys) {
    Axis axis{.name = key.key, .values = {}};
    for (const std::string& value : key.values) {
      const YamlNode node{.kind = YamlNode::Kind::scalar, .text = value};
      axis.values.push_back({value, nested(node, path_of_axis(key.key), node)});
    }
    comparison.axes.push_back(std::move(axis));
  }
  if (!make_cells(comparison)) {
    findings.error("E112", {}, 1, kTooManyCells);
    return checked(std::move(comparison), findings, catalogue);
  }
  TablePlan& table = comparison.table;
  table.metrics = {"throughput.mean", "commit_latency.p50", "commit_latency.p99",
                   "messages_per_commit.mean"};
  for (const Axis& axis : comparison.axes) {
    for (std::string* place : {&table.rows, &table.columns, &table.pages}) {
      if (!place->empty()) continue;
      *place = axis.name;
      break;
    }
  }
  if (comparison.axis("protocol") != nullptr) {
    forget_options(comparison.base);
    if (table.rows == "protocol") table.baseline = comparison.axes[0].values[0].name;
  }
  return checked(std::move(comparison), findings, catalogue);
}

}  // namespace byzlab::scenario
