// Differences of results folders.
#include "observe/run_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>

#include "observe/store.h"
#include "testbed/scenario/yaml_document.h"

namespace byzlab {
namespace {

namespace fs = std::filesystem;
using scenario::YamlNode;

/// Every scalar of a document by its path, in order of the file.
void flatten(const YamlNode& node, const std::string& path,
             std::vector<std::pair<std::string, std::string>>& out) {
  if (node.is_map()) {
    if (node.keys.empty()) out.emplace_back(path, "{}");
    for (std::size_t i = 0; i < node.keys.size(); ++i)
      flatten(node.items[i], path.empty() ? node.keys[i].text : path + "." + node.keys[i].text,
              out);
  } else if (node.is_sequence()) {
    const bool plain = std::ranges::all_of(node.items, &YamlNode::is_scalar);
    if (plain) {
      std::string list;
      for (const auto& item : node.items) list += (list.empty() ? "" : ", ") + item.text;
      out.emplace_back(path, "[" + list + "]");
      return;
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const auto* label = node.items[i].is_map() ? node.items[i].find("label") : nullptr;
      flatten(node.items[i], fmt::format("{}[{}]", path, label ? label->text : std::to_string(i)),
              out);
    }
  } else {
    out.emplace_back(path, node.is_null() ? "null" : node.text);
  }
}

std::optional<std::vector<std::pair<std::string, std::string>>> keys_of(std::string_view yaml) {
  scenario::Findings findings("scenario.lock.yaml");
  const auto root = scenario::parse_yaml(yaml, findings);
  if (!root) return std::nullopt;
  std::vector<std::pair<std::string, std::string>> keys;
  flatten(*root, "", keys);
  return keys;
}

/// How far apart two values are, whichever is the greater: for the order of a list.
double distance(const MetricChange& change) {
  if (!change.a || !change.b) return HUGE_VAL;
  const auto ratio = change.ratio();
  return ratio ? std::abs(std::log(*ratio)) : HUGE_VAL;
}

/// A run of many, with what is compared of it.
struct Sample {
  std::string verdict, hash;
  std::optional<double> metrics[std::size(kKeyMetrics)];  // none of a run that was cut short
};
using Samples = std::map<std::pair<std::string, std::uint64_t>, Sample>;

Samples samples_of(const fs::path& path, const RecordedFolder& folder) {
  Samples samples;
  for_each_run(path, [&](const RecordedRun& run) {
    const auto cell = run.cell && *run.cell < folder.cells.size() ? folder.cells[*run.cell].label
                      : run.cell                                  ? std::to_string(*run.cell)
                                                                  : std::string();
    auto& sample = samples[{cell, run.seed}];
    sample.verdict = run.verdict;
    sample.hash = run.trace_hash;
    for (std::size_t m = 0; m < std::size(kKeyMetrics) && !run.cut_short; ++m)
      sample.metrics[m] = run.metric(kKeyMetrics[m].metric);
  });
  return samples;
}

}  // namespace

std::optional<std::vector<KeyChange>> scenario_changes(std::string_view a, std::string_view b) {
  const auto keys_a = keys_of(a), keys_b = keys_of(b);
  if (!keys_a || !keys_b) return std::nullopt;
  std::multimap<std::string, std::string> rest(keys_b->begin(), keys_b->end());
  std::vector<KeyChange> changes;
  for (const auto& [key, value] : *keys_a) {
    const auto found = rest.find(key);
    if (found == rest.end()) {
      changes.push_back({key, value, std::nullopt});
    } else {
      if (found->second != value) changes.push_back({key, value, found->second});
      rest.erase(found);
    }
  }
  for (const auto& [key, value] : *keys_b)
    if (rest.contains(key)) changes.push_back({key, std::nullopt, value});
  return changes;
}

EventsDiff events_diff(const fs::path& a, const fs::path& b) {
  EventsDiff diff;
  std::ifstream in_a(a / "events.jsonl"), in_b(b / "events.jsonl");
  diff.missing = !in_a || !in_b;
  if (diff.missing) return diff;
  std::string line_a, line_b;
  const auto is_truncation = [](const std::string& line) {
    return line.find("\"event\":\"truncated\"") != std::string::npos;
  };
  while (true) {
    const bool more_a = static_cast<bool>(std::getline(in_a, line_a));
    const bool more_b = static_cast<bool>(std::getline(in_b, line_b));
    if (!more_a && !more_b) return diff;
    if (more_a && more_b && is_truncation(line_a) && is_truncation(line_b)) {
      diff.truncated = true;
      return diff;
    }
    if (more_a != more_b || line_a != line_b) {
      diff.first = EventChange{diff.lines + 1, more_a ? line_a : "", more_b ? line_b : ""};
      return diff;
    }
    ++diff.lines;
  }
}

std::optional<double> MetricChange::ratio() const {
  if (!a || !b || !(*a > 0) || !(*b > 0)) return std::nullopt;
  return *b / *a;
}

std::vector<MetricChange> metric_changes(const RecordedRun& a, const RecordedRun& b) {
  std::map<std::string, MetricChange> all;
  for (const auto& m : a.metrics) all[m.name].a = m.value;
  for (const auto& m : b.metrics) all[m.name].b = m.value;
  std::vector<MetricChange> changes;
  for (auto& [name, change] : all) {
    if (change.a == change.b) continue;
    change.name = name;
    changes.push_back(change);
  }
  std::ranges::stable_sort(changes, std::greater<>{}, distance);
  return changes;
}

std::vector<ExpectationChange> expectation_changes(const RecordedRun& a, const RecordedRun& b) {
  std::vector<ExpectationChange> all;
  // By what they say: ids are numbered, and another expectation before them moves the numbers.
  const auto words = [](const RecordedExpectation& e) { return e.text.empty() ? e.id : e.text; };
  for (const auto& e : a.expectations)
    all.push_back({words(e), e.status, "", e.value, std::nullopt});
  for (const auto& e : b.expectations) {
    auto found =
        std::ranges::find_if(all, [&](const auto& c) { return c.text == words(e) && c.b.empty(); });
    if (found == all.end()) found = all.insert(all.end(), {words(e), "", "", {}, {}});
    found->b = e.status;
    found->value_b = e.value;
  }
  std::erase_if(all, [](const auto& c) { return c.a == c.b && c.value_a == c.value_b; });
  return all;
}

ManyDiff many_diff(const fs::path& folder_a, const RecordedFolder& a, const fs::path& folder_b,
                   const RecordedFolder& b) {
  const auto ours = samples_of(folder_a, a), theirs = samples_of(folder_b, b);
  ManyDiff diff;
  for (const auto& m : kKeyMetrics) diff.metrics.push_back({m.metric, {}, {}, {}, true});
  std::vector<std::vector<double>> values_a(diff.metrics.size()), values_b(diff.metrics.size());
  for (const auto& [key, sample] : ours) {
    const auto found = theirs.find(key);
    if (found == theirs.end()) continue;
    ++diff.common;
    const auto& other = found->second;
    const ManyDiff::Pair pair{key.first,     key.second,  sample.verdict,
                              other.verdict, sample.hash, other.hash};
    if (sample.hash != other.hash) {
      ++diff.other_trace;
      if (!diff.first) diff.first = pair;
    }
    if (sample.verdict != other.verdict) {
      ++diff.other_verdict;
      if (diff.verdicts.size() < ManyDiff::kPairsKept) diff.verdicts.push_back(pair);
    }
    for (std::size_t m = 0; m < diff.metrics.size(); ++m) {
      if (sample.metrics[m] != other.metrics[m]) diff.metrics[m].same = false;
      if (!sample.metrics[m] || !other.metrics[m]) continue;
      values_a[m].push_back(*sample.metrics[m]);
      values_b[m].push_back(*other.metrics[m]);
    }
  }
  diff.only_a = ours.size() - diff.common;
  diff.only_b = theirs.size() - diff.common;
  for (std::size_t m = 0; m < diff.metrics.size(); ++m) {
    diff.metrics[m].a = median_of(values_a[m]);
    diff.metrics[m].b = median_of(values_b[m]);
    diff.metrics[m].ratio = ratio_of(values_b[m], values_a[m]);
  }
  return diff;
}

}  // namespace byzlab
