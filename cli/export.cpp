// byzlab export: a run's data for other programs.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "cli/commands.h"
#include "cli/log.h"
#include "observe/find_run.h"
#include "observe/openmetrics.h"
#include "observe/results_folder.h"

namespace byzlab {
namespace {

namespace fs = std::filesystem;

double wall_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void write(const fs::path& file, const std::string& text) {
  if (file.empty()) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    if (std::fflush(stdout) != 0) throw ResultsError("cannot write to standard output");
    return;
  }
  std::ofstream out(file, std::ios::binary);
  out << text;
  if (!out.flush()) throw ResultsError("cannot write " + file.string());
}

}  // namespace

Exit execute(const ExportArguments& arguments) {
  const auto found = find_run(arguments.run, arguments.out);
  if (!found) {
    log_error(found.error);
    return Exit::usage;
  }
  const char* name = arguments.to == "csv" ? "timeseries.csv" : "metrics.om";
  std::ifstream in(found.folder / name, std::ios::binary);
  if (!in) {
    log_error(fmt::format("{} has no {}: only single runs have one", found.folder.string(), name));
    return Exit::usage;
  }
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (arguments.to == "openmetrics") {
    // As if the run had just ended, unless somebody says otherwise.
    const double epoch = arguments.epoch.value_or(wall_now() - last_timestamp(text));
    text = at_epoch(text, epoch);
  }
  write(arguments.file, text);
  return Exit::ok;
}

}  // namespace byzlab
