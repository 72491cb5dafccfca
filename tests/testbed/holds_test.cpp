// Faults of processes that overlap: each lasts until its own end, whatever others do.
#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>

#include "testbed/run.h"
#include "testbed/scenario/load.h"

namespace byzlab {
namespace {

namespace sc = scenario;

/// Notes when r1 came up, stopped, stood still, went on: "crashed 1, up 5 empty".
class StatesOfR1 final : public RunObserver {
 public:
  Interest interest() const override { return Interest::in<ReplicaState>(); }
  void begin(const RunInfo&) override {}
  void on(Time now, const Event& event) override {
    const auto& e = std::get<ReplicaState>(event);
    if (e.replica != ReplicaId(1)) return;
    static constexpr const char* kNames[] = {"up", "crashed", "paused", "resumed"};
    text += (text.empty() ? "" : ", ") + std::string(kNames[static_cast<std::size_t>(e.now)]) +
            " " + std::to_string((now - kStart) / std::chrono::seconds{1});
    if (e.durable_lost) text += " empty";
  }
  void end(Time, const Report&) override {}

  std::string text;
};

struct Seen {
  std::string states;
  Report report;

  std::uint64_t changed(std::size_t fault) const {
    for (const auto& [name, count] : report.faults.at(fault).effects) {
      if (name == "replicas_changed") return count;
    }
    return 0;
  }
};

Seen see(const std::string& timeline) {
  const auto loaded = sc::load_text(
      "version: 1\nname: holds\nduration: 12s\nprotocol: { name: pbft, replicas: 4 }\n"
      "network: { latency: 10ms }\ntimeline:\n" +
          timeline,
      "holds.yaml", catalogue());
  if (!loaded.scenario) {
    throw std::runtime_error(sc::to_text(loaded.diagnostics, loaded.source, {}));
  }
  StatesOfR1 states;
  RunObserver* const observers[] = {&states};
  Report report = run(*loaded.scenario, RunOptions{.seed = 1}, observers);
  return {states.text, std::move(report)};
}

BOOST_AUTO_TEST_SUITE(holds)

BOOST_AUTO_TEST_CASE(a_replica_is_down_until_the_last_crash_ends) {
  const Seen seen =
      see("  - { at: 1s, for: 4s, crash: r1 }\n"
          "  - { at: 3s, for: 6s, crash: [ r1, r2 ] }\n");
  BOOST_TEST(seen.states == "crashed 1, up 9");
  BOOST_TEST(seen.changed(0) == 1u);
  BOOST_TEST(seen.changed(1) == 2u);  // r1 is down because of it from 5 s on
}

BOOST_AUTO_TEST_CASE(a_crash_inside_another_has_no_effect_and_that_is_said) {
  const Seen seen =
      see("  - { at: 1s, for: 8s, crash: r1 }\n"
          "  - { at: 3s, for: 2s, crash: r1 }\n");
  BOOST_TEST(seen.states == "crashed 1, up 9");
  BOOST_TEST(seen.changed(1) == 0u);
  BOOST_TEST(!seen.report.faults[1].had_effect);
  BOOST_TEST(seen.report.reason == "fault `crash-2` had no effect");
}

BOOST_AUTO_TEST_CASE(a_lost_disk_stays_lost_whoever_ends_last) {
  BOOST_TEST(see("  - { at: 1s, for: 7s, crash: r1 }\n"
                 "  - { at: 3s, for: 2s, wipe: r1 }\n")
                 .states == "crashed 1, up 8 empty");
  BOOST_TEST(see("  - { at: 1s, for: 7s, wipe: r1 }\n"
                 "  - { at: 3s, for: 8s, crash: r1 }\n")
                 .states == "crashed 1, up 11 empty");
}

BOOST_AUTO_TEST_CASE(a_disk_lost_at_once_is_lost_when_a_crash_holds_the_replica) {
  const Seen seen =
      see("  - { at: 1s, for: 7s, crash: r1 }\n"
          "  - { at: 3s, wipe: r1 }\n");
  BOOST_TEST(seen.states == "crashed 1, up 8 empty");
  BOOST_TEST(seen.changed(1) == 1u);
}

BOOST_AUTO_TEST_CASE(a_restart_ends_no_window) {
  const Seen seen =
      see("  - { at: 1s, for: 7s, crash: r1 }\n"
          "  - { at: 3s, restart: r1 }\n");
  BOOST_TEST(seen.states == "crashed 1, up 8");
  BOOST_TEST(!seen.report.faults[1].had_effect);
}

BOOST_AUTO_TEST_CASE(a_restart_starts_who_crashed_for_good) {
  BOOST_TEST(see("  - { at: 1s, crash: r1 }\n  - { at: 3s, restart: r1 }\n").states ==
             "crashed 1, up 3");
  BOOST_TEST(see("  - { at: 1s, crash: r1 }\n  - { at: 3s, wipe: r1 }\n").states ==
             "crashed 1, up 3 empty");
  // What holds it meanwhile holds on.
  BOOST_TEST(see("  - { at: 1s, crash: r1 }\n"
                 "  - { at: 2s, for: 4s, crash: r1 }\n"
                 "  - { at: 3s, restart: r1 }\n")
                 .states == "crashed 1, up 6");
}

BOOST_AUTO_TEST_CASE(a_crash_inside_a_pause_comes_up_when_the_pause_ends) {
  const Seen seen =
      see("  - { at: 1s, for: 8s, pause: r1 }\n"
          "  - { at: 3s, for: 2s, crash: r1 }\n");
  BOOST_TEST(seen.states == "paused 1, crashed 3, up 9");
  BOOST_TEST(seen.changed(0) == 1u);
  BOOST_TEST(seen.changed(1) == 1u);
}

BOOST_AUTO_TEST_CASE(a_pause_that_outlasts_a_crash_keeps_the_replica_still) {
  const Seen seen =
      see("  - { at: 1s, for: 4s, crash: r1 }\n"
          "  - { at: 3s, for: 6s, pause: r1 }\n");
  BOOST_TEST(seen.states == "crashed 1, up 9");
  BOOST_TEST(seen.changed(1) == 1u);
}

BOOST_AUTO_TEST_CASE(two_pauses_last_until_the_second_ends) {
  BOOST_TEST(see("  - { at: 1s, for: 4s, pause: r1 }\n"
                 "  - { at: 3s, for: 6s, pause: r1 }\n")
                 .states == "paused 1, resumed 9");
}

BOOST_AUTO_TEST_CASE(a_restart_in_a_pause_is_done_when_the_pause_is_over) {
  const Seen seen =
      see("  - { at: 1s, for: 6s, pause: r1 }\n"
          "  - { at: 3s, restart: r1 }\n");
  BOOST_TEST(seen.states == "paused 1, crashed 3, up 7");
  BOOST_TEST(seen.changed(1) == 1u);
}

BOOST_AUTO_TEST_CASE(rounds_without_a_gap_are_one_crash) {
  BOOST_TEST(see("  - { at: 1s, for: 2s, every: 2s, until: 6s, crash: r1 }\n").states ==
             "crashed 1, up 7");
}

BOOST_AUTO_TEST_CASE(the_story_says_who_is_still_held) {
  const Seen seen =
      see("  - { label: short, at: 1s, for: 4s, crash: r1 }\n"
          "  - { label: long, at: 3s, for: 6s, crash: r1 }\n");
  std::string heals;
  for (const StoryLine& line : seen.report.story) {
    if (line.kind == "heal") heals += line.label + ": " + line.text + "\n";
  }
  BOOST_TEST(heals == "short: crash over\nlong: r1 restarted\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace byzlab
