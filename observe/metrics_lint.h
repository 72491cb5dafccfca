// Names of metrics and labels in dashboards and rules, held against the table of metrics.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace byzlab {

struct MetricsLint {
  std::vector<std::string> problems;  ///< "FILE:LINE: no metric `byzlab_x`; did you mean …?"
  std::vector<std::string> unused;    ///< metrics that no panel uses
  std::size_t files = 0;
  std::size_t names = 0;  ///< uses of a metric
};

/// Looks at every .json, .yml, .yaml and .html file of the paths, folders with all below them. A
/// file that is JSON counts as panels. Throws std::runtime_error when a path is not there.
MetricsLint lint_metrics(const std::vector<std::filesystem::path>& paths);

/// The same for one text: problems go to `lint`, metrics used to `used`. `recorded`: names that
/// recording rules define.
void lint_text(const std::string& name, std::string_view text,
               const std::set<std::string>& recorded, MetricsLint& lint,
               std::set<std::string>& used);

}  // namespace byzlab
