// Nobody honest is accused: not by the reasons of a violation, not by the proofs that replicas
// hold.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "testbed/run.h"
#include "testbed/scenario/load.h"
#include "tests/support/source_dir.h"

using namespace byzlab;

namespace {

/// Whom honest replicas hold proofs against, and whom they may.
class Proofs final : public RunObserver {
 public:
  void begin(const RunInfo& info) override {
    faulty_.insert(info.byzantine.begin(), info.byzantine.end());
  }
  Interest interest() const override { return Interest::in<Noted, ReplicaState, FaultChanged>(); }
  void on(Time, const Event& event) override {
    if (const auto* state = std::get_if<ReplicaState>(&event)) {
      if (state->durable_lost) faulty_.insert(state->replica);
    } else if (const auto* fault = std::get_if<FaultChanged>(&event)) {
      if (fault->reach->meaning == FaultMeaning::turns) {
        faulty_.insert(fault->reach->who.begin(), fault->reach->who.end());
      }
    } else if (const auto* note = std::get_if<Noted>(&event)) {
      const ReplicaId accused(static_cast<std::uint32_t>(note->value));
      if (note->milestone != Milestone::equivocation || faulty_.contains(note->replica)) return;
      if (!faulty_.contains(accused)) accused_.insert(accused);
    }
  }

  bool may_be_named(ReplicaId r) const { return faulty_.contains(r); }
  const std::set<ReplicaId>& accused() const { return accused_; }

 private:
  std::set<ReplicaId> faulty_, accused_;
};

/// Every replica that a line says has said two things.
std::set<ReplicaId> named(const std::string& line) {
  static const std::regex accusation("why: (.*) (voted twice|voted for both|proposed both)");
  static const std::regex replica("r([0-9]+)");
  std::set<ReplicaId> who;
  std::smatch found;
  if (!std::regex_search(line, found, accusation)) return who;
  const std::string names = found[1];
  for (std::sregex_iterator r(names.begin(), names.end(), replica), end; r != end; ++r) {
    who.insert(ReplicaId(static_cast<std::uint32_t>(std::stoul((*r)[1]))));
  }
  return who;
}

struct Seen {
  std::size_t violations = 0;  ///< of agreement
  std::size_t failed = 0;      ///< expectations
  std::string lines;
};

Seen run_and_look(const scenario::Scenario& s, std::uint64_t seed) {
  Proofs proofs;
  RunObserver* const observers[] = {&proofs};
  const Report report = byzlab::run(s, {.seed = seed, .max_events = 2'000'000}, observers);
  Seen seen;
  BOOST_TEST_CONTEXT(s.name << ", seed " << seed) {
    for (const ReplicaId r : proofs.accused()) {
      BOOST_ERROR("honest replicas hold proof against r" << r.value << ", who is honest");
    }
    for (const ExpectationResult& e : report.expectations) {
      if (e.status == Status::fail) ++seen.failed;
      if (e.property == scenario::Property::agreement && e.bound != Bound::not_applicable) {
        ++seen.violations;
      }
      for (const std::string& line : e.lines) {
        seen.lines += line + "\n";
        for (const ReplicaId r : named(line)) BOOST_TEST(proofs.may_be_named(r), line);
      }
    }
  }
  return seen;
}

Seen run_text(const std::string& text, std::uint64_t seed = 1) {
  const auto loaded = scenario::load_text(text, "accusation.yaml", catalogue(), {.seed = seed});
  BOOST_REQUIRE_MESSAGE(loaded.scenario, to_text(loaded.diagnostics, loaded.source));
  return run_and_look(*loaded.scenario, seed);
}

/// Of more liars than are allowed, with everything else that may happen to a replica.
std::string drawn_beyond_the_bound(std::string_view engine) {
  return "version: 1\nname: drawn-beyond\nduration: 8s\nprotocol: { name: " + std::string(engine) +
         ", replicas: 4..7 }\n" +
         R"(network: { latency: { model: uniform, min: 2ms, max: 20ms } }
workload: { clients: 3, rate: 40 tx/s }
adversary:
  members: any(f+1)
  beyond_bound: true
  behaviors:
    - equivocate: {}
timeline:
  - at: 1s..2s
    for: 2s
    one_of:
      - partition: halves
      - crash: any(1 of honest)
      - drop: 10%..40%
      - wipe: any(1)
  - { at: 5s, for: 1s, crash: role:leader }
)";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(accusation)

BOOST_AUTO_TEST_CASE(no_shipped_scenario_names_the_honest) {
  std::size_t scenarios = 0, violations = 0;
  for (const char* folder : {"attacks", "faults", "lessons", "papers"}) {
    for (const auto& entry :
         std::filesystem::directory_iterator(source_dir() / "scenarios" / folder)) {
      auto loaded = scenario::load_file(entry.path(), catalogue(), {.seed = 1});
      BOOST_REQUIRE_MESSAGE(loaded.scenario, entry.path());
      const std::string& engine = loaded.scenario->protocol.name;
      if (engine.starts_with("nakamoto")) continue;  // nobody votes, nobody is proved anything
      ++scenarios;
      violations += run_and_look(*loaded.scenario, loaded.scenario->seed.value_or(1)).violations;
    }
  }
  BOOST_TEST(scenarios > 30u);
  BOOST_TEST(violations > 5u);
}

BOOST_AUTO_TEST_CASE(no_drawn_scenario_names_the_honest) {
  for (const auto& entry : std::filesystem::directory_iterator(source_dir() / "scenarios/seeds")) {
    if (!entry.path().filename().string().starts_with("drawn")) continue;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      const auto loaded = scenario::load_file(entry.path(), catalogue(), {.seed = seed});
      BOOST_REQUIRE_MESSAGE(loaded.scenario, entry.path());
      run_and_look(*loaded.scenario, seed);
    }
  }
}

constexpr const char* kLiarProof[] = {"pbft",       "hotstuff", "hotstuff2",
                                      "tendermint", "ibft",     "streamlet"};

BOOST_AUTO_TEST_CASE(machines_at_fault_are_no_liars) {
  std::ifstream file(source_dir() / "scenarios/seeds/drawn-troubles.yaml");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string name = "name: pbft";
  const std::size_t at = text.find(name);
  BOOST_REQUIRE(at != std::string::npos);
  for (const std::string engine : kLiarProof) {
    std::string of = text;
    of.replace(at, name.size(), "name: " + engine);
    for (std::uint64_t seed = 1; seed <= 4; ++seed) BOOST_TEST(run_text(of, seed).failed == 0u);
  }
}

// A crash leaves votes, certificates and commits on a torn disk that nobody had been told of.
BOOST_AUTO_TEST_CASE(what_only_a_torn_disk_has_kept_is_certified) {
  const auto torn = [](std::string_view engine) {
    return "version: 1\nname: torn\nduration: 16s\nprotocol: { name: " + std::string(engine) +
           R"(, replicas: 4 }
network: { latency: 10ms }
workload: { clients: 4, rate: 20 tx/s }
timeline:
  - { at: 5s, for: 10s, disk: { who: all, sync: 50ms, tear: true } }
  - { at: 5500ms..6500ms, for: 200ms..1s, crash: all }
  - { at: 7500ms..8500ms, for: 200ms..1s, crash: all }
  - { at: 10s, for: 200ms..1s, crash: all }
  - { at: 12s, for: 200ms..1s, crash: all }
expect:
  - agreement: holds
  - certified: holds
)";
  };
  for (const char* engine : kLiarProof) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
      BOOST_TEST(run_text(torn(engine), seed).failed == 0u);
    }
  }
  for (const std::uint64_t seed : {186u, 223u, 228u}) {
    BOOST_TEST(run_text(torn("streamlet"), seed).failed == 0u);
  }
}

BOOST_AUTO_TEST_CASE(nor_do_broken_agreements_beyond_the_bound) {
  std::size_t violations = 0;
  for (const char* engine :
       {"pbft", "hotstuff", "hotstuff2", "streamlet", "tendermint", "ibft", "ibft/v1"}) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      violations += run_text(drawn_beyond_the_bound(engine), seed).violations;
    }
  }
  BOOST_TEST(violations > 3u);
}

BOOST_AUTO_TEST_CASE(two_halves_that_are_quorums_are_the_reason_and_nobody_is_to_blame) {
  // Heights 1, 2, 3 … all begin with round 0: votes of two heights are no double vote.
  const Seen seen = run_text(R"(version: 1
name: halves
duration: 9s
protocol: { name: ibft/v1, replicas: 6 }
network: { latency: { model: uniform, min: 4ms, max: 25ms } }
workload: { clients: 4, rate: 60 tx/s }
timeline:
  - { at: 1500ms, for: 5s, partition: [ r0..r2, r3..r5 ] }
expect:
  - agreement: violated
)");
  BOOST_TEST(seen.violations == 1u);
  BOOST_TEST(seen.lines.find("two quorums of 3 of 6 need not share a replica") != std::string::npos,
             seen.lines);
  BOOST_TEST(seen.lines.find("Byzantine") == std::string::npos, seen.lines);
}

BOOST_AUTO_TEST_SUITE_END()
