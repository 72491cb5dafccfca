// Message windows: what was sent, when it arrived, what it was about; and that asking is quick.
#include <atomic>
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "observe/message_index.h"
#include "observe/summary.h"
#include "testbed/scenario/load.h"
#include "testbed/scenario/lock.h"
#include "tests/observe/sample_report.h"
#include "tests/support/actions.h"
#include "tests/support/source_dir.h"
#include "tests/support/trial.h"

using namespace byzlab;
namespace fs = std::filesystem;
namespace json = boost::json;
namespace sc = byzlab::scenario;

namespace {

struct Scratch {
  Scratch() {
    std::string pattern = (fs::temp_directory_path() / "byzlab-messages-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~Scratch() { fs::remove_all(path); }
  fs::path path;
};

struct Indexed {
  explicit Indexed(const testing::Trial& trial) : file(scratch.path / "messages.bin") {
    Recording recording;
    MessageIndexWriter writer(file, recording);
    RunObserver* const observers[] = {&recording, &writer};
    report = run(trial.scenario, trial.options, observers);
    BOOST_TEST(!writer.failed());
    document = json::parse(recording.json());
    index.emplace(file);
  }
  json::value window(std::int64_t from_ms, std::int64_t to_ms,
                     std::size_t limit = 1'000'000) const {
    return json::parse(index->window_json(at_ms(from_ms), at_ms(to_ms), limit));
  }

  Scratch scratch;
  fs::path file;
  Report report;
  json::value document;
  std::optional<MessageIndex> index;
};

std::uint64_t sent(const Report& report) {
  std::uint64_t all = 0;
  for (const auto& kind : report.kinds) all += kind.sent;
  return all;
}

std::uint64_t delivered(const Report& report) {
  std::uint64_t all = 0;
  for (const auto& kind : report.kinds) all += kind.delivered;
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(message_index)

/// Unicasts and broadcasts, of every engine: sent + latency = at.
BOOST_AUTO_TEST_CASE(a_message_takes_as_long_as_the_latency) {
  for (const EngineInfo& engine : engines()) {
    if (!engine.attacks.empty()) continue;
    BOOST_TEST_CONTEXT(engine.name) {
      const testing::Trial trial(engine, 4, 4);
      const auto latency = trial.tick() / 100;
      const Indexed run(trial);
      const auto rows = run.index->select(kStart, kStart + trial.ticks(9), 1'000'000,
                                          [](const MessageRow&) { return true; });
      BOOST_REQUIRE(rows.has_value());
      BOOST_TEST(rows->size() == delivered(run.report));
      BOOST_TEST(run.index->rows() == rows->size());
      std::size_t wrong = 0, heights = 0;
      for (const MessageRow& row : *rows) {
        wrong += row.at - row.sent == nanoseconds(latency) && row.dropped == 0 ? 0 : 1;
        heights += row.height != MessageRow::kNone || row.view != MessageRow::kNone ? 1 : 0;
      }
      BOOST_TEST(wrong == 0u);
      BOOST_TEST(heights == rows->size());  // every message says what it is about
    }
  }
}

BOOST_AUTO_TEST_CASE(a_busy_receiver_changes_when_it_hears_not_when_it_was_sent) {
  testing::Trial trial(*find_engine("pbft"), 4, 2);
  trial.scenario.protocol.costs.verify = std::chrono::microseconds{200};
  const Indexed run(trial);
  const auto rows = run.index->select(kStart, kStart + trial.ticks(9), 1'000'000,
                                      [](const MessageRow&) { return true; });
  std::size_t later = 0;
  for (const MessageRow& row : *rows) {
    BOOST_REQUIRE(row.at - row.sent >= nanoseconds(trial.tick() / 100));
    later += row.at - row.sent > nanoseconds(trial.tick() / 100) ? 1 : 0;
  }
  BOOST_TEST(later > 0u);
}

BOOST_AUTO_TEST_CASE(what_is_lost_is_there_with_the_reason) {
  testing::Trial trial(*find_engine("pbft"), 4, 6);
  trial.scenario.network.loss = 0.05;
  trial.fault(2, 1, testing::crash(testing::replica(2)));
  trial.fault(4, 1, testing::isolate(testing::replica(1)));
  const Indexed run(trial);
  const auto all = run.window(0, 99'000);
  std::map<std::string, std::uint64_t> lost;
  const auto& rows = all.at("rows");
  const auto count = rows.at("sent").as_array().size();
  for (std::size_t i = 0; i < count; ++i) {
    const auto& why = rows.at("dropped").as_array()[i];
    BOOST_TEST(why.is_null() != rows.at("at").as_array()[i].is_null());
    if (!why.is_null()) ++lost[std::string(why.as_string().c_str())];
  }
  for (const auto& [reason, number] : run.report.dropped) {
    BOOST_TEST(lost[reason] == number, reason << ": " << lost[reason] << " instead of " << number);
  }
  BOOST_TEST(lost["loss"] > 0u);
  BOOST_TEST(lost["isolation"] > 0u);
  BOOST_TEST(lost["crashed"] > 0u);
  // What is under way at the end is not there.
  BOOST_TEST(count <= sent(run.report));
  BOOST_TEST(count + 100 > sent(run.report));
}

BOOST_AUTO_TEST_CASE(blocks_are_called_as_the_recording_calls_them) {
  const Indexed run(testing::Trial(*find_engine("pbft"), 4, 3));
  std::set<std::string> ids;
  for (const auto& id : run.document.at("blocks").at("id").as_array()) {
    ids.insert(std::string(id.as_string().c_str()));
  }
  const auto window = run.window(500, 1000);
  const auto& rows = window.at("rows");
  const auto& kinds = window.at("kinds").as_array();
  std::size_t votes = 0;
  for (std::size_t i = 0; i < rows.at("block").as_array().size(); ++i) {
    const auto& kind = kinds.at(rows.at("kind").as_array()[i].to_number<std::size_t>());
    if (kind != "Prepare" && kind != "Commit") continue;
    ++votes;
    BOOST_TEST(ids.count(std::string(rows.at("block").as_array()[i].as_string().c_str())) == 1u);
  }
  BOOST_TEST(votes > 10u);
}

BOOST_AUTO_TEST_CASE(a_window_has_what_touches_it) {
  const Indexed run(testing::Trial(*find_engine("pbft"), 4, 3));
  const auto all = run.window(0, 99'000);
  const auto window = run.window(500, 900);
  std::size_t touching = 0;
  const auto& rows = all.at("rows");
  for (std::size_t i = 0; i < rows.at("sent").as_array().size(); ++i) {
    const auto from = rows.at("sent").as_array()[i].to_number<double>(),
               at = rows.at("at").as_array()[i].to_number<double>();
    touching += from <= 0.9 && at >= 0.5 ? 1 : 0;
  }
  BOOST_TEST(touching > 0u);
  BOOST_TEST(window.at("total").to_number<std::size_t>() == touching);
  BOOST_TEST(window.at("rows").at("sent").as_array().size() == touching);
  BOOST_TEST(window.at("bundles").is_null());

  const auto few = run.window(0, 99'000, 10);
  BOOST_TEST(few.at("rows").is_null());
  std::uint64_t bundled = 0;
  for (const auto& bundle : few.at("bundles").as_array()) {
    bundled += bundle.at("count").to_number<std::uint64_t>();
    BOOST_TEST(bundle.at("from_t").to_number<double>() < bundle.at("to_t").to_number<double>());
  }
  BOOST_TEST(bundled == all.at("total").to_number<std::uint64_t>());
  BOOST_TEST(few.at("total").to_number<std::uint64_t>() == bundled);
}

BOOST_AUTO_TEST_CASE(rows_beyond_the_bound_are_counted) {
  const Scratch scratch;
  const testing::Trial trial(*find_engine("pbft"), 4, 2);
  Recording recording;
  MessageIndexWriter writer(scratch.path / "few.bin", recording, 100);
  RunObserver* const observers[] = {&recording, &writer};
  const Report report = run(trial.scenario, trial.options, observers);
  const MessageIndex index(scratch.path / "few.bin");
  BOOST_TEST(index.rows() == 100u);
  BOOST_TEST(index.left_out() == delivered(report) - 100);
  BOOST_TEST(index.trace_hash() == report.trace_hash);
}

/// Up to where it was interrupted: between two looks by a page, at one of them by Ctrl-C.
BOOST_AUTO_TEST_CASE(messages_of_an_interrupted_run) {
  class Interrupt final : public RunObserver, public RunDriver {
   public:
    Interest interest() const override { return Interest::none(); }
    void on(Time, const Event&) override {}
    bool wants_samples() const override { return true; }
    void sampled(const RunSample& sample) override {
      if (sample.now >= at_ms(3300)) pressed = true;
    }
    std::optional<Time> next(Time now) override {
      return now < at_ms(3333) ? std::optional(at_ms(3333)) : std::nullopt;
    }
    std::atomic<bool> pressed = false;
  };
  const auto file = source_dir().string() + "/scenarios/faults/leader-crash-pbft.yaml";
  const auto loaded = sc::load_file(file, catalogue(), {.sets = {}, .seed = 5});
  BOOST_REQUIRE(loaded.scenario.has_value());
  for (const bool between_looks : {false, true}) {
    const Scratch scratch;
    Recording recording;
    MessageIndexWriter writer(scratch.path / "first.bin", recording);
    Interrupt interrupt;
    RunObserver* const observers[] = {&recording, &writer, &interrupt};
    const Report report = run(*loaded.scenario,
                              RunOptions{.seed = 5,
                                         .interrupt = between_looks ? nullptr : &interrupt.pressed,
                                         .driver = between_looks ? &interrupt : nullptr},
                              observers);
    BOOST_TEST(report.interrupted);
    std::ofstream(scratch.path / "summary.json") << summary_json(report);
    std::ofstream(scratch.path / "scenario.lock.yaml") << sc::lock_text(*loaded.scenario);
    for (const bool recorded : {false, true}) {
      if (recorded) std::ofstream(scratch.path / "recording.json") << recording.json();
      const std::atomic<bool> go_on = false;
      index_messages(scratch.path, scratch.path / "again.bin", &go_on);
      const MessageIndex first(scratch.path / "first.bin"), again(scratch.path / "again.bin");
      BOOST_TEST(again.rows() == first.rows());
      BOOST_TEST(first.rows() > 100u);
      BOOST_TEST(again.window_json(at_ms(2000), at_ms(9000), 100'000) ==
                 first.window_json(at_ms(2000), at_ms(9000), 100'000));
    }
    const std::atomic<bool> give_up = true;
    BOOST_CHECK_THROW(index_messages(scratch.path, scratch.path / "none.bin", &give_up),
                      std::runtime_error);
  }
}

/// Stopped by a limit of events: again by the same one.
BOOST_AUTO_TEST_CASE(messages_of_a_run_that_a_limit_stopped) {
  const auto file = source_dir().string() + "/scenarios/faults/leader-crash-pbft.yaml";
  const auto loaded = sc::load_file(file, catalogue(), {.sets = {}, .seed = 5});
  BOOST_REQUIRE(loaded.scenario.has_value());
  const Scratch scratch;
  Recording recording;
  MessageIndexWriter writer(scratch.path / "first.bin", recording);
  RunObserver* const observers[] = {&recording, &writer};
  const Report report = run(*loaded.scenario, RunOptions{.seed = 5, .max_events = 2345}, observers);
  BOOST_TEST(report.stopped != "");
  std::ofstream(scratch.path / "summary.json") << summary_json(report);
  std::ofstream(scratch.path / "scenario.lock.yaml") << sc::lock_text(*loaded.scenario);
  index_messages(scratch.path, scratch.path / "again.bin");
  const MessageIndex first(scratch.path / "first.bin"), again(scratch.path / "again.bin");
  BOOST_TEST(first.rows() > 100u);
  BOOST_TEST(again.window_json(at_ms(0), at_ms(99000), 100'000) ==
             first.window_json(at_ms(0), at_ms(99000), 100'000));
}

BOOST_AUTO_TEST_CASE(another_file_is_refused) {
  const Scratch scratch;
  BOOST_CHECK_THROW(MessageIndex(scratch.path / "none.bin"), std::runtime_error);
  std::ofstream(scratch.path / "text.bin") << std::string(5000, 'x');
  BOOST_CHECK_THROW(MessageIndex(scratch.path / "text.bin"), std::runtime_error);
  std::ofstream(scratch.path / "empty.bin");
  BOOST_CHECK_THROW(MessageIndex(scratch.path / "empty.bin"), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()
