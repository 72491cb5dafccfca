// byzlab export: a run's data for other programs.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/log.h"
#include "observe/find_run.h"
#include "observe/message_index.h"
#include "observe/openmetrics.h"
#include "observe/results_folder.h"
#include "observe/run_picture.h"

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

/// The messages of a run: its page's, if that has been looked at; else by running it again.
std::unique_ptr<const MessageIndex> messages_of(const fs::path& folder) {
  try {
    auto kept = std::make_unique<const MessageIndex>(folder / "trace" / "messages.bin");
    std::ifstream in(folder / "summary.json", std::ios::binary);
    const std::string summary{std::istreambuf_iterator<char>(in), {}};
    if (summary.find('"' + to_hex(kept->trace_hash()) + '"') != std::string::npos) return kept;
  } catch (const std::runtime_error&) {  // there is none, or another version's
  }
  std::string pattern = (fs::temp_directory_path() / "byzlab-export-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot write " + pattern);
  const struct Scratch {
    fs::path path;
    ~Scratch() {
      std::error_code ignored;
      fs::remove_all(path, ignored);
    }
  } scratch{pattern};
  index_messages(folder, scratch.path / "messages.bin", &interrupted());
  return std::make_unique<const MessageIndex>(scratch.path / "messages.bin");  // stays mapped
}

std::string window_of(const fs::path& folder, const ExportArguments& arguments) {
  const std::size_t usual = arguments.to == "perfetto" ? 100'000
                            : arguments.to == "shiviz" ? 2'000
                                                       : 1'500;
  PictureWindow window{.from = kStart + arguments.from, .limit = arguments.limit.value_or(usual)};
  if (arguments.until) window.to = kStart + *arguments.until;
  const auto index = messages_of(folder);
  const auto picture = picture_of(folder, *index, window);
  return arguments.to == "perfetto" ? perfetto_json(picture)
         : arguments.to == "shiviz" ? shiviz_log(picture)
                                    : space_time_svg(picture);
}

}  // namespace

Exit execute(const ExportArguments& arguments) {
  const auto found = find_run(arguments.run, arguments.out);
  if (!found) {
    log_error(found.error);
    return Exit::usage;
  }
  if (arguments.to != "csv" && arguments.to != "openmetrics") {
    try {
      write(arguments.file, window_of(found.folder, arguments));
    } catch (const ResultsError&) {
      throw;
    } catch (const std::exception& e) {
      log_error(e.what());
      return Exit::usage;
    }
    return Exit::ok;
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
