// Every scenario of this repository loads without a warning, and so does its lock, to the same
// text.
#include <algorithm>
#include <filesystem>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "testbed/run.h"
#include "testbed/scenario/comparison.h"
#include "testbed/scenario/load.h"
#include "testbed/scenario/lock.h"
#include "tests/support/source_dir.h"

using namespace byzlab;
using namespace byzlab::scenario;

BOOST_AUTO_TEST_SUITE(shipped_scenarios)

BOOST_AUTO_TEST_CASE(load_cleanly_and_survive_their_lock) {
  std::size_t files = 0;
  const std::filesystem::path folder = source_dir() / "scenarios";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".yaml") continue;
    ++files;
    if (entry.path().parent_path().filename() == "compare") continue;  // the case below
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      const LoadResult result = load_file(entry.path(), catalogue(), {.seed = seed});
      BOOST_TEST(result.diagnostics.empty(), to_text(result.diagnostics, result.source));
      BOOST_REQUIRE(result.scenario);
      const std::string lock = lock_text(*result.scenario);
      const LoadResult again = load_text(lock, "scenario.lock.yaml", catalogue());
      BOOST_REQUIRE_MESSAGE(again.scenario, lock + to_text(again.diagnostics, again.source));
      BOOST_TEST(lock_text(*again.scenario) == lock);
    }
  }
  BOOST_TEST(files > 0u);
}

BOOST_AUTO_TEST_CASE(comparisons_load_cleanly_cell_by_cell) {
  const std::filesystem::path folder = source_dir() / "scenarios/compare";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string source = load_file(entry.path(), catalogue()).source;
    const ComparisonResult result = load_comparison(source, entry.path().string(), catalogue());
    BOOST_TEST(result.diagnostics.empty(), to_text(result.diagnostics, result.source));
    BOOST_TEST(result.comparison.has_value());
  }
}

BOOST_AUTO_TEST_SUITE_END()
