// What engines count of the proposals and votes they hear: nothing is lost, nothing counts twice,
// good cases cost what the papers say, and every value of a label is to be seen somewhere.
#include <boost/test/unit_test.hpp>
#include <map>
#include <set>
#include <sstream>

#include "observe/metrics_collector.h"
#include "observe/metrics_table.h"
#include "testbed/scenario/load.h"
#include "tests/support/actions.h"
#include "tests/support/source_dir.h"
#include "tests/support/trial.h"

using namespace byzlab;
using namespace byzlab::testing;
namespace sc = byzlab::scenario;

namespace {

/// The last look at a run.
class LastLook final : public RunObserver {
 public:
  Interest interest() const override { return Interest::none(); }
  void on(Time, const Event&) override {}
  bool wants_samples() const override { return true; }
  void sampled(const RunSample& sample) override {
    tallies.assign(sample.tallies.begin(), sample.tallies.end());
    counters = sample.counters;
    most_syncing = std::max(most_syncing, sample.syncing);
  }
  std::uint64_t proposals(ProposalFate fate) const {
    std::uint64_t sum = 0;
    for (const Tallies& t : tallies) sum += t.of(fate);
    return sum;
  }
  std::uint64_t votes(std::size_t phase, VoteFate fate) const {
    std::uint64_t sum = 0;
    for (const Tallies& t : tallies) sum += t.of(phase, fate);
    return sum;
  }
  std::uint64_t proposals() const {
    std::uint64_t sum = 0;
    for (std::size_t f = 0; f < kProposalFates; ++f) sum += proposals(static_cast<ProposalFate>(f));
    return sum;
  }
  std::uint64_t votes(std::size_t phase) const {
    std::uint64_t sum = 0;
    for (std::size_t f = 0; f < kVoteFates; ++f) sum += votes(phase, static_cast<VoteFate>(f));
    return sum;
  }
  std::uint64_t delivered(std::uint8_t kind) const { return counters.kind[kind].delivered; }

  std::vector<Tallies> tallies;
  NetworkCounters counters;
  std::uint32_t most_syncing = 0;
};

struct Looked {
  explicit Looked(const Trial& trial) {
    RunObserver* observers[] = {&look};
    report = byzlab::run(trial.scenario, trial.options, observers);
  }
  LastLook look;
  Report report;
};

/// The kinds of an engine's proposals and of its votes by phase; 0: not one kind alone.
struct Kinds {
  std::string_view engine;
  std::uint8_t proposal;
  std::vector<std::uint8_t> votes;
};
const Kinds kKinds[] = {{"pbft", 1, {2, 3}},       {"hotstuff", 1, {2}}, {"hotstuff2", 1, {2}},
                        {"tendermint", 1, {2, 3}}, {"ibft", 1, {2, 3}},  {"ibft/v1", 1, {2, 3}},
                        {"streamlet", 1, {2}},     {"raft", 0, {}},      {"nakamoto", 1, {}}};

}  // namespace

BOOST_AUTO_TEST_SUITE(tallies)

/// As many as arrived, but for those that wait for a height to come.
BOOST_AUTO_TEST_CASE(every_message_counts_once) {
  for (const auto& [engine, proposal, votes] : kKinds) {
    const Trial trial(*find_engine(engine), 4, 8);
    const Looked run(trial);
    constexpr std::uint64_t kWaiting = 4 * 8;
    if (proposal != 0) {
      const auto arrived = run.look.delivered(proposal);
      BOOST_TEST(arrived > 0u, engine);
      BOOST_TEST(run.look.proposals() <= arrived, engine);
      BOOST_TEST(run.look.proposals() + kWaiting >= arrived, engine);
    }
    BOOST_TEST(run.look.proposals(ProposalFate::accepted) > 0u, engine);
    BOOST_TEST(run.look.proposals(ProposalFate::rejected) == 0u, engine);
    for (std::size_t phase = 0; phase < votes.size(); ++phase) {
      const auto arrived = run.look.delivered(votes[phase]);
      BOOST_TEST(arrived > 0u, engine);
      BOOST_TEST(run.look.votes(phase) <= arrived, engine);
      BOOST_TEST(run.look.votes(phase) + kWaiting >= arrived, engine);
      BOOST_TEST(run.look.votes(phase, VoteFate::accepted) > 0u, engine);
      // Who decides a height leaves it: only the last phase has votes that come after that.
      if (phase + 1 == votes.size()) BOOST_TEST(run.look.votes(phase, VoteFate::late) > 0u, engine);
      BOOST_TEST(run.look.votes(phase, VoteFate::invalid) == 0u, engine);
      BOOST_TEST(run.look.votes(phase, VoteFate::duplicate) == 0u, engine);
    }
  }
}

/// Castro & Liskov §4.2, with a vote to oneself not counted: 2f prepares beside the primary's
/// pre-prepare, 2f+1 commits; the rest of (n-1)² and n(n-1) is late.
BOOST_AUTO_TEST_CASE(a_decision_of_pbft) {
  for (const std::uint32_t n : {4u, 7u}) {
    const Looked run(Trial(*find_engine("pbft"), n, 8));
    const std::uint64_t quorum = 2 * ((n - 1) / 3) + 1;
    std::uint64_t least = ~std::uint64_t{0}, made = 0;
    for (const ReplicaResult& r : run.report.replicas) {
      least = std::min(least, r.commits);
      made += r.proposals;
    }
    BOOST_TEST(least > 10u);
    const auto is = [&](std::uint64_t count, std::uint64_t each) {
      BOOST_TEST(count >= least * each);
      BOOST_TEST(count <= made * each);
    };
    is(run.look.votes(0, VoteFate::accepted), (quorum - 1) + (n - 1) * (quorum - 2));
    is(run.look.votes(0), (n - 1) * (n - 1));
    is(run.look.votes(1, VoteFate::accepted), n * (quorum - 1));
    is(run.look.votes(1), n * (n - 1));
    is(run.look.proposals(ProposalFate::accepted), n - 1);
  }
}

BOOST_AUTO_TEST_CASE(copies_are_duplicates) {
  for (const auto& [engine, proposal, votes] : kKinds) {
    Trial trial(*find_engine(engine), 4, 8);
    trial.fault(1, 6, testing::on_links("duplicate", all_links(), {{"probability", "1"}}));
    const Looked run(trial);
    if (!votes.empty()) BOOST_TEST(run.look.votes(0, VoteFate::duplicate) > 0u, engine);
    BOOST_TEST(run.look.proposals(ProposalFate::late) > 0u, engine);
    BOOST_TEST(run.look.proposals(ProposalFate::rejected) == 0u, engine);
  }
}

BOOST_AUTO_TEST_CASE(timers_by_phase_are_the_timeouts_of_the_report) {
  for (const auto& [engine, proposal, votes] : kKinds) {
    Trial trial(*find_engine(engine), 4, 12);
    trial.fault(2, 0, testing::crash(replica(0)));
    const Looked run(trial);
    std::uint64_t all = 0;
    for (std::size_t r = 0; r < run.report.replicas.size(); ++r) {
      std::uint64_t sum = 0;
      for (const auto count : run.look.tallies[r].timeouts) sum += count;
      BOOST_TEST(sum == run.report.replicas[r].timeouts, engine << " r" << r);
      all += sum;
    }
    BOOST_TEST((all > 0) == !find_engine(engine)->timer_phases.empty(), engine);
  }
}

BOOST_AUTO_TEST_CASE(nobody_looks_nothing_counts_and_nothing_changes) {
  for (const auto& [engine, proposal, votes] : kKinds) {
    const Trial trial(*find_engine(engine), 4, 4);
    const Looked run(trial);
    const Report blind = byzlab::run(trial.scenario, trial.options);
    BOOST_TEST(blind.trace_hash == run.report.trace_hash, engine);
  }
}

/// Every value of a label that the reference names is more than 0 in some shipped scenario.
BOOST_AUTO_TEST_CASE(every_label_value_is_filled_by_a_shipped_scenario) {
  constexpr const char* kScenarios[] = {"seeds/drawn-faults-pbft.yaml",
                                        "seeds/drawn-faults-hotstuff.yaml",
                                        "seeds/drawn-faults-tendermint.yaml",
                                        "seeds/drawn-faults-ibft.yaml",
                                        "seeds/drawn-faults-raft.yaml",
                                        "seeds/drawn-faults-streamlet.yaml",
                                        "seeds/drawn-faults-hotstuff-basic.yaml",
                                        "faults/clients-give-up-pbft.yaml",
                                        "faults/pbft-partition.yaml",
                                        "faults/pause-and-wipe-pbft.yaml",
                                        "attacks/equivocating-pair-breaks-pbft.yaml",
                                        "attacks/equivocating-primary-pbft.yaml",
                                        "attacks/equivocating-leader-streamlet.yaml",
                                        "attacks/double-spend-51.yaml",
                                        "papers/tendermint-crashed-proposers.yaml"};
  std::set<std::string> wanted;
  const auto want = [&](std::string_view metric, std::string_view label,
                        std::initializer_list<std::string_view> values) {
    for (const auto value : values)
      wanted.insert(std::string(metric) + " " + std::string(label) + "=\"" + std::string(value) +
                    "\"");
  };
  want("byzlab_consensus_proposals_total", "result",
       {"made", "accepted", "rejected", "late", "early"});
  want("byzlab_consensus_votes_total", "result",
       {"accepted", "duplicate", "late", "invalid", "early"});
  for (const EngineInfo& engine : engines()) {
    for (const auto phase : engine.vote_phases)
      want("byzlab_consensus_votes_total", "phase", {phase});
    for (const auto phase : engine.timer_phases)
      want("byzlab_consensus_timeouts_total", "phase", {phase});
  }
  want("byzlab_replicas", "state", {"up", "syncing", "isolated", "crashed", "paused"});
  want("byzlab_client_requests_total", "result", {"committed", "timeout"});
  want("byzlab_consensus_view_changes_total", "reason", {"timeout", "rotation"});
  want("byzlab_expectation_state", "state", {"pending", "pass"});

  for (const char* name : kScenarios) {
    const auto file = source_dir().string() + "/scenarios/" + name;
    const auto loaded = sc::load_file(file, catalogue(), {.sets = {}, .seed = 1});
    BOOST_REQUIRE_MESSAGE(loaded.scenario.has_value(), name);
    MetricsCollector metrics({.run = "test/s1"});
    RunObserver* observers[] = {&metrics};
    byzlab::run(*loaded.scenario, RunOptions{.seed = 1}, observers);
    std::istringstream lines(metrics.openmetrics("test/s1"));
    for (std::string line; std::getline(lines, line);) {
      const auto value = line.rfind(' ', line.rfind(' ') - 1);
      if (line.starts_with('#') || std::strtod(line.c_str() + value, nullptr) == 0) continue;
      const auto metric = line.substr(0, line.find('{'));
      std::erase_if(wanted, [&](const std::string& w) {
        return w.starts_with(metric + " ") &&
               line.find(w.substr(metric.size() + 1)) != std::string::npos;
      });
    }
  }
  for (const auto& missing : wanted) BOOST_ERROR(missing << " is 0 in all of them");
}

BOOST_AUTO_TEST_SUITE_END()
