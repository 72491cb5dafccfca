#include "testbed/scenario/comparison.h"

#include <algorithm>
#include <set>

#include "testbed/scenario/load_parts.h"
#include "testbed/scenario/nearest.h"
#include "testbed/scenario/section.h"
#include "testbed/scenario/text.h"

namespace byzlab::scenario {
namespace {

constexpr std::size_t kMaxCells = 10'000;
constexpr const char* kTooManyCells = "the axes span more than 10000 cells";
constexpr Runs kDefaultSeeds{.first = 1, .last = 10};

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

// -------------------------------------------------------------------------------------- loading

/// Where the values of an axis stand in a scenario, unless each is a patch of its own.
std::string path_of_axis(std::string_view axis) {
  if (axis == "protocol") return "protocol.name";
  if (axis == "replicas") return "protocol.replicas";
  return std::string(axis);
}

std::vector<std::string> axis_names(const ComparisonPlan& comparison) {
  std::vector<std::string> names;
  for (const Axis& axis : comparison.axes) names.push_back(axis.name);
  return names;
}

std::vector<std::string> value_names(const Axis& axis) {
  std::vector<std::string> names;
  for (const Axis::Value& value : axis.values) names.push_back(value.name);
  return names;
}

std::string guess(std::string_view wrong, const std::vector<std::string>& right) {
  const auto found = nearest(wrong, right);
  return found ? "did you mean `" + *found + "`?" : "";
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
  Loader(ComparisonPlan& comparison, Loading& loading) : into_(comparison), loading_(loading) {}

  void load(const YamlNode& root) {
    const Section top(loading_, &root, {.section = "comparison", .shown = "comparison"});
    if (!root.is_map()) return;
    (void)top.text("kind");
    into_.name = top.text("name");
    load_base(top);
    load_axes(top);
    Scenario runs;
    load_runs(top, runs);
    into_.seeds = runs.runs.value_or(kDefaultSeeds);
    if (loading_.findings.errors() > 0) return;
    if (!make_cells(into_)) return error(*top.key("vary"), "E112", kTooManyCells);
    load_exclusions(top);
    load_table(top);
  }

 private:
  void error(const YamlNode& at, std::string code, std::string message, std::string hint = {}) {
    loading_.findings.error(std::move(code), at.at, at.length, std::move(message), std::move(hint));
  }

  void load_base(const Section& top) {
    const YamlNode* base = top.node("base");
    if (!base) return;
    if (!base->is_map()) {
      error(*base, base->is_scalar() ? "E190" : "E106",
            base->is_scalar() ? "a base in another file is not available yet"
                              : "`base` must be a map: a scenario without what the axes add");
      return;
    }
    into_.base = *base;
    set_default(into_.base, "version", "1");
    set_default(into_.base, "name", into_.name);
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

  void load_exclusions(const Section& top) {
    const YamlNode* list = top.node("exclude");
    if (!list) return;
    if (!list->is_sequence()) {
      error(*list, "E106", "`exclude` is a list of maps from axes to values");
      return;
    }
    for (const YamlNode& entry : list->items) {
      if (!entry.is_map()) {
        error(entry, "E106", "an exclusion is a map from axes to values");
        continue;
      }
      load_exclusion(entry);
    }
  }

  void load_exclusion(const YamlNode& entry) {
    const YamlNode* because = entry.find("because");
    if (!because || !because->is_scalar()) {
      error(entry, "E105", "an exclusion needs `because`: the table says why a cell is empty");
      return;
    }
    std::vector<std::pair<std::size_t, std::size_t>> wanted;  // axis, value
    for (std::size_t i = 0; i < entry.keys.size(); ++i) {
      const YamlNode& key = entry.keys[i];
      if (key.text == "because" || key.text.starts_with("x-")) continue;
      const auto axes = axis_names(into_);
      const auto axis = std::ranges::find(axes, key.text) - axes.begin();
      if (static_cast<std::size_t>(axis) == axes.size()) {
        error(key, "E101", "there is no axis " + ticked(key.text), guess(key.text, axes));
        return;
      }
      const auto values = value_names(into_.axes[static_cast<std::size_t>(axis)]);
      const auto value = std::ranges::find(values, entry.items[i].text) - values.begin();
      if (static_cast<std::size_t>(value) == values.size()) {
        error(entry.items[i], "E102",
              "axis `" + key.text + "` has no value " + ticked(entry.items[i].text),
              guess(entry.items[i].text, values));
        return;
      }
      wanted.emplace_back(axis, value);
    }
    for (Cell& cell : into_.cells) {
      const bool meant = std::ranges::all_of(
          wanted, [&](const auto& pair) { return cell.at[pair.first] == pair.second; });
      if (meant && cell.excluded.empty()) cell.excluded = because->text;
    }
  }

  void load_table(const Section& top) {
    const Section report = top.below("report", "comparison.report");
    TablePlan& table = into_.table;
    const auto names = axis_names(into_);
    std::set<std::string> used;
    const auto pick = [&](const char* key, std::string& into) {
      const YamlNode* node = report.node(key);
      if (!node || !node->is_scalar()) return;
      if (std::ranges::find(names, node->text) == names.end()) {
        error(*node, "E102", "there is no axis " + ticked(node->text), guess(node->text, names));
      } else if (!used.insert(node->text).second) {
        error(*node, "E117", "axis `" + node->text + "` has another place in the table already");
      } else {
        into = node->text;
      }
    };
    pick("rows", table.rows);
    pick("columns", table.columns);
    pick("pages", table.pages);
    for (std::string* place : {&table.rows, &table.columns, &table.pages}) {
      if (!place->empty()) continue;
      for (const std::string& name : names) {
        if (place->empty() && used.insert(name).second) *place = name;
      }
    }
    table.map = report.get<bool>("map");
    load_metrics(report);
    load_baseline(report);
  }

  void load_metrics(const Section& report) {
    const YamlNode* list = report.node("metrics");
    if (!list) {
      into_.table.metrics = {"throughput.mean", "commit_latency.p50", "messages_per_commit.mean"};
      return;
    }
    std::vector<std::string> known;
    for (const MetricEntry& metric : loading_.catalogue.metrics) known.push_back(metric.name);
    for (const YamlNode& item : list->is_sequence() ? list->items : std::vector{*list}) {
      const std::string name = item.text.substr(0, item.text.find('.'));
      const auto found = std::ranges::find(loading_.catalogue.metrics, name, &MetricEntry::name);
      if (found == loading_.catalogue.metrics.end()) {
        error(item, "E102", "unknown metric " + ticked(name), guess(name, known));
        continue;
      }
      into_.table.metrics.push_back(
          name.size() < item.text.size() ? item.text : name + "." + usual_statistic(*found));
    }
  }

  static std::string usual_statistic(const MetricEntry& metric) {
    switch (metric.kind) {
      case MetricKind::counter: return "count";
      case MetricKind::gauge: return "mean";
      case MetricKind::histogram: return metric.name == "recovery_time" ? "max" : "p50";
    }
    return "";
  }

  void load_baseline(const Section& report) {
    const YamlNode* node = report.node("baseline");
    const Axis* rows = into_.axis(into_.table.rows);
    if (!node || !node->is_scalar() || !rows) return;
    const auto values = value_names(*rows);
    if (std::ranges::find(values, node->text) == values.end()) {
      error(*node, "E102", "`" + rows->name + "` has no value " + ticked(node->text),
            guess(node->text, values));
      return;
    }
    into_.table.baseline = node->text;
  }

  ComparisonPlan& into_;
  Loading& loading_;
};

/// Every cell must be a scenario. The same mistake in the base is found once.
void check_cells(const ComparisonPlan& comparison, const Catalogue& catalogue, Diagnostics& all) {
  for (const Cell& cell : comparison.cells) {
    if (!cell.excluded.empty()) continue;
    for (Diagnostic& d : comparison.load(cell, comparison.seeds.first, catalogue).diagnostics) {
      const bool known = std::ranges::any_of(all, [&](const Diagnostic& other) {
        return other.at.line == d.at.line && other.at.column == d.at.column &&
               other.code == d.code && other.severity == d.severity;
      });
      if (known) continue;
      d.notes.push_back("in the cell " + comparison.label(cell));
      all.push_back(std::move(d));
    }
    if (all.size() >= kMaxShown) return;
  }
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

std::string ComparisonPlan::label(const Cell& cell) const {
  std::vector<std::string> names;
  for (std::size_t a = 0; a < axes.size(); ++a) names.push_back(axes[a].values[cell.at[a]].name);
  return join(names, ", ");
}

LoadResult ComparisonPlan::load(const Cell& cell, std::uint64_t seed,
                                const Catalogue& catalogue) const {
  YamlNode tree = base;
  for (std::size_t a = 0; a < axes.size(); ++a) merge(tree, axes[a].values[cell.at[a]].patch);
  return load_tree(std::move(tree), file, source, catalogue, {.sets = {}, .seed = seed});
}

bool is_comparison(std::string_view yaml) {
  Findings unused{""};
  const auto root = parse_yaml(yaml, unused);
  const YamlNode* kind = root ? root->find("kind") : nullptr;
  return kind != nullptr && kind->is_scalar() && kind->text == "comparison";
}

ComparisonResult load_comparison(std::string_view yaml, std::string_view file,
                                 const Catalogue& catalogue) {
  Findings findings{std::string(file)};
  ComparisonPlan comparison;
  comparison.file = file;
  comparison.source = yaml;
  if (const auto root = parse_yaml(yaml, findings)) {
    check_strictness(*root, findings);
    Loading loading{.findings = findings, .catalogue = catalogue};
    Loader(comparison, loading).load(*root);
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
    // Options belong to the protocol they were written for.
    for (std::size_t i = 0; i < comparison.base.keys.size(); ++i) {
      if (comparison.base.keys[i].text == "protocol") forget(comparison.base.items[i], "options");
    }
    if (table.rows == "protocol") table.baseline = comparison.axes[0].values[0].name;
  }
  return checked(std::move(comparison), findings, catalogue);
}

}  // namespace byzlab::scenario
