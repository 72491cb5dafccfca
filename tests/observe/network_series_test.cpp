// network.json: what it says at the end is what the run's report says, however coarse it became.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "observe/network_series.h"
#include "tests/support/actions.h"
#include "tests/support/trial.h"

using namespace byzlab;
namespace json = boost::json;
namespace sc = byzlab::scenario;

namespace {

json::array column(const json::value& of) { return of.as_array(); }

double last(const json::value& of) { return of.as_array().back().to_number<double>(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(network_series)

BOOST_AUTO_TEST_CASE(its_end_is_the_report) {
  testing::Trial trial(*find_engine("pbft"), 4, 8);
  trial.fault(3, 2, testing::crash(testing::replica(0)));
  NetworkSeries fine, coarse(10);
  RunObserver* const observers[] = {&fine, &coarse};
  const Report report = run(trial.scenario, trial.options, observers);
  for (const NetworkSeries* series : {&fine, &coarse}) {
    const auto read = json::parse(series->json());
    const auto& t = read.at("t").as_array();
    BOOST_TEST(t.front().to_number<double>() == 0);
    BOOST_TEST(last(read.at("t")) == seconds(report.simulated));
    if (series == &coarse) {
      BOOST_TEST(t.size() <= 11u);
      BOOST_TEST(t.size() >= 5u);
    }
    for (std::size_t i = 1; i < t.size(); ++i) {
      BOOST_TEST(t[i - 1].to_number<double>() < t[i].to_number<double>());
    }
    std::size_t sent = 0;
    for (const KindCount& kind : report.kinds) {
      const auto* known = read.at("kinds").as_object().if_contains(kind.name);
      BOOST_TEST((known != nullptr) == (kind.sent > 0));
      if (known == nullptr) continue;
      ++sent;
      BOOST_TEST(last(known->at("sent")) == static_cast<double>(kind.sent));
      BOOST_TEST(last(known->at("bytes")) == static_cast<double>(kind.bytes));
      BOOST_TEST(last(known->at("delivered")) == static_cast<double>(kind.delivered));
      BOOST_TEST(column(known->at("sent")).size() == t.size());
    }
    BOOST_TEST(sent > 3u);
    for (const auto& [reason, count] : report.dropped) {
      const auto* known = read.at("dropped").as_object().if_contains(reason);
      BOOST_TEST((known == nullptr ? 0.0 : last(*known)) == static_cast<double>(count));
    }
    BOOST_TEST(!read.as_object().contains("uplinks"));
  }
}

/// At 20 kbit/s: messages wait for those before them.
BOOST_AUTO_TEST_CASE(a_narrow_uplink_is_busy_and_has_a_queue) {
  testing::Trial trial(*find_engine("pbft"), 4, 8);
  trial.scenario.network.bandwidth = 20'000;
  NetworkSeries fine, coarse(20);
  RunObserver* const observers[] = {&fine, &coarse};
  run(trial.scenario, trial.options, observers);
  double most[2] = {0, 0};
  for (const NetworkSeries* series : {&fine, &coarse}) {
    const auto read = json::parse(series->json());
    const auto& uplinks = read.at("uplinks");
    BOOST_TEST(uplinks.at("bits_per_second").to_number<double>() == 20'000);
    BOOST_TEST(uplinks.at("busy").as_array().size() == 4u);
    for (const auto& queue : uplinks.at("queue").as_array()) {
      BOOST_TEST(queue.as_array().size() == read.at("t").as_array().size());
      for (const auto& bytes : queue.as_array()) {
        most[series == &coarse] = std::max(most[series == &coarse], bytes.to_number<double>());
      }
    }
    for (const auto& busy : uplinks.at("busy").as_array()) {
      double before = 0;
      for (const auto& now : busy.as_array()) {
        BOOST_TEST(now.to_number<double>() >= before - 1e-6);
        before = now.to_number<double>();
      }
      BOOST_TEST(before <= last(read.at("t")) + 1e-6);
    }
  }
  BOOST_TEST(most[0] > 1000);
  BOOST_TEST(most[0] == most[1]);  // what waited longest is not lost when moments go
}

BOOST_AUTO_TEST_SUITE_END()
