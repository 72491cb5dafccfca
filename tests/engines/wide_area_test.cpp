// Commit times over measured distances, held against what each protocol implies: sums and order
// statistics of one-way delays, worked out here without any engine.
//
// One replica a region, one-way = half the round trip, processing is free. Times are exact, so the
// tolerance of 0.01 ms is not used up.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <sstream>

#include "network/regions.h"
#include "tests/support/steady_state.h"
#include "tests/support/truth.h"

namespace byzlab::testing {
namespace {

constexpr Duration kTolerance = std::chrono::microseconds{10};
constexpr std::uint64_t kDecisions = 60;  // nearly three rounds of 21 leaders

using Times = std::vector<Duration>;  // by replica, since the start

/// One-way delays; to oneself none.
struct Distances {
  DelayMatrix matrix;
  std::size_t n() const { return matrix.names.size(); }
  Duration operator()(std::size_t from, std::size_t to) const {
    return from == to ? Duration{0} : matrix.at(from, to);
  }
};

std::optional<Distances> measured_distances() {
  const auto file = truth_folder() / "wan_rtt_ms.csv";
  std::ifstream in(file);
  if (!in) {
    BOOST_TEST_MESSAGE("no " << file << ": wide-area times are not checked");
    return std::nullopt;
  }
  std::ostringstream text;
  text << in.rdbuf();
  const auto parsed = parse_delay_matrix(text.str(), MatrixUnit::round_trip_ms);
  BOOST_REQUIRE(static_cast<bool>(parsed));
  return Distances{*parsed};
}

/// When the k-th (from 1) of these happens; kNever's distance is never.
Duration kth(Times times, std::size_t k) {
  std::ranges::nth_element(times, times.begin() + static_cast<std::ptrdiff_t>(k - 1));
  return times[k - 1];
}

/// When `to` has k of the messages that each replica sends to all at `sent`.
Duration heard_from(const Distances& d, const Times& sent, std::size_t to, std::size_t k) {
  Times arrivals;
  for (std::size_t i = 0; i < d.n(); ++i) {
    arrivals.push_back(sent[i] == Duration::max() ? Duration::max() : sent[i] + d(i, to));
  }
  return kth(arrivals, k);
}

SteadyState run_over(const Distances& d, const EngineInfo& info,
                     std::initializer_list<std::pair<std::string_view, std::string_view>> chosen) {
  Options options(info.options);
  for (const auto& [name, text] : chosen) options = options.with(name, text);
  std::vector<std::uint16_t> region_of;
  for (std::uint16_t i = 0; i < d.n(); ++i) region_of.push_back(i);
  return SteadyState(
      info, options,
      {.n = static_cast<std::uint32_t>(d.n()), .latency = LatencyModel(d.matrix, region_of)});
}

/// Compares what decision k took, since its proposal, with what it should have.
void check(const Decision& decision, std::size_t k, Duration proposed, const Times& committed) {
  BOOST_TEST_CONTEXT("decision " << k + 1) {
    for (std::size_t i = 0; i < committed.size(); ++i) {
      const Duration took = decision.committed[i] - decision.proposed;
      const Duration error = took - (committed[i] - proposed);
      BOOST_TEST_CONTEXT("replica " << i) {
        BOOST_TEST(std::chrono::abs(error).count() <= kTolerance.count());
      }
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(wide_area)

/// Prepared: the pre-prepare and quorum - 1 prepares of backups. Committed: a quorum of commits.
BOOST_AUTO_TEST_CASE(pbft_waits_for_two_quorums) {
  const auto d = measured_distances();
  if (!d) return;
  const EngineInfo& info = *find_engine("pbft");
  SteadyState run = run_over(*d, info,
                             {{"pipeline", "1"},
                              {"batch_size", "1"},
                              {"checkpoint_interval", "65536"},
                              {"view_timeout", "1h"}});
  run.run_to(kDecisions);
  const auto decisions = run.decisions();
  BOOST_REQUIRE_GE(decisions.size(), kDecisions - 2);

  const std::size_t quorum = info.quorum(d->n());
  Times prepare(d->n()), prepared(d->n()), committed(d->n());
  prepare[0] = Duration::max();  // the primary sends none
  for (std::size_t i = 1; i < d->n(); ++i) prepare[i] = (*d)(0, i);
  for (std::size_t i = 0; i < d->n(); ++i) {
    prepared[i] = std::max((*d)(0, i), heard_from(*d, prepare, i, quorum - 1));
  }
  for (std::size_t i = 0; i < d->n(); ++i) {
    committed[i] = std::max(prepared[i], heard_from(*d, prepared, i, quorum));
  }
  for (std::size_t k = 0; k < decisions.size(); ++k) {
    check(decisions[k], k, Duration{0}, committed);
  }
}

/// The leader has the entry on a majority after the median round trip; followers hear of it.
BOOST_AUTO_TEST_CASE(raft_waits_for_a_majority_of_round_trips) {
  const auto d = measured_distances();
  if (!d) return;
  const EngineInfo& info = *find_engine("raft");
  SteadyState run =
      run_over(*d, info, {{"pipeline", "1"}, {"batch_size", "1"}, {"election_timeout", "5s"}});
  run.run_to(kDecisions);
  const auto decisions = run.decisions();
  BOOST_REQUIRE_GE(decisions.size(), kDecisions - 3);
  for (std::size_t k = 0; k + 1 < decisions.size(); ++k) {
    const std::size_t leader = decisions[k].proposer.value;
    Times round_trips;
    for (std::size_t i = 0; i < d->n(); ++i)
      round_trips.push_back((*d)(leader, i) + (*d)(i, leader));
    const Duration majority = kth(round_trips, info.quorum(d->n()));
    Times committed;
    for (std::size_t i = 0; i < d->n(); ++i) committed.push_back(majority + (*d)(leader, i));
    check(decisions[k], k, Duration{0}, committed);
  }
}

/// A height of a protocol that decides one after the other: who begins when, and decides when.
/// Votes: the proposal has come and the height begun here. Commits: voted, and a quorum of votes.
/// Decides: the proposal and a quorum of commits.
Times height_after(const Distances& d, const Times& begins, std::size_t leader,
                   std::size_t quorum) {
  Times proposal(d.n()), votes(d.n()), commits(d.n()), decides(d.n());
  for (std::size_t i = 0; i < d.n(); ++i) {
    proposal[i] = votes[i] = std::max(begins[i], begins[leader] + d(leader, i));
  }
  for (std::size_t i = 0; i < d.n(); ++i) {
    commits[i] = std::max(votes[i], heard_from(d, votes, i, quorum));
  }
  for (std::size_t i = 0; i < d.n(); ++i) {
    decides[i] = std::max(proposal[i], heard_from(d, commits, i, quorum));
    // Else it would have decided without its own commit, which this calculation counts.
    BOOST_REQUIRE_LE(commits[i].count(), decides[i].count());
  }
  return decides;
}

void check_heights(const EngineInfo& info, std::string_view timeout) {
  const auto d = measured_distances();
  if (!d) return;
  SteadyState run = run_over(*d, info, {{timeout, "1h"}, {"resend_after", "1h"}});
  run.run_to(kDecisions);
  const auto decisions = run.decisions();
  BOOST_REQUIRE_GE(decisions.size(), kDecisions - 2);
  Times begins(d->n(), Duration{0});
  for (std::size_t k = 0; k < kDecisions - 2; ++k) {
    const std::size_t leader = k % d->n();
    BOOST_TEST(decisions[k].proposer.value == leader);
    const Times decides = height_after(*d, begins, leader, info.quorum(d->n()));
    check(decisions[k], k, begins[leader], decides);
    begins = decides;
  }
}

/// A height begins where the one before was decided, so early regions wait for late proposers.
BOOST_AUTO_TEST_CASE(tendermint_waits_for_two_quorums_a_height) {
  check_heights(*find_engine("tendermint"), "timeout_propose");
}
BOOST_AUTO_TEST_CASE(ibft_waits_for_two_quorums_a_height) {
  check_heights(*find_engine("ibft"), "round_timeout");
}

/// A chained protocol, view after view: its leader proposes when it has a quorum of votes for the
/// block before, and that block; a block is committed with the proposal `depth` views later.
void check_chained(const EngineInfo& info, std::size_t depth) {
  const auto d = measured_distances();
  if (!d) return;
  SteadyState run = run_over(*d, info, {{"view_timeout", "10min"}});
  run.run_to(kDecisions);
  const auto decisions = run.decisions();
  BOOST_REQUIRE_GE(decisions.size(), kDecisions - depth - 1);
  const auto leader = [&](std::size_t k) { return (decisions[0].proposer.value + k) % d->n(); };
  std::vector<Duration> proposed{Duration{0}};
  std::vector<Times> arrives;  // of each proposal, everywhere: who has it votes
  for (std::size_t k = 0; k < decisions.size(); ++k) {
    arrives.emplace_back();
    for (std::size_t i = 0; i < d->n(); ++i) {
      arrives[k].push_back(proposed[k] + (*d)(leader(k), i));
      // Else a proposal would overtake the one before, which this calculation leaves out.
      if (k > 0) BOOST_REQUIRE_LE(arrives[k - 1][i].count(), arrives[k][i].count());
    }
    const std::size_t next = leader(k + 1);
    proposed.push_back(
        std::max(arrives[k][next], heard_from(*d, arrives[k], next, info.quorum(d->n()))));
  }
  for (std::size_t k = 0; k + depth < decisions.size(); ++k) {
    BOOST_TEST(decisions[k].proposer.value == leader(k));
    check(decisions[k], k, proposed[k], arrives[k + depth]);
  }
}

BOOST_AUTO_TEST_CASE(chained_hotstuff_commits_with_the_third_proposal_after) {
  check_chained(*find_engine("hotstuff"), 3);
}
BOOST_AUTO_TEST_CASE(hotstuff2_commits_with_the_second_proposal_after) {
  check_chained(*find_engine("hotstuff2"), 2);
}

/// Three times the leader waits for a quorum's round trips, then tells; and the next leader waits
/// for a quorum of those who heard.
BOOST_AUTO_TEST_CASE(basic_hotstuff_waits_for_three_quorums_of_round_trips) {
  const auto d = measured_distances();
  if (!d) return;
  const EngineInfo& info = *find_engine("hotstuff");
  const std::size_t quorum = info.quorum(d->n());
  SteadyState run = run_over(*d, info, {{"mode", "basic"}, {"view_timeout", "10min"}});
  run.run_to(kDecisions);
  const auto decisions = run.decisions();
  BOOST_REQUIRE_GE(decisions.size(), kDecisions - 2);
  Duration proposed{0};
  for (std::size_t k = 0; k < decisions.size(); ++k) {
    const std::size_t leader = (decisions[0].proposer.value + k) % d->n();
    const std::size_t next = (leader + 1) % d->n();
    Times round_trips, committed;
    for (std::size_t i = 0; i < d->n(); ++i) {
      round_trips.push_back((*d)(leader, i) + (*d)(i, leader));
    }
    const Duration decided = proposed + 3 * kth(round_trips, quorum);
    for (std::size_t i = 0; i < d->n(); ++i) committed.push_back(decided + (*d)(leader, i));
    // A new-view message may bring the next leader the decision before the leader does.
    committed[next] = heard_from(*d, committed, next, 1);
    check(decisions[k], k, proposed, committed);
    proposed = heard_from(*d, committed, next, quorum);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::testing
