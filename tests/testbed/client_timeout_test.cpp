// Clients that wait no longer than `workload.timeout`: each request ends once, in time or not.
#include <boost/test/unit_test.hpp>
#include <map>

#include "tests/support/actions.h"
#include "tests/support/trial.h"

using namespace byzlab;
using namespace byzlab::testing;
namespace sc = byzlab::scenario;

namespace {

constexpr Duration kTimeout = std::chrono::milliseconds{700};

/// When each request was submitted, and how it ended.
class Endings final : public RunObserver {
 public:
  Interest interest() const override {
    return Interest::in<RequestSubmitted, RequestCompleted, RequestExpired>();
  }
  void on(Time now, const Event& event) override {
    if (const auto* submitted = std::get_if<RequestSubmitted>(&event)) {
      BOOST_REQUIRE(requests.try_emplace(submitted->id.value, now).second);
    } else if (const auto* completed = std::get_if<RequestCompleted>(&event)) {
      BOOST_TEST(requests.contains(completed->id.value));
      BOOST_TEST((completed->latency <= kTimeout));
      BOOST_TEST(ended.try_emplace(completed->id.value, true).second);
      ++done;
    } else if (const auto* expired = std::get_if<RequestExpired>(&event)) {
      if (exact) BOOST_TEST((now - requests.at(expired->id.value) == kTimeout));
      BOOST_TEST(ended.try_emplace(expired->id.value, false).second);
      ++given_up;
    }
  }
  std::map<std::uint64_t, Time> requests;
  std::map<std::uint64_t, bool> ended;
  std::uint64_t done = 0, given_up = 0;
  bool exact = true;  // false where a submission is told of when somebody looks
};

Trial cluster(sc::LoopMode mode) {
  Trial trial(*find_engine("pbft"), 4, 10);
  trial.scenario.workload.mode = mode;
  trial.scenario.workload.timeout = kTimeout;
  return trial;
}

Report watched(const Trial& trial, Endings& endings) {
  RunObserver* observers[] = {&endings};
  return byzlab::run(trial.scenario, trial.options, observers);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(client_timeout)

BOOST_AUTO_TEST_CASE(where_all_is_well_nobody_gives_up) {
  for (const auto mode : {sc::LoopMode::open, sc::LoopMode::closed}) {
    Trial trial = cluster(mode);
    Endings patient, endings;
    const auto with = watched(trial, endings);
    trial.scenario.workload.timeout = {};
    const auto without = watched(trial, patient);
    BOOST_TEST(endings.given_up == 0u);
    BOOST_TEST(endings.done > 50u);
    BOOST_TEST(with.trace_hash == without.trace_hash);
    BOOST_TEST(endings.done == patient.done);
  }
}

BOOST_AUTO_TEST_CASE(in_a_stall_all_give_up) {
  for (const auto mode : {sc::LoopMode::open, sc::LoopMode::closed}) {
    Trial trial = cluster(mode);
    trial.fault(3, 4, testing::partition({replicas(0, 1), replicas(2, 3)}));
    Endings endings;
    const auto report = watched(trial, endings);
    BOOST_TEST(endings.given_up > 10u);
    BOOST_TEST(endings.done > 50u);
    BOOST_TEST((report.replicas[0].last_commit > kStart + trial.ticks(7)));
    // In closed loops a client that gave up asks again: never more than one request each.
    const auto open = endings.requests.size() - endings.ended.size();
    if (mode == sc::LoopMode::closed)
      BOOST_TEST(open == trial.scenario.workload.clients * trial.scenario.workload.in_flight);
    for (const auto& m : report.metrics)
      if (m.name == "client_timeouts.count") BOOST_TEST(m.value == endings.given_up);
  }
}

BOOST_AUTO_TEST_CASE(where_finality_is_by_confirmations) {
  Trial trial(*find_engine("nakamoto"), 4, 30);
  trial.scenario.workload.timeout = kTimeout;  // no block comes as soon as that
  Endings endings;
  endings.exact = false;
  watched(trial, endings);
  BOOST_TEST(endings.done == 0u);
  BOOST_TEST(endings.given_up > 10u);
}

BOOST_AUTO_TEST_SUITE_END()
