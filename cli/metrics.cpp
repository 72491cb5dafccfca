// byzlab metrics lint: names in dashboards and rules against the table of metrics.
// byzlab grafana export: the dashboards and rules that byzlab was built with.
#include <fmt/format.h>

#include <cstdio>
#include <fstream>

#include "cli/commands.h"
#include "cli/log.h"
#include "observe/dashboard_files.h"
#include "observe/metrics_lint.h"
#include "observe/results_folder.h"

namespace byzlab {

namespace fs = std::filesystem;

Exit execute(const MetricsArguments& arguments) {
  MetricsLint lint;
  try {
    lint = lint_metrics({arguments.paths.begin(), arguments.paths.end()});
  } catch (const std::runtime_error& e) {
    log_error(e.what());
    return Exit::usage;
  }
  for (const auto& problem : lint.problems) fmt::print("{}\n", problem);
  for (const auto& metric : lint.unused) fmt::print("no panel uses {}\n", metric);
  fmt::print("{} uses of metrics in {} files, {} wrong\n", lint.names, lint.files,
             lint.problems.size());
  if (lint.names == 0) {
    log_error("nothing to check: no metric is named there");
    return Exit::inconclusive;
  }
  return lint.problems.empty() ? Exit::ok : Exit::failed;
}

Exit execute(const GrafanaArguments& arguments) {
  const fs::path root(arguments.folder);
  for (const auto& file : dashboard_files()) {
    const auto path = root / file.path;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    std::ofstream out(path, std::ios::binary);
    out << file.content;
    if (!out.flush()) throw ResultsError("cannot write " + path.string());
    if (path.extension() == ".sh")
      fs::permissions(path, fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec,
                      fs::perm_options::add, error);
  }
  fmt::print("{} files in {}\n", dashboard_files().size(), root.string());
  return Exit::ok;
}

}  // namespace byzlab
