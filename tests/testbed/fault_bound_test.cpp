// What a stall is called, by answers worked out by hand. The limit is absurd, so that every run has
// a stall to explain: the question is only whether the fault model allowed one.
#include <boost/test/unit_test.hpp>

#include "testbed/run.h"
#include "testbed/scenario/load.h"

using namespace byzlab;

namespace {

struct Story {
  std::string what;
  std::string protocol;  ///< without its braces
  std::string network;
  std::string rest;  ///< adversary and timeline; the fault is called f
  Bound bound;
  std::string phrase;
};

const std::string kPbft4 = "name: pbft, replicas: 4";
const std::string kPbft7 = "name: pbft, replicas: 7";
const std::string kMesh = "latency: 10ms";

std::string fault(const std::string& action) {
  return "timeline:\n  - { label: f, at: 1s, for: 2s, " + action + " }\n";
}
std::string faults(const std::string& one, const std::string& other) {
  return fault(one) + "  - { label: g, at: 1s, for: 2s, " + other + " }\n";
}

ExpectationResult stalled(const Story& s) {
  const std::string text = "version: 1\nname: stall\nduration: 4s\nprotocol: { " + s.protocol +
                           " }\nnetwork: { " + s.network +
                           " }\nworkload: { clients: 2, rate: 20 tx/s }\n" + s.rest +
                           "expect:\n  - liveness: holds\n    within: 1ms\n    during: f\n";
  const auto loaded = scenario::load_text(text, "stall.yaml", catalogue());
  BOOST_REQUIRE_MESSAGE(loaded.scenario, to_text(loaded.diagnostics, loaded.source));
  const Report report = byzlab::run(*loaded.scenario, {.seed = 1});
  for (const ExpectationResult& e : report.expectations) {
    if (e.property == scenario::Property::liveness) return e;
  }
  BOOST_FAIL("liveness was not checked");
  return {};
}

void check(const std::vector<Story>& stories) {
  for (const Story& s : stories) {
    BOOST_TEST_CONTEXT(s.what) {
      const ExpectationResult e = stalled(s);
      BOOST_TEST((e.status == Status::fail), e.detail);
      const std::string said = e.lines.empty() ? "" : e.lines.back();
      BOOST_TEST((e.bound == s.bound), said);
      BOOST_TEST(said.find(s.phrase) != std::string::npos, said);
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fault_bound)

BOOST_AUTO_TEST_CASE(who_is_down_counts) {
  check({
      {"f of four", kPbft4, kMesh, fault("crash: r0"), Bound::inside, "at most 1 ≤ f = 1"},
      {"f + 1 of four", kPbft4, kMesh, fault("crash: [r0, r2]"), Bound::beyond,
       "the faulty power was 2 > f = 1: r0, r2 are down"},
      {"f paused", kPbft7, kMesh, fault("pause: [r0, r2]"), Bound::inside, "at most 2 ≤ f = 2"},
      {"f + 1 paused", kPbft7, kMesh, fault("pause: [r0, r2, r3]"), Bound::beyond, "are down"},
      {"one down and one paused", kPbft4, kMesh, faults("crash: r1", "pause: r2"), Bound::beyond,
       "2 > f = 1"},
      {"f + 1 of two crashes at other times", kPbft4, kMesh,
       "timeline:\n  - { label: f, at: 2s, for: 1s, crash: r0 }\n"
       "  - { at: 500ms, for: 1s, crash: r1 }\n",
       Bound::inside, "at most 1"},
      {"f + 1 disks", kPbft4, kMesh, faults("crash: r0", "wipe: r1"), Bound::beyond, "2 > f = 1"},
      {"a liar and a crash", kPbft4, kMesh,
       "adversary: { members: [r3], behaviors: [ silent ] }\n" + fault("crash: r0"), Bound::beyond,
       "r3 is Byzantine, r0 is down"},
      {"a liar alone", kPbft4, kMesh,
       "adversary: { members: [r3], behaviors: [ silent ] }\n" + fault("crash: r3"), Bound::inside,
       "at most 1"},
      {"two turn, one after the other", kPbft4, kMesh,
       "timeline:\n  - { label: f, at: 2s, for: 1s, become: { who: r0, behavior: silent } }\n"
       "  - { at: 500ms, for: 1s, become: { who: r1, behavior: silent } }\n",
       Bound::inside, "at most 1"},
  });
}

BOOST_AUTO_TEST_CASE(links_of_one_replica_are_that_replica) {
  const std::string all = "[r1, r2, r3]";
  check({
      {"heard by nobody", kPbft4, kMesh, fault("partition: { from: r0, to: " + all + " }"),
       Bound::inside, "at most 1"},
      {"hears nobody", kPbft4, kMesh, fault("partition: { from: " + all + ", to: r0 }"),
       Bound::inside, "at most 1"},
      {"isolated", kPbft4, kMesh, fault("isolate: r0"), Bound::inside, "at most 1"},
      {"loses", kPbft4, kMesh, fault("drop: { probability: 30%, links: r0 <-> all }"),
       Bound::inside, "at most 1"},
      {"corrupts", kPbft4, kMesh, fault("corrupt: { probability: 30%, links: all -> r0 }"),
       Bound::inside, "at most 1"},
      {"loses nothing", kPbft4, kMesh, fault("drop: 0%"), Bound::inside, "at most 0"},
      {"a broken link of a liar is the liar's", kPbft4, kMesh,
       "adversary: { members: [r0], behaviors: [ silent ] }\n" +
           fault("drop: { probability: 30%, links: r0 <-> all }"),
       Bound::inside, "at most 1"},
  });
}

BOOST_AUTO_TEST_CASE(links_that_only_two_explain_are_two) {
  check({
      {"two links apart, of four", kPbft4, kMesh,
       faults("drop: { probability: 50%, links: r0 -> r1 }", "partition: { from: r2, to: r3 }"),
       Bound::beyond, "the faulty power was 2 > f = 1"},
      {"two links apart, of seven", kPbft7, kMesh,
       faults("drop: { probability: 50%, links: r0 -> r1 }", "partition: { from: r2, to: r3 }"),
       Bound::inside, "at most 2 ≤ f = 2"},
      {"two links of one", kPbft4, kMesh,
       faults("drop: { probability: 50%, links: r0 -> r1 }", "partition: { from: r2, to: r1 }"),
       Bound::inside, "at most 1"},
      {"all links", kPbft4, kMesh, fault("drop: 1%"), Bound::beyond, "3 > f = 1"},
      {"the network itself loses", kPbft4, "latency: 10ms, loss: 1%", fault("crash: r0"),
       Bound::beyond, "the loss of 1 %"},
      {"the network itself corrupts", kPbft4, "latency: 10ms, corrupt: 1%", fault("crash: r0"),
       Bound::beyond, "the corruption of 1 %"},
      {"but not what the model allows", kPbft4, "latency: 10ms, duplicate: 10%, reorder: 10%",
       fault("duplicate: 10%"), Bound::inside, "at most 0"},
  });
}

BOOST_AUTO_TEST_CASE(the_smaller_side_of_a_partition_is_faulty) {
  check({
      {"five and two of seven", kPbft7, kMesh, fault("partition: [ r0..r1, r2..r6 ]"),
       Bound::inside, "at most 2"},
      {"four and three of seven", kPbft7, kMesh, fault("partition: [ r0..r2, r3..r6 ]"),
       Bound::beyond, "3 > f = 2"},
      {"halves", kPbft4, kMesh, fault("partition: [ r0..r1, r2..r3 ]"), Bound::beyond, "2 > f = 1"},
      {"a minority of crashes only", "name: raft, replicas: 5", kMesh,
       fault("partition: [ r0..r1, r2..r4 ]"), Bound::inside, "at most 2 ≤ f = 2"},
      {"a majority of crashes only", "name: raft, replicas: 5", kMesh, fault("crash: r0..r2"),
       Bound::beyond, "3 > f = 2"},
  });
}

BOOST_AUTO_TEST_CASE(power_is_weighed) {
  const std::string one_heavy = "name: pbft, replicas: 5, power: { r0: 0.3, r1: 0.1, rest: equal }";
  check({
      {"30 % of the power", one_heavy, kMesh, fault("crash: r0"), Bound::inside, "at most 30 %"},
      {"40 %", one_heavy, kMesh, fault("crash: [r0, r1]"), Bound::beyond, "40 % of the power"},
      {"the lighter end of a link", one_heavy, kMesh,
       fault("drop: { probability: 50%, links: r0 -> r1 }"), Bound::inside, "at most 10 %"},
  });
}

BOOST_AUTO_TEST_CASE(machines_at_fault_count_while_they_are) {
  check({
      {"f disks", kPbft4, kMesh, fault("disk: { who: r0, sync: 20ms }"), Bound::inside,
       "at most 1 ≤ f = 1"},
      {"f + 1 disks", kPbft4, kMesh, fault("disk: { who: [r0, r2], sync: 20ms }"), Bound::beyond,
       "the faulty power was 2 > f = 1: r0, r2 have disks at fault"},
      {"a disk that stopped its replica", kPbft4, kMesh,
       faults("disk: { who: r0, fail: true }", "crash: r2"), Bound::beyond, "2 > f = 1"},
      {"a disk and a clock", kPbft4, kMesh,
       faults("disk: { who: r0, sync: 20ms }", "clock: { who: r2, drift: 0.5 }"), Bound::beyond,
       "r2 has a wrong clock, r0 has a disk at fault"},
      {"a disk and a clock of one machine", kPbft4, kMesh,
       faults("disk: { who: r2, sync: 20ms }", "clock: { who: r2, jump: 1s }"), Bound::inside,
       "at most 1 ≤ f = 1"},
      {"a clock and a link of it", kPbft4, kMesh,
       faults("clock: { who: r2, skew: 1s }", "cut: r2 -> r0"), Bound::inside, "at most 1 ≤ f = 1"},
      {"f clocks", kPbft7, kMesh, fault("clock: { who: [r1, r5], drift: 0.5, back: true }"),
       Bound::inside, "at most 2 ≤ f = 2"},
      {"a liar and a clock", kPbft4, kMesh,
       "adversary: { members: [r3], behaviors: [ silent ] }\n" +
           fault("clock: { who: r0, jump: 1s, back: true }"),
       Bound::beyond, "r3 is Byzantine, r0 has a wrong clock"},
      {"a clock that is right again", kPbft4, kMesh,
       "timeline:\n  - { at: 500ms, for: 1s, clock: { who: r1, drift: 0.9 } }\n"
       "  - { label: f, at: 2s, for: 1s, crash: r0 }\n",
       Bound::inside, "at most 1 ≤ f = 1"},
      {"a disk that forgot", kPbft4, kMesh,
       "timeline:\n  - { at: 200ms, for: 1s, disk: { who: r1, lose: 1s } }\n"
       "  - { at: 900ms, for: 50ms, crash: r1 }\n"
       "  - { label: f, at: 940ms, for: 1s, crash: r0 }\n",
       Bound::beyond, "2 > f = 1"},
  });
}

BOOST_AUTO_TEST_CASE(an_overlay_may_fall_apart_with_few_down) {
  // The ring of seed 1 decides who its neighbours are, so all pairs are tried: of 21, 7 are
  // neighbours, and without two that are none the five others are in two pieces.
  int apart = 0, whole = 0;
  for (int a = 0; a < 7; ++a) {
    for (int b = 0; b < a; ++b) {
      const ExpectationResult e =
          stalled({"ring", kPbft7, "topology: random, degree: 2, latency: 5ms",
                   fault("crash: [r" + std::to_string(b) + ", r" + std::to_string(a) + "]"),
                   Bound::beyond, ""});
      const bool fell = e.lines.back().find("the overlay fell apart") != std::string::npos;
      BOOST_TEST((e.bound == (fell ? Bound::beyond : Bound::inside)), e.lines.back());
      (fell ? apart : whole) += 1;
    }
  }
  BOOST_TEST(whole == 7);
  BOOST_TEST(apart == 14);
}

BOOST_AUTO_TEST_CASE(the_promise_brings_everything_within_delta) {
  const std::string promise = "latency: 10ms, synchrony: { model: partial, gst: 0s, delta: 100ms }";
  const std::string later = "latency: 10ms, synchrony: { model: partial, gst: 2s, delta: 100ms }";
  check({
      {"lost is late", kPbft4, promise, fault("drop: 60%"), Bound::inside, "at most 0"},
      {"a partition is late", kPbft4, promise, fault("partition: [ r0..r1, r2..r3 ]"),
       Bound::inside, "at most 0"},
      {"who is down is down", kPbft4, promise, fault("crash: r0..r1"), Bound::beyond, "2 > f = 1"},
      {"after GST", kPbft4, later, fault("drop: 60%"), Bound::inside, "at most 0"},
      {"Δ is in time", "name: streamlet, replicas: 4, options: { delta: 100ms }", promise,
       fault("delay: { add: 10s }"), Bound::inside, "at most 0"},
      {"more than its Δ is not", "name: streamlet, replicas: 4, options: { delta: 99ms }", promise,
       fault("delay: { add: 10s }"), Bound::beyond, "assumption about time does not hold"},
      {"on the links of one it is", "name: streamlet, replicas: 4, options: { delta: 99ms }",
       promise, fault("delay: { add: 10s, links: r2 <-> all }"), Bound::inside, "at most 1"},
  });
}

BOOST_AUTO_TEST_CASE(the_engines_own_clocks_are_named) {
  const auto with = [](const std::string& name, const std::string& options) {
    return "name: " + name + ", replicas: 4, options: { " + options + " }";
  };
  const std::string slow = "latency: 1500ms", none = fault("duplicate: 1%");
  const std::string time = "The engine's own assumption about time does not hold here";
  check({
      {"streamlet", with("streamlet", ""), slow, none, Bound::beyond, time},
      {"basic hotstuff", with("hotstuff", "mode: basic"), slow, none, Bound::beyond,
       "`timeout_cap` allows 2 s"},
      {"raft", with("raft", ""), slow, none, Bound::beyond, "`election_timeout` allows 500 ms"},
      {"hotstuff2", with("hotstuff2", "delta: 1s"), slow, none, Bound::beyond, time},
      {"chained hotstuff", with("hotstuff", ""), slow, none, Bound::inside, "at most 0"},
      {"pbft", kPbft4, slow, none, Bound::inside, "at most 0"},
      {"tendermint", with("tendermint", ""), slow, none, Bound::inside, "at most 0"},
      {"tendermint that does not wait longer", with("tendermint", "timeout_propose_delta: 0ms"),
       slow, none, Bound::beyond, "`timeout_propose` allows 500 ms"},
      {"ibft", with("ibft", ""), slow, none, Bound::inside, "at most 0"},
      {"ibft with a limit", with("ibft", "round_timeout_limit: 2s"), slow, none, Bound::beyond,
       "`round_timeout_limit` allows 2 s"},
      {"exactly as long", with("hotstuff", "mode: basic"), "latency: 250ms", none, Bound::inside,
       "at most 0"},
      {"a nanosecond more", with("hotstuff", "mode: basic"), "latency: 250001us", none,
       Bound::beyond, time},
      {"a delay by a rule", with("streamlet", ""), kMesh, fault("delay: { add: 91ms }"),
       Bound::beyond, time},
      {"and exactly Δ by one", with("streamlet", ""), kMesh, fault("delay: { add: 90ms }"),
       Bound::inside, "at most 0"},
      {"a tail above Δ", with("streamlet", ""),
       "latency: { model: uniform, min: 10ms, max: 150ms }", none, Bound::beyond, time},
  });
}

BOOST_AUTO_TEST_CASE(nobody_lies_where_nobody_lies) {
  for (const char* action : {"crash: r0..r2", "isolate: r0..r2", "pause: r0..r2"}) {
    const ExpectationResult e =
        stalled({action, "name: raft, replicas: 5", kMesh, fault(action), Bound::beyond, ""});
    BOOST_TEST((e.bound == Bound::beyond));
    BOOST_TEST(e.lines.back().find("lie") == std::string::npos, e.lines.back());
  }
}

BOOST_AUTO_TEST_CASE(beyond_thirty_two_replicas_what_bounds_can_tell) {
  const std::string many = "name: pbft, replicas: 40";
  check({
      {"13 down", many, kMesh, fault("crash: r0..r12"), Bound::inside, "at most 13 ≤ f = 13"},
      {"14 down", many, kMesh, fault("crash: r0..r13"), Bound::beyond, "14 > f = 13"},
      {"halves", many, kMesh, fault("partition: halves"), Bound::beyond, "20 > f = 13"},
      {"all links", many, kMesh, fault("drop: 1%"), Bound::beyond, "39 > f = 13"},
  });
}

BOOST_AUTO_TEST_CASE(who_could_not_be_reached_has_nothing_to_catch_up_with) {
  for (const bool open : {true, false}) {
    const auto loaded = scenario::load_text(
        std::string("version: 1\nname: lag\nduration: 6s\nprotocol: { ") + kPbft4 +
            " }\nnetwork: { latency: 10ms }\nworkload: { clients: 2, rate: 40 tx/s }\n"
            "timeline:\n  - { label: f, at: 1s, " +
            (open ? "for: 5500ms, " : "") + "isolate: r3 }\n" +
            "expect:\n  - liveness: holds\n    within: 2s\n",
        "lag.yaml", catalogue());
    BOOST_REQUIRE_MESSAGE(loaded.scenario, to_text(loaded.diagnostics, loaded.source));
    const Report report = byzlab::run(*loaded.scenario, {.seed = 1});
    for (const ExpectationResult& e : report.expectations) {
      if (e.property != scenario::Property::liveness) continue;
      BOOST_TEST(e.detail == "r3 did not catch up");
      BOOST_TEST((e.bound == Bound::beyond), e.lines.back());
      BOOST_TEST(e.lines.back().find("could not reach r3") != std::string::npos, e.lines.back());
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
