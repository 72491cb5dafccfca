// RunData, from the files of a results folder.
#include "observe/page_data.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <vector>

#include "base/json_text.h"

namespace byzlab {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>(in), {}};
}

/// Up to `end`, which is taken away with it.
std::string_view take(std::string_view& text, char end) {
  const auto at = text.find(end);
  const auto word = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return word;
}

std::string_view number_or_null(std::string_view cell) {
  const std::string text(cell);
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0' && std::isfinite(value) ? cell : "null";
}

}  // namespace

std::string run_data_json(const fs::path& folder, const std::string& id,
                          std::size_t recording_limit) {
  const auto summary = content(folder / "summary.json");
  if (!summary) {
    throw std::runtime_error("no run in " + folder.string() + ": it has no summary.json");
  }
  std::string out = "{\"schema\":1,\"id\":";
  write_json_string(id, out);
  out += ",\n\"summary\":" + *summary;
  const auto add = [&](std::string_view name, const std::string& json) {
    ((((out += ",\n\"") += name) += "\":")) += json;
  };
  if (const auto csv = content(folder / "timeseries.csv")) add("series", series_json(*csv));
  if (const auto story = content(folder / "story.json")) add("story", *story);
  if (const auto recording = content(folder / "recording.json")) {
    if (recording->size() <= recording_limit) {
      add("recording", *recording);
    } else {
      add("recording_left_out", std::to_string(recording->size()));
    }
  }
  if (const auto network = content(folder / "network.json")) add("network", *network);
  if (const auto lock = content(folder / "scenario.lock.yaml")) {
    std::string text;
    write_json_string(*lock, text);
    add("lock_yaml", text);
  }
  return out + "}\n";
}

std::string run_data_json(const fs::path& folder) {
  auto whole = fs::canonical(folder);
  return run_data_json(whole, (whole.parent_path().filename() / whole.filename()).generic_string());
}

std::string violations_json(const fs::path& folder) {
  return content(folder / "violations" / "windows.json").value_or("[]");
}

std::string series_json(std::string_view csv) {
  std::vector<std::string> columns;
  auto header = take(csv, '\n');
  while (!header.empty()) {
    write_json_string(take(header, ','), columns.emplace_back());
    columns.back() += ":[";
  }
  for (bool first = true; !csv.empty(); first = false) {
    auto line = take(csv, '\n');
    for (auto& column : columns) {
      if (!first) column += ',';
      column += number_or_null(take(line, ','));
    }
  }
  std::string out = "{";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) out += ",\n";
    out += columns[i] + "]";
  }
  return out + "}";
}

}  // namespace byzlab
