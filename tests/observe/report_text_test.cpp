// What users see of a run, as goldens: the terminal's text, its plain forms, the documents.
#include <boost/test/unit_test.hpp>

#include "observe/event_log.h"
#include "observe/formats.h"
#include "observe/summary.h"
#include "observe/terminal.h"
#include "observe/timeseries.h"
#include "tests/observe/sample_report.h"
#include "tests/support/engine_script.h"

using namespace byzlab;

namespace {

const std::vector<Pointer> kPointers{
    {"results", "results/pbft-partition/20261122-143301-s42-9f3c1a7e   (results/latest)"},
    {"again", "byzlab run results/latest/scenario.lock.yaml"}};

/// The version of the code is in the document, and changes with every commit.
std::string without_build(std::string text) {
  const auto at = text.find("  \"build\": ");
  const auto end = text.find("  \"protocol\": ");
  return at == std::string::npos || end == std::string::npos ? text : text.erase(at, end - at);
}

bool is_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_text)

BOOST_AUTO_TEST_CASE(a_run_that_passes) {
  check_golden("tests/observe/golden/pass.txt", run_text(passing_report(), kPointers, {}));
}

BOOST_AUTO_TEST_CASE(a_violation_explains_itself) {
  check_golden("tests/observe/golden/violation.txt", run_text(failing_report(), kPointers, {}));
}

BOOST_AUTO_TEST_CASE(ascii_is_ascii_and_says_the_same) {
  const TextOptions ascii{.style = {.colour = false, .ascii = true}};
  const auto text = run_text(failing_report(), kPointers, ascii);
  BOOST_TEST(is_ascii(text));
  BOOST_TEST(text.find("FAIL agreement: holds") != std::string::npos);
  check_golden("tests/observe/golden/pass_ascii.txt", run_text(passing_report(), kPointers, ascii));
}

BOOST_AUTO_TEST_CASE(colour_adds_nothing_but_colour) {
  const TextOptions colour{.style = {.colour = true, .ascii = false}};
  std::string text = run_text(failing_report(), kPointers, colour);
  BOOST_TEST(text.find('\x1b') != std::string::npos);
  for (auto at = text.find('\x1b'); at != std::string::npos; at = text.find('\x1b'))
    text.erase(at, text.find('m', at) - at + 1);
  BOOST_TEST(text == run_text(failing_report(), kPointers, {}));
}

BOOST_AUTO_TEST_CASE(a_figure_nobody_measured_is_a_dash) {
  Report report = passing_report();
  report.metrics.clear();
  const auto text = figures_text(report, {});
  BOOST_TEST(text.find("steady         -") != std::string::npos);
  BOOST_TEST(text.find("- / - / -") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_long_story_keeps_its_ends_and_its_violations) {
  Report report = passing_report();
  report.story.clear();
  for (int i = 0; i < 500; ++i)
    report.story.push_back({at_ms(i * 100), "reorg", "", "reorg " + std::to_string(i), i == 250});
  const auto text = story_text(report, {});
  for (const char* kept : {"reorg 0\n", "reorg 250\n", "reorg 499\n"})
    BOOST_TEST(text.find(kept) != std::string::npos);
  BOOST_TEST(text.find("reorg 100\n") == std::string::npos);
  BOOST_TEST(text.find("469 more lines") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(summary_as_a_document) {
  check_golden("tests/observe/golden/summary.json", without_build(summary_json(passing_report())));
  check_golden("tests/observe/golden/violation_summary.json",
               without_build(summary_json(failing_report())));
}

BOOST_AUTO_TEST_CASE(for_ci_systems) {
  check_golden("tests/observe/golden/junit.xml", junit_xml({passing_report(), failing_report()}));
  check_golden("tests/observe/golden/github.txt", github_annotations(failing_report()));
  BOOST_TEST(github_annotations(passing_report()).empty());
}

BOOST_AUTO_TEST_CASE(series_as_a_table) {
  check_golden("tests/observe/golden/timeseries.csv", timeseries_csv(passing_report()));
}

BOOST_AUTO_TEST_SUITE_END()
