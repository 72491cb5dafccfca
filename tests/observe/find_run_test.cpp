// What people call a run.
#include "observe/find_run.h"

#include <boost/test/unit_test.hpp>

#include "tests/observe/stored_runs.h"

using namespace byzlab;
namespace fs = std::filesystem;

namespace {

struct Runs {
  Runs() {
    old = finish_run(scratch.path, report_of("crash", 42), "20261121-090000");
    young = finish_run(scratch.path, report_of("crash", 42), "20261122-090000");
    other = finish_run(scratch.path, report_of("split", 7), "20261122-100000");
    many = finish_seeds(scratch.path, 30, "20261122-110000");
  }
  fs::path folder(const std::string& word) const {
    const auto found = find_run(word, scratch.path);
    BOOST_TEST(found.error == "", word << ": " << found.error);
    return found.folder;
  }
  std::string error(const std::string& word) const {
    const auto found = find_run(word, scratch.path);
    BOOST_TEST(found.folder.empty(), word << " was found");
    return found.error;
  }
  ScratchFolder scratch;
  fs::path old, young, other, many;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(find_run_words)

BOOST_FIXTURE_TEST_CASE(every_way_to_say_it, Runs) {
  BOOST_TEST(fs::equivalent(folder("latest"), many));
  BOOST_TEST(folder("latest~0") == many);
  BOOST_TEST(folder("latest~1") == other);
  BOOST_TEST(folder("latest~3") == old);
  BOOST_TEST(folder(other.string()) == other);
  BOOST_TEST(folder((other / "summary.json").string()) == other);
  BOOST_TEST(folder("split/" + other.filename().string()) == other);
  BOOST_TEST(folder(other.filename().string()) == other);
  BOOST_TEST(folder("crash") == young);
  BOOST_TEST(folder("20261121") == old);
  BOOST_TEST(folder("20261122-10") == other);
  BOOST_TEST(folder("s7") == other);
  BOOST_TEST(folder("7") == other);
  BOOST_TEST(folder("42") == young);  // twice the same run: the newer folder
  BOOST_TEST(folder(to_hex(report_of("", 7).trace_hash).substr(0, 12)) == other);
}

BOOST_FIXTURE_TEST_CASE(what_is_not_clear_is_said, Runs) {
  BOOST_TEST(has(error("20261122"), "could be any of 3 runs"));
  BOOST_TEST(has(error("20261122"), many.filename().string()));
  BOOST_TEST(has(error("crahs"), "did you mean `crash`?"));
  BOOST_TEST(has(error("latest~4"), "has 4 runs"));
  BOOST_TEST(has(error("s20"), "ran only as one of many"));
  BOOST_TEST(has(error("s20"), "--seed 20"));
  BOOST_TEST(has(error("s99"), "no run `s99`"));
  BOOST_TEST(has(error((scratch.path / "crash").string()), "no summary.json"));
}

BOOST_AUTO_TEST_CASE(nothing_there) {
  ScratchFolder scratch;
  BOOST_TEST(has(find_run("latest", scratch.path).error, "no run in"));
  BOOST_TEST(has(find_run("crash", scratch.path / "none").error, "no run `crash`"));
}

BOOST_AUTO_TEST_CASE(without_links_latest_txt_says_it) {
  ScratchFolder scratch;
  const auto run = finish_run(scratch.path, report_of("crash", 42));
  fs::remove(scratch.path / "latest");
  BOOST_TEST(find_run("latest", scratch.path).folder == run);
}

BOOST_AUTO_TEST_SUITE_END()
