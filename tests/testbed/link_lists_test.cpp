// Which links a fault bends: lists, overlapping sets, both ways, kinds and views of messages.
#include <boost/test/unit_test.hpp>

#include <map>
#include <set>
#include <stdexcept>
#include <string>

#include "testbed/run.h"
#include "testbed/scenario/load.h"
#include "testbed/scenario/lock.h"

namespace byzlab {
namespace {

namespace sc = scenario;

/// Which pairs lost something, "01 10 12"; what was lost of each kind.
class Lost final : public RunObserver {
 public:
  Interest interest() const override { return Interest::in<Dropped>(); }
  void begin(const RunInfo&) override {}
  void on(Time, const Event& event) override {
    const auto& e = std::get<Dropped>(event);
    pairs_.insert(std::to_string(e.from.value) + std::to_string(e.to.value));
    ++kinds[e.kind.value];
  }
  void end(Time, const Report&) override {}

  std::string pairs() const {
    std::string text;
    for (const std::string& pair : pairs_) text += (text.empty() ? "" : " ") + pair;
    return text;
  }
  std::map<std::uint32_t, std::uint64_t> kinds;

 private:
  std::set<std::string> pairs_;
};

sc::Scenario load(const std::string& action) {
  const auto loaded = sc::load_text(
      "version: 1\nname: links\nduration: 3s\nseed: 1\n"
      "protocol: { name: tendermint, replicas: 5 }\nnetwork: { latency: 10ms }\n"
      "workload: { clients: 1, rate: 200 tx/s }\ntimeline:\n  - { label: it, at: 0s, " +
          action + " }\n",
      "links.yaml", catalogue());
  if (!loaded.scenario) {
    throw std::runtime_error(sc::to_text(loaded.diagnostics, loaded.source, {}));
  }
  return *loaded.scenario;
}

Lost lost(const std::string& action, std::string* effect = nullptr) {
  Lost seen;
  RunObserver* const observers[] = {&seen};
  const Report report = run(load(action), RunOptions{.seed = 1}, observers);
  if (effect != nullptr) {
    const auto& [name, count] = report.faults.at(0).effects.at(0);
    *effect = std::to_string(count) + " " + name;
  }
  return seen;
}

BOOST_AUTO_TEST_SUITE(link_lists)

BOOST_AUTO_TEST_CASE(both_ways_between_sets_that_overlap_is_every_pair_both_ways) {
  const std::string links = "links: \"[ r0, r1 ] <-> [ r1, r2 ]\"";
  for (const std::string action : {"drop: { " + links + " }", "cut: { " + links + " }"}) {
    std::string effect;
    BOOST_TEST(lost(action, &effect).pairs() == "01 02 10 12 20 21", action);
    BOOST_TEST(effect == "6 links_cut", action);
  }
}

BOOST_AUTO_TEST_CASE(a_cut_takes_a_list_of_links_and_nothing_else_is_cut) {
  std::string effect;
  BOOST_TEST(lost("cut: [ r0 -> r1, \"r2 <-> [ r3, r4 ]\" ]", &effect).pairs() == "01 23 24 32 42");
  BOOST_TEST(effect == "5 links_cut");
  BOOST_TEST(lost("cut: r0 -> r1").pairs() == "01");
}

BOOST_AUTO_TEST_CASE(a_pair_in_two_links_of_a_list_meets_the_fault_once) {
  const auto affected = [](const std::string& links) {
    const Report report =
        run(load("duplicate: { probability: 1, links: " + links + " }"), RunOptions{.seed = 1}, {});
    return report.faults.at(0).effects.back().second;
  };
  BOOST_TEST(affected("[ r0 -> r1, r0 -> all ]") == affected("r0 -> all"));
}

BOOST_AUTO_TEST_CASE(some_kinds_are_lost_and_no_others) {
  const Lost votes = lost("drop: { links: r0 -> all, kinds: votes }");
  const Lost all = lost("drop: { links: r0 -> all }");
  BOOST_TEST(!votes.kinds.empty());
  BOOST_TEST(votes.kinds.size() < all.kinds.size());
}

BOOST_AUTO_TEST_CASE(some_views_are_lost_and_no_others) {
  // Views go on with heights: what is lost is of the first ones.
  const auto count = [](const Lost& lost) {
    std::uint64_t sum = 0;
    for (const auto& [kind, n] : lost.kinds) sum += n;
    return sum;
  };
  const std::uint64_t all = count(lost("drop: { links: r0 -> r1 }"));
  const std::uint64_t none = count(lost("drop: { links: r0 -> r1, views: 900..999 }"));
  const std::uint64_t first = count(lost("drop: { links: r0 -> r1, views: 0 }"));
  BOOST_TEST(none == 0u);
  BOOST_TEST(first > 0u);
  BOOST_TEST(first <= all);
}

BOOST_AUTO_TEST_CASE(a_lock_keeps_lists_kinds_and_views) {
  for (const std::string action :
       {"cut: [ r0 -> r1, r2 <-> r4 ]", "cut: r0 -> r1", "cut: { links: r0 -> r1, views: 3..7 }",
        "drop: { links: [ r0 -> all, \"[ r1, r2 ] -> r4\" ], kinds: [ Proposal ], views: 2 }",
        "partition: { from: r0, to: all, one_way: false }", "partition: halves",
        "crash: role:follower"}) {
    const sc::Scenario scenario = load(action);
    const auto again = sc::load_text(sc::lock_text(scenario), "lock", catalogue());
    BOOST_TEST_REQUIRE(again.scenario.has_value(), action);
    BOOST_TEST(bool(again.scenario->timeline == scenario.timeline), action);
  }
  BOOST_TEST(sc::lock_text(load("cut: [ r0 -> r1, r2 <-> r4 ]"))
                 .find("cut: [\"r0 -> r1\", \"r2 <-> r4\"]") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(followers_are_whoever_is_up_and_does_not_lead) {
  const Report report = run(load("isolate: role:follower"), RunOptions{.seed = 1}, {});
  BOOST_TEST(report.faults.at(0).windows.at(0).reach->who.size() >= 4u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace byzlab
