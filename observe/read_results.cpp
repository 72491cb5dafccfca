// Reading summary.json and runs.jsonl.
#include "observe/read_results.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/json.hpp>
#include <ctime>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace byzlab {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

const json::value* member(const json::object& o, std::string_view key) {
  const auto found = o.find(key);
  return found == o.end() || found->value().is_null() ? nullptr : &found->value();
}

const json::object* object_in(const json::object& o, std::string_view key) {
  const auto* value = member(o, key);
  return value ? value->if_object() : nullptr;
}

const json::array* array_in(const json::object& o, std::string_view key) {
  const auto* value = member(o, key);
  return value ? value->if_array() : nullptr;
}

std::string text_in(const json::object& o, std::string_view key) {
  const auto* value = member(o, key);
  const auto* text = value ? value->if_string() : nullptr;
  return text ? std::string(text->data(), text->size()) : std::string();
}

std::optional<double> number_in(const json::object& o, std::string_view key) {
  const auto* value = member(o, key);
  if (!value || !value->is_number()) return std::nullopt;
  return value->to_number<double>();
}

/// Whole numbers from 0 on; of others, nothing.
std::optional<std::uint64_t> count_in(const json::object& o, std::string_view key) {
  const auto* value = member(o, key);
  if (!value) return std::nullopt;
  json::error_code error;
  const auto number = value->to_number<std::uint64_t>(error);
  if (error) return std::nullopt;
  return number;
}

bool flag_in(const json::object& o, std::string_view key) {
  const auto* value = member(o, key);
  return value && value->is_bool() && value->get_bool();
}

std::optional<std::uint32_t> small(std::optional<std::uint64_t> number) {
  if (!number || *number > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

/// {"commit_latency":{"p99":…}} as "commit_latency.p99", with the count beside it as its samples.
void flatten(const json::object& metrics, const std::string& prefix,
             std::vector<RecordedMetric>& out) {
  const auto samples = count_in(metrics, "count");
  for (const auto& [key, value] : metrics) {
    std::string name = prefix;
    name.append(key.data(), key.size());
    if (const auto* inner = value.if_object()) {
      name += '.';
      flatten(*inner, name, out);
    } else if (value.is_number()) {
      out.push_back({std::move(name), value.to_number<double>(), samples});
    }
  }
}

RecordedRun run_of(const json::object& o) {
  RecordedRun run;
  run.seed = count_in(o, "seed").value_or(0);
  run.cell = small(count_in(o, "cell"));
  run.verdict = text_in(o, "verdict");
  run.reason = text_in(o, "reason");
  run.trace_hash = text_in(o, "trace_hash");
  run.events = count_in(o, "events").value_or(0);
  run.cut_short = !text_in(o, "stopped").empty() || flag_in(o, "crashed");
  if (const auto* expectations = array_in(o, "expectations")) {
    for (const auto& value : *expectations) {
      const auto* e = value.if_object();
      if (!e) continue;
      run.expectations.push_back(
          {text_in(*e, "id"), text_in(*e, "text"), text_in(*e, "status"), number_in(*e, "value")});
    }
  }
  if (const auto* metrics = object_in(o, "metrics")) flatten(*metrics, "", run.metrics);
  std::ranges::sort(run.metrics, {}, &RecordedMetric::name);
  return run;
}

RecordedCell cell_of(const json::object& o) {
  RecordedCell cell;
  cell.label = text_in(o, "label");
  if (const auto* at = object_in(o, "at")) {
    std::string label;
    for (const auto& [axis, value] : *at) {
      const auto* as_text = value.if_string();
      const std::string is =
          as_text ? std::string(as_text->data(), as_text->size()) : json::serialize(value);
      const std::string_view name(axis.data(), axis.size());
      label += fmt::format("{}{}={}", label.empty() ? "" : ", ", name, is);
      if (name == "protocol" || name == "protocol.name") cell.protocol = is;
      if (name == "replicas" || name == "protocol.replicas") {
        const bool digits = !is.empty() && is.size() < 10 &&
                            std::ranges::all_of(is, [](char c) { return c >= '0' && c <= '9'; });
        if (digits) cell.n = static_cast<std::uint32_t>(std::stoul(is));
      }
    }
    if (cell.label.empty()) cell.label = std::move(label);
  }
  cell.excluded = text_in(o, "excluded");
  cell.violated = text_in(o, "violated");
  cell.runs = count_in(o, "runs").value_or(0);
  cell.passed = count_in(o, "passed").value_or(0);
  cell.failed = count_in(o, "failed").value_or(0);
  cell.inconclusive = count_in(o, "inconclusive").value_or(0);
  cell.unsafe = count_in(o, "unsafe").value_or(0);
  if (const auto* metrics = object_in(o, "metrics")) {
    for (const auto& [name, figure] : *metrics) {
      const auto* m = figure.if_object();
      auto value = m ? number_in(*m, "value") : std::nullopt;
      if (m && !value) value = number_in(*m, "mean");  // of older folders
      if (!value) continue;
      cell.metrics.push_back({std::string(name.data(), name.size()), *value,
                              number_in(*m, "low").value_or(*value),
                              number_in(*m, "high").value_or(*value), count_in(*m, "samples")});
    }
  }
  return cell;
}

/// Counts of runs: many seeds have them in one object, comparisons in their cells.
void count_runs(const json::object& o, RecordedFolder& folder) {
  if (const auto* runs = object_in(o, "runs")) {
    folder.passed = count_in(*runs, "passed").value_or(0);
    folder.failed = count_in(*runs, "failed").value_or(0);
    folder.inconclusive = count_in(*runs, "inconclusive").value_or(0);
  } else {
    for (const auto& cell : folder.cells) {
      folder.passed += cell.passed;
      folder.failed += cell.failed;
      folder.inconclusive += cell.inconclusive;
    }
  }
  folder.runs = folder.passed + folder.failed + folder.inconclusive;
}

std::string kind_of(const json::object& o) {
  auto kind = text_in(o, "kind");
  if (kind == "seeds" || kind == "sweep" || kind == "comparison") return kind;
  return member(o, "runs") ? "seeds" : "run";
}

/// "20261122-143301-s42" as "2026-11-22 14:33:01"; nothing when that is no time.
std::optional<std::string> date_of(std::string_view id) {
  constexpr std::string_view shape = "dddddddd-dddddd";
  if (id.size() < shape.size()) return std::nullopt;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = id[i] >= '0' && id[i] <= '9';
    if (shape[i] == 'd' ? !digit : id[i] != shape[i]) return std::nullopt;
  }
  return fmt::format("{}-{}-{} {}:{}:{}", id.substr(0, 4), id.substr(4, 2), id.substr(6, 2),
                     id.substr(9, 2), id.substr(11, 2), id.substr(13, 2));
}

std::string date_of_file(const fs::path& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return "";
  std::tm local{};
  ::localtime_r(&status.st_mtim.tv_sec, &local);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local));
}

RecordedFolder folder_of(const json::object& o) {
  RecordedFolder folder;
  folder.kind = kind_of(o);
  folder.name = text_in(o, "name");
  folder.file = text_in(o, "file");
  folder.verdict = text_in(o, "verdict");
  folder.reason = text_in(o, "reason");
  folder.trace_hash = text_in(o, "trace_hash");
  folder.transport = text_in(o, "transport");
  folder.interrupted = flag_in(o, "interrupted");
  if (const auto* build = object_in(o, "build")) folder.version = text_in(*build, "version");
  if (const auto* protocol = object_in(o, "protocol")) {
    if (member(*protocol, "name")) folder.protocol = text_in(*protocol, "name");
    folder.n = small(count_in(*protocol, "n"));
    folder.f = small(count_in(*protocol, "f"));
  }
  if (const auto* bound = object_in(o, "bound")) folder.beyond_bound = flag_in(*bound, "exceeded");
  if (const auto* cells = array_in(o, "cells")) {
    for (const auto& cell : *cells)
      folder.cells.push_back(cell.is_object() ? cell_of(cell.get_object()) : RecordedCell{});
  }
  folder.events = count_in(o, "events").value_or(0);
  folder.simulated_seconds = number_in(o, "simulated_seconds");
  folder.wall_seconds = number_in(o, "wall_seconds");
  folder.cpu_seconds = number_in(o, "cpu_seconds");
  if (folder.kind == "run") {
    folder.run = run_of(o);
    folder.first_seed = folder.last_seed = folder.run->seed;
    folder.runs = 1;
    folder.passed = folder.verdict == "pass" ? 1 : 0;
    folder.failed = folder.verdict == "fail" ? 1 : 0;
    folder.inconclusive = 1 - folder.passed - folder.failed;
    return folder;
  }
  const auto* seeds = object_in(o, "seeds");
  folder.first_seed = (seeds ? count_in(*seeds, "first") : count_in(o, "first_seed")).value_or(0);
  folder.last_seed = (seeds ? count_in(*seeds, "last") : count_in(o, "last_seed")).value_or(0);
  count_runs(o, folder);
  if (folder.reason.empty() && folder.failed > 0)
    folder.reason = fmt::format("{} of {} runs failed", folder.failed, folder.runs);
  return folder;
}

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error(file.string() + " cannot be read");
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Empty when there is none.
std::string optional_content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

std::optional<double> RecordedRun::metric(std::string_view name) const {
  const auto found = std::ranges::lower_bound(
      metrics, name, {}, [](const RecordedMetric& m) { return std::string_view(m.name); });
  if (found == metrics.end() || found->name != name) return std::nullopt;
  return found->value;
}

std::optional<std::int64_t> stamp_of(const fs::path& folder) {
  struct stat status{};
  if (::stat((folder / "summary.json").c_str(), &status) != 0) return std::nullopt;
  return static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
}

RecordedFolder read_folder(const fs::path& results, const fs::path& folder) {
  const auto file = folder / "summary.json";
  const auto text = content_of(file);
  json::error_code error;
  const auto document = json::parse(text, error);
  if (error) throw std::runtime_error(file.string() + " is no JSON: " + error.message());
  if (!document.is_object() || !document.get_object().contains("verdict"))
    throw std::runtime_error(file.string() + " is no summary of a run");
  auto read = folder_of(document.get_object());
  // Many runs have their times in a file of their own: the summary is the same every time.
  if (const auto times = json::parse(optional_content_of(folder / "times.json"), error);
      !error && times.is_object()) {
    read.wall_seconds = number_in(times.get_object(), "wall_seconds");
    read.cpu_seconds = number_in(times.get_object(), "cpu_seconds");
  }
  read.id = folder.lexically_relative(results).generic_string();
  read.date = date_of(folder.filename().string()).value_or(date_of_file(file));
  return read;
}

std::size_t for_each_run(const fs::path& folder,
                         const std::function<void(const RecordedRun&)>& use) {
  std::ifstream in(folder / "runs.jsonl", std::ios::binary);
  std::string line;
  std::size_t broken = 0;
  unsigned char buffer[16384];
  while (std::getline(in, line)) {
    if (line.empty()) continue;
    json::monotonic_resource memory(buffer);
    json::error_code error;
    const auto value = json::parse(line, error, &memory);
    if (error || !value.is_object() || !value.get_object().contains("seed")) {
      ++broken;
      continue;
    }
    use(run_of(value.get_object()));
  }
  return broken;
}

}  // namespace byzlab
