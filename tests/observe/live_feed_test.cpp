// A live page: whoever comes, whenever, ends up with the tables of the run.
#include <algorithm>
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>
#include <optional>

#include "observe/live_feed.h"
#include "tests/support/actions.h"
#include "tests/support/trial.h"

using namespace byzlab;
namespace json = boost::json;
namespace sc = byzlab::scenario;

namespace {

/// What a page makes of the pieces.
class Reader {
 public:
  void read(PageFeed& feed) {
    const auto piece = feed.next(place_);
    if (piece.empty()) return;
    BOOST_TEST(piece.find('\n') == std::string::npos);  // one event is one line
    largest = std::max(largest, piece.size());
    ++pieces;
    const auto delta = json::parse(piece);
    const auto& object = delta.as_object();
    if (const auto* reset = object.if_contains("reset")) {
      ++resets;
      recording = reset->at("recording");
      series = reset->at("series");
      summary = reset->at("summary");
      return;
    }
    if (const auto* gone = object.if_contains("forget")) {
      for (const auto& [name, count] : gone->as_object()) {
        forget(name, count.to_number<std::size_t>());
      }
    }
    if (const auto* rows = object.if_contains("recording")) {
      for (const auto& [name, table] : rows->as_object()) append(recording.at(name), table);
    }
    if (const auto* rows = object.if_contains("series")) append(series, *rows);
    if (const auto* news = object.if_contains("summary")) summary = *news;
    if (const auto* changed = object.if_contains("changed")) {
      const auto& blocks = changed->at("blocks").as_object();
      const auto& numbers = blocks.at("row").as_array();
      for (const auto& [name, values] : blocks) {
        if (name == "row") continue;
        for (std::size_t i = 0; i < numbers.size(); ++i) {
          recording.at("blocks").at(name).as_array().at(numbers[i].to_number<std::size_t>()) =
              values.at(i);
        }
      }
    }
  }

  json::value recording, series, summary;
  std::size_t pieces = 0, resets = 0, largest = 0, forgotten = 0;

 private:
  void forget(std::string_view table, std::size_t count) {
    if (table == "story") return;
    forgotten += count;
    for (auto& column : recording.at(table).as_object()) {
      auto& rows = column.value().as_array();
      rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(count));
    }
    if (table != "blocks") return;
    for (const auto& [name, column] : {std::pair{"blocks", "parent"}, std::pair{"commits", "block"},
                                       std::pair{"notes", "block"}}) {
      for (auto& value : recording.at(name).at(column).as_array()) {
        value = std::max<std::int64_t>(
            -1, value.to_number<std::int64_t>() - static_cast<std::int64_t>(count));
      }
    }
  }
  static void append(json::value& to, const json::value& rows) {
    for (const auto& [name, values] : rows.as_object()) {
      auto& column = to.at(name).as_array();
      for (const auto& value : values.as_array()) column.push_back(value);
    }
  }
  PageFeed::Place place_;
};

/// Reads after every piece of the run, as a server does ten times a second.
class Pieces final : public RunDriver {
 public:
  explicit Pieces(std::function<void(Time)> look) : look_(std::move(look)) {}
  std::optional<Time> next(Time now) override {
    look_(now);
    return now + std::chrono::milliseconds{70};
  }

 private:
  std::function<void(Time)> look_;
};

testing::Trial crash() {
  testing::Trial trial(*find_engine("pbft"), 4, 8);
  trial.fault(3, 2, testing::crash(testing::replica(0)));
  return trial;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(live_feed)

BOOST_AUTO_TEST_CASE(early_and_late_readers_see_the_same) {
  auto trial = crash();
  LiveFeed feed;
  Recording whole;
  Reader early, late;
  Pieces driver([&](Time now) {
    early.read(feed);
    if (now > kStart + trial.ticks(5)) late.read(feed);
  });
  trial.options.driver = &driver;
  RunObserver* const observers[] = {&whole, &feed};
  const Report report = run(trial.scenario, trial.options, observers);
  BOOST_TEST(early.resets == 1u);
  BOOST_TEST(late.resets == 1u);
  BOOST_TEST(early.pieces > 50u);
  early.read(feed);
  late.read(feed);
  BOOST_TEST(early.resets == 2u);  // the end is told as a whole
  auto expected = json::parse(whole.json(12));
  for (const char* asked_for : {"requests", "truncated"}) {  // with a window
    expected.as_object().erase(asked_for);
    early.recording.as_object().erase(asked_for);
    late.recording.as_object().erase(asked_for);
  }
  BOOST_TEST((early.recording == expected));
  BOOST_TEST((late.recording == early.recording));
  BOOST_TEST((late.series == early.series));
  BOOST_TEST(early.series.at("t").as_array().size() == report.series.size());
  BOOST_TEST(early.summary.at("trace_hash").as_string() == to_hex(report.trace_hash));
}

/// Before the end is told: pieces add up to the same tables.
BOOST_AUTO_TEST_CASE(pieces_add_up) {
  auto trial = crash();
  LiveFeed feed;
  Recording whole;
  Reader reader;
  std::size_t compared = 0;
  Pieces driver([&](Time now) {
    reader.read(feed);
    if (now < kStart + trial.ticks(4)) return;
    BOOST_REQUIRE((reader.recording.at("blocks") == json::parse(whole.json(12)).at("blocks")));
    ++compared;
  });
  trial.options.driver = &driver;
  RunObserver* const observers[] = {&whole, &feed};
  run(trial.scenario, trial.options, observers);
  BOOST_TEST(reader.resets == 1u);
  BOOST_TEST(compared > 20u);
}

BOOST_AUTO_TEST_CASE(watching_and_waiting_change_nothing) {
  auto trial = crash();
  const auto plain = run(trial.scenario, trial.options).trace_hash;
  LiveFeed feed;
  Pieces driver([](Time) {});
  trial.options.driver = &driver;
  RunObserver* const observers[] = {&feed};
  BOOST_TEST(run(trial.scenario, trial.options, observers).trace_hash == plain);
}

BOOST_AUTO_TEST_CASE(a_driver_may_end_the_run) {
  struct Impatient final : RunDriver {
    std::optional<Time> next(Time now) override {
      return now < kStart + std::chrono::seconds{2}
                 ? std::optional(now + std::chrono::milliseconds{100})
                 : std::nullopt;
    }
  } driver;
  auto trial = crash();
  trial.options.driver = &driver;
  const Report report = run(trial.scenario, trial.options);
  BOOST_TEST(report.interrupted);
  BOOST_TEST((report.simulated == Duration{std::chrono::seconds{2}}));
}

/// However long it goes, a page holds no more than the bound of each table: the latest.
BOOST_AUTO_TEST_CASE(a_long_run_does_not_grow) {
  testing::Trial trial(*find_engine("pbft"), 4, 60);
  constexpr std::size_t kRows = 700;  // more than the series has
  LiveFeed feed("sim", false, kRows);
  Reader reader, slow;
  Recording whole;
  std::size_t most = 0, looks = 0;
  Pieces driver([&](Time) {
    reader.read(feed);
    if (++looks % 300 == 0) slow.read(feed);
    if (!reader.recording.is_object() || looks % 10 != 0) return;
    // What the pieces came to is what somebody would get who comes now.
    const auto now = json::parse(feed.run_data_json()).at("recording");
    for (const char* table : {"blocks", "commits", "views", "notes"}) {
      BOOST_REQUIRE((reader.recording.at(table) == now.at(table)));
      const auto& columns = reader.recording.at(table).as_object();
      most = std::max(most, columns.begin()->value().as_array().size());
    }
  });
  trial.options.driver = &driver;
  RunObserver* const observers[] = {&feed, &whole};
  run(trial.scenario, trial.options, observers);
  BOOST_TEST(reader.resets == 1u);
  BOOST_TEST(slow.resets > 1u);  // it missed too much
  BOOST_TEST(reader.forgotten > kRows);
  BOOST_TEST(most <= kRows);
  BOOST_TEST(most > kRows / 2);
  // The latest of all there were, by the names they have there.
  const auto all = json::parse(whole.json(12));
  const auto& ids = all.at("blocks").at("id").as_array();
  const auto& kept = reader.recording.at("blocks").at("id").as_array();
  BOOST_TEST(kept.size() < ids.size());
  BOOST_TEST(std::ranges::search(ids, kept).begin() != ids.end());
  const auto& commits = reader.recording.at("commits");
  std::size_t lost = 0;
  for (const auto& block : commits.at("block").as_array()) {
    lost += block.to_number<int>() < 0 ? 1 : 0;
  }
  BOOST_TEST(lost < commits.at("block").as_array().size() / 4);
}

/// Of the series every other row goes; the sums of those that stay are what they were.
BOOST_AUTO_TEST_CASE(a_long_series_becomes_coarser) {
  testing::Trial trial(*find_engine("pbft"), 4, 60);
  LiveFeed feed("sim", false, 40);
  Reader reader;
  std::size_t most = 0;
  bool in_order = true;
  json::value last;
  Pieces driver([&](Time) {
    reader.read(feed);
    if (!reader.series.is_object()) return;
    const auto& t = reader.series.at("t").as_array();
    most = std::max(most, t.size());
    in_order = in_order && std::ranges::is_sorted(
                               t, {}, [](const json::value& at) { return at.to_number<double>(); });
    last = reader.series;
  });
  trial.options.driver = &driver;
  RunObserver* const observers[] = {&feed};
  const Report report = run(trial.scenario, trial.options, observers);
  BOOST_TEST(report.series.size() > 100u);
  BOOST_TEST(most <= 40u);
  BOOST_TEST(most >= 20u);
  BOOST_TEST(in_order);
  const auto end_of = [&](const char* column) {
    return last.at(column).as_array().back().to_number<double>();
  };
  const auto same = std::ranges::find_if(report.series, [&](const SeriesRow& row) {
    return std::abs(seconds(row.at - kStart) - end_of("t")) < 1e-9;
  });
  BOOST_REQUIRE((same != report.series.end()));
  BOOST_TEST(static_cast<double>(same->messages) == end_of("messages"));
}

/// What a page can draw of a fault while it lasts: whom it is about.
BOOST_AUTO_TEST_CASE(a_fault_names_its_victims_at_once) {
  auto trial = crash();
  LiveFeed feed;
  Reader reader;
  bool crashed = false;
  Pieces driver([&](Time now) {
    reader.read(feed);
    if (now < kStart + trial.ticks(4) || crashed) return;
    crashed = true;
    const auto& fault = reader.summary.at("faults").at(0);
    BOOST_TEST(fault.at("text").as_string() == "r0");
    BOOST_TEST(fault.at("windows").as_array().size() == 1u);
  });
  trial.options.driver = &driver;
  RunObserver* const observers[] = {&feed};
  run(trial.scenario, trial.options, observers);
  BOOST_TEST(crashed);
}

BOOST_AUTO_TEST_SUITE_END()
