// A run as a line and back: what tallies and tables need of it survives, and nothing else is taken
// for a line. And the journal of lines: whatever happened to it, it is whole lines.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/rng.h"
#include "observe/run_journal.h"
#include "observe/run_record.h"
#include "tests/observe/sample_report.h"

using namespace byzlab;
namespace fs = std::filesystem;

namespace {

struct Scratch {
  Scratch() {
    std::string pattern = fs::temp_directory_path() / "byzlab-journal-XXXXXX";
    path = ::mkdtemp(pattern.data());
  }
  ~Scratch() { fs::remove_all(path); }
  fs::path path;
};

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(run_record)

BOOST_AUTO_TEST_CASE(a_line_read_and_written_is_the_same_line) {
  for (Report report : {passing_report(), failing_report()}) {
    report.expectations[0].counts = false;
    report.expectations[0].rate =
        scenario::RequiredRate{.comparison = scenario::Comparison::less_equal, .share = 0.05};
    const auto line = run_line(report, {.cell = 3, .histograms = true});
    const auto record = read_run_line(line, true);
    BOOST_REQUIRE(record);
    BOOST_TEST(*record->cell == 3u);
    BOOST_TEST(run_line(record->report, {.cell = 3, .histograms = true}) == line);
    const auto& e = record->report.expectations[0];
    BOOST_TEST((e.rate == report.expectations[0].rate));
    BOOST_TEST((e.property == report.expectations[0].property));
    BOOST_TEST(*e.counts == false);
  }
}

// A table made from lines is the table made from the runs: no number may lose its last bit.
BOOST_AUTO_TEST_CASE(numbers_survive_to_the_last_bit) {
  Rng rng(7);
  Report report = passing_report();
  report.metrics.clear();
  for (int i = 0; i < 20'000; ++i) {
    const double value =
        static_cast<double>(rng.next() >> 11) / static_cast<double>(1 + rng.below(1'000'000));
    report.metrics.push_back({.name = "m.v" + std::to_string(i), .value = value, .samples = 1});
  }
  const auto record = read_run_line(run_line(report), true);
  BOOST_REQUIRE(record);
  BOOST_REQUIRE(record->report.metrics.size() == report.metrics.size());
  for (std::size_t i = 0; i < report.metrics.size(); ++i)
    BOOST_REQUIRE(record->report.metrics[i].value == report.metrics[i].value);
}

BOOST_AUTO_TEST_CASE(metrics_are_only_read_when_asked_for) {
  Report report = failing_report();
  // As if somebody had named an expectation to confuse the reader.
  report.expectations[0].text = "\",\"metrics\":{";
  const auto record = read_run_line(run_line(report), false);
  BOOST_REQUIRE(record);
  BOOST_TEST(record->report.metrics.empty());
  BOOST_TEST(record->report.expectations.size() == report.expectations.size());
  BOOST_TEST(record->report.expectations[0].text == report.expectations[0].text);
}

BOOST_AUTO_TEST_CASE(what_is_no_line_is_none) {
  const auto line = run_line(failing_report());
  for (std::size_t size = 0; size + 2 < line.size(); ++size)
    BOOST_TEST(!read_run_line(line.substr(0, size), true), size << " bytes are a line");
  for (std::size_t size = 0; size < line.find(",\"metrics\":"); ++size)
    BOOST_TEST(!read_run_line(line.substr(0, size), false), size << " bytes are a line");
  BOOST_TEST(!read_run_line("{}", true));
  BOOST_TEST(!read_run_line("[1]", true));
  BOOST_TEST(!read_run_line(std::string(100, '\0'), true));
}

BOOST_AUTO_TEST_CASE(a_torn_line_is_cut_off) {
  Scratch scratch;
  const auto file = scratch.path / "runs.jsonl";
  std::ofstream(file) << "1\n2\n3";
  RunJournal journal(file);
  std::string seen;
  const auto all = [&](std::string_view line) {
    seen += line;
    return true;
  };
  BOOST_TEST(journal.replay(all) == 2u);
  BOOST_TEST(seen == "12");
  journal.append("4\n");
  BOOST_TEST(content(file) == "1\n2\n4\n");
}

BOOST_AUTO_TEST_CASE(what_follows_a_wrong_line_is_cut_off) {
  Scratch scratch;
  const auto file = scratch.path / "runs.jsonl";
  {
    std::ofstream out(file);
    for (int i = 0; i < 100'000; ++i) out << i << '\n';
  }
  RunJournal journal(file);
  int next = 0;
  BOOST_TEST(journal.replay([&](std::string_view line) {
    return line == std::to_string(next) && ++next <= 77'777;
  }) == 77'777u);
  journal.append("end\n");
  LineReader lines(file);
  std::string_view line;
  for (int i = 0; i < 77'777; ++i) {
    BOOST_REQUIRE(lines.next(line));
    if (line != std::to_string(i)) BOOST_FAIL("line " << i << " is " << line);
  }
  BOOST_REQUIRE(lines.next(line));
  BOOST_TEST(line == "end");
  BOOST_TEST(!lines.next(line));
}

BOOST_AUTO_TEST_SUITE_END()
