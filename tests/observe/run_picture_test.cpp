// What `byzlab export` writes of a window: true to the recording, and in forms that others read.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "observe/run_picture.h"
#include "observe/summary.h"
#include "testbed/scenario/load.h"
#include "testbed/scenario/lock.h"
#include "tests/observe/sample_report.h"
#include "tests/support/source_dir.h"

using namespace byzlab;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

/// A run of a shipped scenario, in a folder.
struct Recorded {
  explicit Recorded(const std::string& name, std::uint64_t seed) {
    std::string pattern = (fs::temp_directory_path() / "byzlab-picture-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    const auto loaded = scenario::load_file(source_dir().string() + "/scenarios/" + name,
                                            catalogue(), {.sets = {}, .seed = seed});
    BOOST_REQUIRE(loaded.scenario.has_value());
    Recording recording;
    MessageIndexWriter writer(folder / "messages.bin", recording);
    RunObserver* const observers[] = {&recording, &writer};
    report = run(*loaded.scenario, RunOptions{.seed = seed}, observers);
    std::ofstream(folder / "summary.json") << summary_json(report);
    std::ofstream(folder / "recording.json") << recording.json();
    index.emplace(folder / "messages.bin");
  }
  ~Recorded() { fs::remove_all(folder); }
  RunPicture picture(std::int64_t from_ms, std::int64_t to_ms, std::size_t limit = 5000) const {
    return picture_of(folder, *index, {.from = at_ms(from_ms), .to = at_ms(to_ms), .limit = limit});
  }

  fs::path folder;
  Report report;
  std::optional<MessageIndex> index;
};

/// The crash of a leader at 10 s: messages to it are lost, the others change the view.
const Recorded& crash() {
  static const Recorded run("faults/leader-crash-pbft.yaml", 5);
  return run;
}

using Clock = std::map<std::string, std::uint64_t>;
struct Entry {
  std::string text, host;
  Clock clock;
};

std::vector<Entry> parsed(const std::string& log) {
  static const std::regex shape(R"((.*)\n(\S*) (\{.*\}))");
  std::vector<Entry> entries;
  std::size_t covered = 0;
  for (auto it = std::sregex_iterator(log.begin(), log.end(), shape); it != std::sregex_iterator();
       ++it) {
    Entry entry{.text = (*it)[1], .host = (*it)[2], .clock = {}};
    const auto clock = json::parse((*it)[3].str());
    for (const auto& [host, count] : clock.as_object())
      entry.clock[std::string(host)] = count.to_number<std::uint64_t>();
    covered += static_cast<std::size_t>(it->length()) + 1;
    entries.push_back(std::move(entry));
  }
  BOOST_TEST(covered == log.size());  // nothing that the expression does not read
  return entries;
}

bool before_or_same(const Clock& a, const Clock& b) {
  return std::ranges::all_of(a, [&](const auto& one) {
    const auto found = b.find(one.first);
    return found != b.end() && found->second >= one.second;
  });
}

/// Tags that open and close in order, quotes that end: enough for a file made of elements only.
void check_well_formed(const std::string& text) {
  std::vector<std::string> open;
  static const std::regex tag(
      R"(<(/?)([a-z]+)((?: [a-zA-Z0-9-]+="[^"<&]*(?:&[a-z]+;[^"<&]*)*")*)(/?)>)");
  std::size_t at = 0, elements = 0;
  for (auto it = std::sregex_iterator(text.begin(), text.end(), tag); it != std::sregex_iterator();
       ++it) {
    const auto between = text.substr(at, static_cast<std::size_t>(it->position()) - at);
    BOOST_REQUIRE_MESSAGE(between.find_first_of("<>") == std::string::npos, between);
    at = static_cast<std::size_t>(it->position() + it->length());
    ++elements;
    if ((*it)[1].length() > 0) {
      BOOST_REQUIRE(!open.empty());
      BOOST_REQUIRE(open.back() == (*it)[2].str());
      open.pop_back();
    } else if ((*it)[4].length() == 0) {
      open.push_back((*it)[2]);
    }
  }
  BOOST_TEST(open.empty());
  BOOST_TEST(elements > 100u);
  BOOST_TEST(text.substr(at) == "\n");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(run_picture)

BOOST_AUTO_TEST_CASE(a_picture_has_the_window_and_no_more) {
  const auto picture = crash().picture(9'900, 10'300);
  BOOST_TEST(picture.messages.size() == crash().index->count(at_ms(9'900), at_ms(10'300)));
  BOOST_TEST(picture.messages.size() > 50u);
  BOOST_REQUIRE(picture.faults.size() == 1u);
  BOOST_TEST((picture.faults[0].from == at_ms(10'000)));
  BOOST_REQUIRE(picture.downs.size() == 1u);
  BOOST_TEST(picture.downs[0].state == "crashed");
  for (const auto& commit : picture.commits) {
    BOOST_TEST((commit.at >= picture.from && commit.at <= picture.to));
    BOOST_TEST(!commit.block.empty());
  }
  BOOST_TEST(picture.views.size() >= picture.n - 1);
}

BOOST_AUTO_TEST_CASE(a_window_too_large_is_refused_with_its_size) {
  try {
    crash().picture(0, 40'000, 10);
    BOOST_ERROR("not refused");
  } catch (const std::runtime_error& e) {
    const auto all = std::to_string(crash().index->count(kStart, at_ms(40'000)));
    BOOST_TEST(std::string(e.what()).find("There are " + all + " messages") == 0u);
    BOOST_TEST(std::string(e.what()).find("--from") != std::string::npos);
  }
  BOOST_CHECK_THROW(crash().picture(90'000, 99'000), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(perfetto_reads_it) {
  const auto picture = crash().picture(9'900, 12'000, 50'000);
  const auto trace = json::parse(perfetto_json(picture));
  std::map<std::uint64_t, std::pair<double, double>> flows;
  std::map<std::string, std::size_t> phases;
  std::map<std::pair<int, int>, double> view_ends;
  std::size_t commits = 0, lost = 0;
  std::set<std::string> threads;
  for (const auto& event : trace.at("traceEvents").as_array()) {
    const std::string phase(event.at("ph").as_string().c_str());
    const std::string name(event.at("name").as_string().c_str());
    ++phases[phase];
    BOOST_TEST(event.at("pid").is_int64());
    if (phase == "M") {
      if (name == "thread_name" && event.at("pid").as_int64() == 1)
        threads.insert(event.at("args").at("name").as_string().c_str());
      continue;
    }
    const double at = event.at("ts").to_number<double>();
    if (phase == "s") flows[event.at("id").to_number<std::uint64_t>()].first = at;
    if (phase == "f") flows[event.at("id").to_number<std::uint64_t>()].second = at;
    if (phase == "i") ++commits;
    if (phase != "X") continue;
    lost += name.find(", lost") != std::string::npos ? 1 : 0;
    const double length = event.at("dur").to_number<double>();
    BOOST_TEST(length >= 0);
    if (name.rfind("view", 0) != 0) continue;
    // Views of a replica follow each other.
    auto& end = view_ends[{static_cast<int>(event.at("pid").as_int64()),
                           static_cast<int>(event.at("tid").as_int64())}];
    BOOST_TEST(at >= end - 1e-3);
    end = at + length;
  }
  BOOST_TEST(threads.size() == picture.n);
  BOOST_TEST(commits == picture.commits.size());
  BOOST_TEST(phases["s"] == phases["f"]);
  BOOST_TEST(flows.size() == phases["s"]);
  BOOST_TEST(lost > 0u);
  BOOST_TEST(flows.size() + lost == picture.messages.size());
  for (const auto& [id, times] : flows) BOOST_TEST(times.first <= times.second);
}

BOOST_AUTO_TEST_CASE(vector_clocks_say_what_happened_before_what) {
  const auto picture = crash().picture(9'900, 10'600);
  const auto log = parsed(shiviz_log(picture));
  BOOST_REQUIRE(log.size() > 100u);
  std::map<std::string, std::vector<const Entry*>> of_host;
  for (const Entry& entry : log) {
    auto& mine = of_host[entry.host];
    mine.push_back(&entry);
    // Its own events are counted without a gap.
    BOOST_TEST(entry.clock.at(entry.host) == mine.size());
  }
  BOOST_TEST(of_host.size() == picture.n);
  std::size_t receipts = 0, sendings = 0, lost = 0;
  static const std::regex heard(R"(hears (.*) of (r\d+))");
  for (const Entry& entry : log) {
    // What it knows of another is what that one knew then, and all that came before.
    for (const auto& [host, count] : entry.clock) {
      BOOST_REQUIRE(count <= of_host.at(host).size());
      BOOST_TEST(before_or_same(of_host.at(host)[count - 1]->clock, entry.clock));
    }
    sendings += entry.text.rfind("sends ", 0) == 0 ? 1 : 0;
    lost += entry.text.find("(lost: ") != std::string::npos ? 1 : 0;
    std::smatch match;
    if (!std::regex_match(entry.text, match, heard)) continue;
    ++receipts;
    // After its sending: of all that the sender did, one names it and lies before.
    const auto& sender = of_host.at(match[2]);
    const bool found = std::ranges::any_of(sender, [&](const Entry* e) {
      return e->text.rfind("sends " + match[1].str() + " to", 0) == 0 &&
             (e->text + " ").find(" " + entry.host + " ") != std::string::npos &&
             before_or_same(e->clock, entry.clock);
    });
    BOOST_TEST(found, entry.text << " at " << entry.host);
  }
  std::size_t arrived = 0;
  for (const auto& m : picture.messages) arrived += m.dropped == 0 ? 1 : 0;
  BOOST_TEST(receipts == arrived);
  BOOST_TEST(sendings > 10u);
  BOOST_TEST(sendings < picture.messages.size());  // a broadcast is one event
  BOOST_TEST(lost > 0u);
  // Two that have not heard of each other are not ordered.
  BOOST_TEST(!before_or_same(of_host.at("r1")[0]->clock, of_host.at("r2")[0]->clock));
}

BOOST_AUTO_TEST_CASE(the_drawing_is_whole_and_needs_nothing_else) {
  const auto picture = crash().picture(9'900, 10'300);
  const auto svg = space_time_svg(picture);
  check_well_formed(svg);
  const auto count = [&](const std::string& what) {
    std::size_t found = 0;
    for (auto at = svg.find(what); at != std::string::npos; at = svg.find(what, at + 1)) ++found;
    return found;
  };
  std::size_t titles = picture.messages.size() + picture.commits.size() + picture.faults.size() +
                       picture.downs.size() + 1;
  BOOST_TEST(count("<title>") == titles);
  BOOST_TEST(count(">r0</text>") == 1u);
  BOOST_TEST(count("http") == 1u);  // the namespace
  BOOST_TEST(count("lost: ") > 0u);
  for (const char* never : {"href", "url(", "script", "nan", "inf"}) BOOST_TEST(count(never) == 0u);
}

BOOST_AUTO_TEST_CASE(liars_and_forks_are_drawn) {
  const Recorded run("attacks/equivocating-pair-breaks-pbft.yaml", 1);
  const auto picture = run.picture(0, 1'000, 20'000);
  BOOST_TEST(std::ranges::count(picture.byzantine, true) == 2);
  const auto svg = space_time_svg(picture);
  BOOST_TEST(svg.find(">Byzantine</text>") != std::string::npos);
  parsed(shiviz_log(picture));
  json::parse(perfetto_json(picture));
}

BOOST_AUTO_TEST_SUITE_END()
