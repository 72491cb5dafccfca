// Results folders to index, find and compare: written as byzlab writes them, without running
// anything.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "observe/results_folder.h"
#include "observe/run_record.h"
#include "observe/run_results.h"
#include "observe/summary.h"
#include "tests/observe/sample_report.h"

namespace byzlab {

/// A folder of its own in /tmp, removed at the end.
struct ScratchFolder {
  ScratchFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "byzlab-store-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~ScratchFolder() { std::filesystem::remove_all(path); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  std::filesystem::path path;
};

inline std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// One finished run; its folder. `written` is called when the run's files are, before it is listed.
inline std::filesystem::path finish_run(
    const std::filesystem::path& results, const Report& report,
    const std::string& when = "20261122-143301", const std::string& lock = "version: 1\n",
    const std::function<void()>& written = [] {}) {
  ResultsFolder folder(results);
  const auto place = folder.place(report.name, run_id(report, when));
  write_run(folder, report, EventLog{},
            {.scenario_yaml = "version: 1\n", .lock_yaml = lock, .console = "text\n"},
            place.filename().string());
  written();
  folder.finish(place, index_line(report, place.lexically_relative(results).string(), when));
  return place;
}

inline Report report_of(const std::string& name, std::uint64_t seed,
                        RunVerdict verdict = RunVerdict::pass) {
  Report report = passing_report();
  report.name = name;
  report.seed = seed;
  report.trace_hash = 0x1000000000000000u + seed * 0x0101010101u;
  report.verdict = verdict;
  if (verdict == RunVerdict::fail) report.reason = "liveness: recovery";
  return report;
}

/// Seeds 1..count of "many", every tenth of which failed.
inline std::filesystem::path finish_seeds(const std::filesystem::path& results, std::uint64_t count,
                                          const std::string& when = "20261122-150000") {
  ResultsFolder folder(results);
  std::string lines;
  for (std::uint64_t seed = 1; seed <= count; ++seed)
    lines +=
        run_line(report_of("many", seed, seed % 10 == 0 ? RunVerdict::fail : RunVerdict::pass));
  folder.write("runs.jsonl", lines);
  folder.write("summary.json",
               fmt::format(R"({{"schema":1,"name":"many","file":"many.yaml","verdict":"{}",
        "seeds":{{"first":1,"last":{}}},"trace_hash":"00000000000000aa","interrupted":false,
        "build":{{"version":"v"}},"protocol":{{"name":"pbft","n":7}},
        "runs":{{"passed":{},"failed":{},"inconclusive":0}},"events":{},"wall_seconds":1.5}})",
                           count >= 10 ? "fail" : "pass", count, count - count / 10, count / 10,
                           count * 412'381));
  const auto place = folder.place("many", fmt::format("{}-s1..{}", when, count));
  folder.finish(place, "{}\n");
  return place;
}

/// Two protocols and two sizes, one of the four left out, seeds 1..2.
inline std::filesystem::path finish_comparison(const std::filesystem::path& results) {
  ResultsFolder folder(results);
  std::string lines, cells;
  int cell = 0;
  for (const char* protocol : {"pbft", "raft"}) {
    for (const int n : {4, 16}) {
      const bool excluded = cell == 3;
      cells += fmt::format(
          R"({}{{"at":{{"protocol":"{}","replicas":"{}"}},"runs":{},"passed":{},"failed":0,
             "inconclusive":0,"unsafe":0{},
             "metrics":{{"throughput":{{"mean":{},"low":1,"high":3.5,"samples":2}}}}}})",
          cell == 0 ? "" : ",", protocol, n, excluded ? 0 : 2, excluded ? 0 : 2,
          excluded ? R"(,"excluded":"too big")" : "", n);
      for (std::uint64_t seed = 1; !excluded && seed <= 2; ++seed) {
        auto line = run_line(report_of("two", seed));
        line.insert(1, fmt::format("\"cell\":{},", cell));
        lines += line;
      }
      ++cell;
    }
  }
  folder.write("runs.jsonl", lines);
  folder.write("summary.json",
               fmt::format(R"({{"schema":1,"kind":"comparison","name":"two","verdict":"pass",
                 "first_seed":1,"last_seed":2,"trace_hash":"00000000000000bb","cells":[{}]}})",
                           cells));
  const auto place = folder.place("two", "20261122-160000");
  folder.finish(place, "{}\n");
  return place;
}

}  // namespace byzlab
