// Results folders: whole or not there at all.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "observe/results_folder.h"
#include "observe/run_results.h"
#include "tests/observe/sample_report.h"

using namespace byzlab;
namespace fs = std::filesystem;

namespace {

struct Scratch {
  Scratch() {
    std::string pattern = (fs::temp_directory_path() / "byzlab-results-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~Scratch() { fs::remove_all(path); }
  fs::path path;
};

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator{}));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(results_folder)

BOOST_AUTO_TEST_CASE(all_files_of_a_run) {
  Scratch scratch;
  const Report report = failing_report();
  const auto id = run_id(report, "20261122-143301");
  BOOST_TEST(id == "20261122-143301-s577-9f3c1a7e");
  ResultsFolder folder(scratch.path / "results");
  write_run(folder, report, EventLog{},
            {.scenario_yaml = "# ünchanged\r\n", .lock_yaml = "version: 1\n", .console = "text\n"},
            id);
  const auto place = folder.place(report.name, id);
  folder.finish(place, "{}\n");

  for (const char* file : {"summary.json", "scenario.lock.yaml", "repro.sh", "events.jsonl",
                           "console.txt", "timeseries.csv", "violations/agreement-1.json"})
    BOOST_TEST(fs::exists(place / file), file << " is missing");
  BOOST_TEST(content(place / "scenario.yaml") == "# ünchanged\r\n");
  const auto rights = fs::status(place / "repro.sh").permissions();
  BOOST_TEST(((rights & fs::perms::owner_exec) == fs::perms::owner_exec),
             "repro.sh cannot be executed");
  BOOST_TEST(content(place / "repro.sh").find("--verify 9f3c1a7e00000001") != std::string::npos);
  BOOST_TEST(fs::equivalent(scratch.path / "results" / "latest", place));
  BOOST_TEST(content(scratch.path / "results" / "latest.txt") == "two-liars/" + id + "\n");
  BOOST_TEST(content(scratch.path / "results" / "index.jsonl") == "{}\n");
}

BOOST_AUTO_TEST_CASE(an_unfinished_folder_leaves_nothing) {
  Scratch scratch;
  {
    ResultsFolder folder(scratch.path);
    folder.write("deep/down/file.txt", "half");
    BOOST_TEST(entries(scratch.path) == 1u);
  }
  BOOST_TEST(entries(scratch.path) == 0u);
}

BOOST_AUTO_TEST_CASE(two_runs_of_one_second_have_two_folders) {
  Scratch scratch;
  for (const char* expected : {"run", "run-2", "run-3"}) {
    ResultsFolder folder(scratch.path);
    folder.write("file", "");
    const auto place = folder.place("name", "run");
    BOOST_TEST(place.filename().string() == expected);
    folder.finish(place, "{}\n");
  }
  BOOST_TEST(content(scratch.path / "index.jsonl") == "{}\n{}\n{}\n");
}

BOOST_AUTO_TEST_CASE(a_place_that_cannot_be_written_is_said_at_once) {
  Scratch scratch;
  std::ofstream(scratch.path / "file") << "not a folder";
  try {
    ResultsFolder folder(scratch.path / "file" / "results");
    BOOST_ERROR("it was accepted");
  } catch (const ResultsError& e) {
    BOOST_TEST(std::string(e.what()).find("file/results") != std::string::npos);
  }
  BOOST_CHECK_THROW(ResultsFolder("/proc/byzlab-results"), ResultsError);
}

BOOST_AUTO_TEST_CASE(names_stay_inside_the_results_folder) {
  BOOST_TEST(folder_name("../../etc") == "run-..-..-etc");
  BOOST_TEST(folder_name("a b/c") == "a-b-c");
  BOOST_TEST(folder_name("") == "run-");
}

BOOST_AUTO_TEST_SUITE_END()
