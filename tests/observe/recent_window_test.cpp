// The latest moments of a run: the same messages as in the index of all, as far back as they are
// kept.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>

#include "observe/live_feed.h"
#include "observe/message_index.h"
#include "tests/support/actions.h"
#include "tests/support/trial.h"

using namespace byzlab;
namespace json = boost::json;
namespace sc = byzlab::scenario;

namespace {

struct Scratch {
  Scratch() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "byzlab-recent-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~Scratch() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

/// Hands the messages of a run to a ring of its own.
class Keeper final : public RunObserver {
 public:
  explicit Keeper(std::size_t size) : messages(size), requests(size) {}
  Interest interest() const override {
    return Interest::in<Delivered, Dropped, RequestCompleted>();
  }
  void begin(const RunInfo& info) override { messages.begin(info); }
  void on(Time now, const Event& event) override {
    if (const auto* e = std::get_if<Delivered>(&event)) messages.note(now, *e);
    if (const auto* e = std::get_if<Dropped>(&event)) messages.note(now, *e);
    if (const auto* e = std::get_if<RequestCompleted>(&event)) {
      requests.note(now, *e);
      ++completed;
    }
  }
  RecentMessages messages;
  RecentRequests requests;
  std::size_t completed = 0;
};

std::size_t rows_of(const json::value& window) {
  return window.at("rows").at("sent").as_array().size();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(recent_window)

BOOST_AUTO_TEST_CASE(a_window_is_that_of_the_index) {
  testing::Trial trial(*find_engine("pbft"), 4, 8);
  trial.fault(3, 2, testing::crash(testing::replica(0)));
  const Scratch scratch;
  Recording recording;
  MessageIndexWriter writer(scratch.path / "messages.bin", 12);
  Keeper all(1'000'000), few(500);
  RunObserver* const observers[] = {&recording, &writer, &all, &few};
  const Report report = run(trial.scenario, trial.options, observers);
  const MessageIndex index(scratch.path / "messages.bin");
  const Time end = kStart + report.simulated;
  const auto at = [&](double share) {
    return kStart + Duration{static_cast<std::int64_t>(
                        static_cast<double>(report.simulated.count()) * share)};
  };
  for (const auto& [from, to] : {std::pair{0.0, 1.0}, std::pair{0.3, 0.5}, std::pair{0.95, 1.0}}) {
    const auto expected = json::parse(index.window_json(at(from), at(to), 100'000));
    auto window = json::parse(all.messages.window_json(at(from), at(to), end, 100'000, 12));
    BOOST_TEST(window.at("known_from").to_number<double>() == 0);
    window.as_object().erase("known_from");
    BOOST_TEST((window == expected));
    BOOST_TEST(rows_of(window) > 10u);
    const auto bundled = json::parse(all.messages.window_json(at(from), at(to), end, 5, 12));
    BOOST_TEST(bundled.at("rows").is_null());
    BOOST_TEST((bundled.at("bundles") ==
                json::parse(index.window_json(at(from), at(to), 5)).at("bundles")));
  }
  // The last 500 of them, and since when those are all.
  const auto whole = json::parse(few.messages.window_json(kStart, end, end, 100'000, 12));
  BOOST_TEST(rows_of(whole) == 500u);
  const double since = whole.at("known_from").to_number<double>();
  BOOST_TEST(since > 0);
  const Time from = kStart + Duration{static_cast<std::int64_t>(since * 1e9) + 1};
  const auto a = json::parse(few.messages.window_json(from, end, end, 100'000, 12));
  BOOST_TEST((a.at("rows") == json::parse(index.window_json(from, end, 100'000)).at("rows")));
}

BOOST_AUTO_TEST_CASE(a_window_ends_now) {
  testing::Trial trial(*find_engine("pbft"), 4, 4);
  Keeper all(1'000'000);
  RunObserver* const observers[] = {&all};
  const Report report = run(trial.scenario, trial.options, observers);
  const Time end = kStart + report.simulated;
  const auto window =
      json::parse(all.messages.window_json(kStart, end + std::chrono::hours{1}, end, 5, 12));
  BOOST_TEST(window.at("to").to_number<double>() == seconds(report.simulated));
}

BOOST_AUTO_TEST_CASE(of_many_requests_every_so_many) {
  testing::Trial trial(*find_engine("pbft"), 4, 8);
  Keeper all(1'000'000), few(10);
  RunObserver* const observers[] = {&all, &few};
  const Report report = run(trial.scenario, trial.options, observers);
  const Time end = kStart + report.simulated;
  BOOST_REQUIRE(all.completed > 20u);
  const auto every = json::parse(all.requests.window_json(kStart, end, 100'000));
  BOOST_TEST(every.at("t").as_array().size() == all.completed);
  BOOST_TEST(every.at("total").to_number<std::size_t>() == all.completed);
  const auto some = json::parse(all.requests.window_json(kStart, end, 7));
  BOOST_TEST(some.at("t").as_array().size() <= 7u);
  BOOST_TEST(some.at("t").as_array().size() >= 4u);
  BOOST_TEST(some.at("client").as_array().size() == some.at("t").as_array().size());
  const auto last = json::parse(few.requests.window_json(kStart, end, 100));
  BOOST_TEST(last.at("t").as_array().size() == 10u);
  BOOST_TEST(last.at("known_from").to_number<double>() > 0);
  BOOST_TEST(json::parse(all.requests.window_json(kStart, end, 0)).at("t").as_array().empty());
}

BOOST_AUTO_TEST_SUITE_END()
