// Raft by hand: Figure 2's rules one by one, as golden transcripts and as checks.
#include "consensus/raft/raft.h"

#include <boost/test/unit_test.hpp>
#include <map>

#include "tests/support/engine_script.h"

namespace byzlab::raft {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLatency = 10ms;  // of the script
constexpr Duration kLost = Duration::max();
constexpr Duration kTimeout = 500ms;  // T, the default

ReplicaId r(std::uint32_t i) { return ReplicaId(i); }

const Raft& state(EngineScript& script, std::uint32_t i) {
  return static_cast<const Raft&>(script.engine(r(i)));
}

/// Replica `i` stands for election now, and what follows has time to end before a heartbeat is due.
void elect(EngineScript& script, std::uint32_t i) {
  const Term before = state(script, i).current_term();
  script.fire(r(i), 0, 0);
  // The timer has looked and found that a leader has spoken; the next time none has.
  if (state(script, i).current_term() == before) script.fire(r(i), 0, 0);
  script.run_for(5 * kLatency);
}

std::vector<std::uint64_t> terms(EngineScript& script, std::uint32_t i) {
  std::vector<std::uint64_t> result;
  for (const BlockRef& entry : state(script, i).log()) result.push_back(entry->view.value);
  return result;
}

/// Copies to others by type, as the paper counts them.
struct Counted {
  std::map<std::string, std::uint64_t> by_type;
  explicit Counted(EngineScript& script) {
    script.link = [this, &script](ReplicaId, ReplicaId, const Message& m) {
      ++by_type[std::string(script.store().type(m.kind()).name)];
      return Duration(kLatency);
    };
  }
};

using Log = std::vector<std::uint64_t>;

}  // namespace

BOOST_AUTO_TEST_SUITE(raft)

BOOST_AUTO_TEST_CASE(good_case) {
  EngineScript script(kInfo, {.n = 3});
  script.start_all();
  elect(script, 0);
  script.submit(1);
  script.run_for(30ms);
  check_golden("tests/raft/golden/good_case.txt", script.text());
  for (std::uint32_t i = 0; i < 3; ++i) BOOST_TEST(script.committed_height(r(i)).value == 2u);
}

BOOST_AUTO_TEST_CASE(a_decision_costs_2_n_minus_1_messages_and_two_delays_three_at_followers) {
  for (const std::uint32_t n : {1u, 2u, 3u, 5u, 8u, 16u}) {
    EngineScript script(kInfo, {.n = n});
    script.record(false);
    script.start_all();
    elect(script, 0);
    Counted counted(script);
    const Height before = script.committed_height(r(0));
    BOOST_TEST(before.value == 1u);  // the empty entry of a new leader (§8)
    script.submit(1);
    script.run_for(2 * kLatency - 1ns);
    BOOST_TEST(script.committed_height(r(0)).value == (n == 1 ? 2u : 1u));
    script.run_for(1ns);
    BOOST_TEST(script.committed_height(r(0)).value == 2u);
    script.run_for(kLatency - 1ns);
    for (std::uint32_t i = 1; i < n; ++i) BOOST_TEST(script.committed_height(r(i)).value == 1u);
    script.run_for(1ns);
    for (std::uint32_t i = 1; i < n; ++i) BOOST_TEST(script.committed_height(r(i)).value == 2u);
    BOOST_TEST(counted.by_type["AppendEntries"] == n - 1);
    BOOST_TEST(counted.by_type["AppendEntriesReply"] == n - 1);
    // Nothing else was there to say, so the news of the commit went alone.
    BOOST_TEST(counted.by_type["Heartbeat"] == n - 1);
  }
}

BOOST_AUTO_TEST_CASE(under_load_the_commit_index_travels_with_the_next_entry) {
  for (const std::uint32_t n : {3u, 5u, 16u}) {
    EngineScript script(kInfo, {.n = n},
                        Options(kOptions).with("batch_size", "1").with("pipeline", "1"));
    script.record(false);
    script.start_all();
    elect(script, 0);
    Counted counted(script);
    script.submit(20);
    for (std::uint64_t k = 1; k < 20; ++k) {
      script.run_for(2 * kLatency);
      BOOST_TEST(script.committed_height(r(0)).value == 1 + k);
      BOOST_TEST(script.committed_height(r(n - 1)).value == k);
    }
    script.run_for(3 * kLatency);
    for (std::uint32_t i = 0; i < n; ++i) BOOST_TEST(script.committed_height(r(i)).value == 21u);
    BOOST_TEST(counted.by_type["AppendEntries"] == 20 * (n - 1));
    BOOST_TEST(counted.by_type["AppendEntriesReply"] == 20 * (n - 1));
    BOOST_TEST(counted.by_type["Heartbeat"] == n - 1);  // the last commit
  }
}

BOOST_AUTO_TEST_CASE(entries_are_pipelined_and_no_request_is_ordered_twice) {
  EngineScript script(kInfo, {.n = 3}, Options(kOptions).with("batch_size", "2"));
  script.record(false);
  script.start_all();
  elect(script, 0);
  Counted counted(script);
  script.submit(20);
  script.run_for(2 * kLatency);
  BOOST_TEST(script.commits(r(0)).size() == 1u + 8u);  // pipeline
  script.run_for(3 * kLatency);
  BOOST_TEST(counted.by_type["AppendEntries"] == 10u * 2u);
  for (std::uint32_t i = 0; i < 3; ++i) {
    std::uint64_t next = 0;
    for (const BlockRef& block : script.commits(r(i))) {
      for (const Request& request : block->requests) BOOST_TEST(request.id.value == next++);
    }
    BOOST_TEST(next == 20u);
  }
}

BOOST_AUTO_TEST_CASE(a_replica_votes_once_a_term_also_after_a_restart) {
  EngineScript script(kInfo, {.n = 5});
  script.record(false);
  script.start_all();
  std::map<std::uint32_t, std::pair<bool, std::uint64_t>> told;  // by candidate: granted, term
  script.link = [&](ReplicaId, ReplicaId to, const Message& m) {
    if (m.kind() == RequestVoteReply::kKind) {
      const auto& reply = m.as<RequestVoteReply>();
      told[to.value] = {reply.vote_granted, reply.term.value};
    }
    return kLost;
  };
  const auto ask = [&](std::uint32_t candidate, std::uint64_t term) {
    script.inject(r(candidate), r(0), RequestVote{.term = Term(term)});
    return told[candidate];
  };
  using Answer = std::pair<bool, std::uint64_t>;
  BOOST_CHECK((ask(1, 3) == Answer{true, 3}));
  BOOST_CHECK((ask(2, 3) == Answer{false, 3}));
  BOOST_CHECK((ask(1, 3) == Answer{true, 3}));  // a duplicate gets the same answer
  script.crash(r(0));
  script.start(r(0));
  BOOST_CHECK((ask(2, 3) == Answer{false, 3}));
  BOOST_CHECK((ask(1, 3) == Answer{true, 3}));
  BOOST_CHECK((ask(2, 2) == Answer{false, 3}));  // an older term is refused (§5.1)
  BOOST_CHECK((ask(2, 4) == Answer{true, 4}));
  script.fire(r(0), 0, 0);  // votes for itself in term 5
  script.crash(r(0));
  script.start(r(0));
  BOOST_CHECK((ask(1, 5) == Answer{false, 5}));
}

BOOST_AUTO_TEST_CASE(nobody_votes_for_a_log_less_up_to_date) {
  // §5.4.1. The voter's log: terms 1, 1, 4.
  EngineScript script(kInfo, {.n = 3});
  script.record(false);
  script.start_all();
  bool granted = false;
  script.link = [&](ReplicaId, ReplicaId, const Message& m) {
    if (m.kind() == RequestVoteReply::kKind) granted = m.as<RequestVoteReply>().vote_granted;
    return kLost;
  };
  std::vector<BlockPayload> entries;
  for (const std::uint64_t term : {1u, 1u, 4u}) {
    entries.push_back({script.crypto().make_block(
        {.height = Index(entries.size() + 1), .view = Term(term), .proposer = r(1)})});
  }
  script.inject(r(1), r(0), AppendEntries{.term = Term(4), .entries = entries});
  BOOST_TEST(terms(script, 0) == (Log{1, 1, 4}), boost::test_tools::per_element());
  std::uint64_t term = 5;
  const auto votes_for = [&](std::uint64_t index, std::uint64_t last) {
    script.inject(
        r(2), r(0),
        RequestVote{
            .term = Term(term++), .last_log_index = Index(index), .last_log_term = Term(last)});
    return granted;
  };
  BOOST_TEST(!votes_for(2, 4));  // shorter
  BOOST_TEST(!votes_for(9, 3));  // longer, but of an older term
  BOOST_TEST(votes_for(3, 4));   // as good
  BOOST_TEST(votes_for(4, 4));   // longer
  BOOST_TEST(votes_for(1, 5));   // shorter, but of a later term
}

BOOST_AUTO_TEST_CASE(an_entry_of_an_older_term_is_not_committed_by_counting_copies) {
  // §5.4.2 and Figure 8: S1 is r0, and so on.
  EngineScript script(kInfo, {.n = 5});
  script.record(false);
  script.start_all();
  elect(script, 0);
  script.link = [](ReplicaId from, ReplicaId to, const Message&) {  // (a) only r1 hears of entry 2
    return from == r(0) && to != r(1) ? kLost : Duration(kLatency);
  };
  script.submit(1);
  script.run_for(kLatency);
  BOOST_TEST(terms(script, 1) == (Log{1, 1}), boost::test_tools::per_element());
  script.crash(r(0));
  script.link = nullptr;
  script.lose([](ReplicaId, ReplicaId, const Message&) { return true; });
  // (b) r4 leads with the votes of r2 and r3, and has entries of its own which nobody gets.
  script.link = [](ReplicaId from, ReplicaId to, const Message& m) {
    const bool elects = m.kind() == RequestVote::kKind || m.kind() == RequestVoteReply::kKind;
    return elects && from != r(1) && to != r(1) ? Duration(kLatency) : kLost;
  };
  elect(script, 4);
  BOOST_CHECK(state(script, 4).role() == Raft::Role::leader);
  BOOST_TEST(terms(script, 4) == (Log{1, 2, 2}), boost::test_tools::per_element());
  script.crash(r(4));
  // (c) r0 is back and leads term 3.
  script.start(r(0));
  script.fire(r(0), 0, 0);
  script.run_for(2 * kLatency);
  script.fire(r(0), 0, 0);  // its first term was 2, which r2 and r3 had given to r4
  script.run_for(2 * kLatency);
  BOOST_CHECK(state(script, 0).role() == Raft::Role::leader);
  const Term now = state(script, 0).current_term();
  BOOST_TEST(terms(script, 0) == (Log{1, 1, now.value}), boost::test_tools::per_element());
  const auto holds = [&](std::uint32_t who, std::uint64_t upto) {
    script.inject(r(who), r(0), AppendEntriesReply{.term = now, .index = Index(upto)});
    return state(script, 0).commit_index().value;
  };
  // Entry 2, of term 1, is on a majority, even on all who are up: it may still be overwritten (d).
  BOOST_TEST(holds(1, 2) == 0u);
  BOOST_TEST(holds(2, 2) == 0u);
  BOOST_TEST(holds(3, 2) == 0u);
  // (e) An entry of the own term on a majority commits all before it.
  BOOST_TEST(holds(2, 3) == 0u);
  BOOST_TEST(holds(2, 3) == 0u);  // a duplicate is not another copy
  BOOST_TEST(holds(1, 3) == 3u);
}

BOOST_AUTO_TEST_CASE(a_log_is_repaired) {
  EngineScript script(kInfo, {.n = 3}, Options(kOptions).with("batch_size", "1"));
  script.record(false);
  script.start_all();
  elect(script, 0);
  // r0 is cut off and goes on appending; r1 leads the others.
  script.link = [](ReplicaId from, ReplicaId to, const Message&) {
    return from == r(0) || to == r(0) ? kLost : Duration(kLatency);
  };
  script.submit(5);
  BOOST_TEST(terms(script, 0) == (Log{1, 1, 1, 1, 1, 1}), boost::test_tools::per_element());
  elect(script, 1);
  const Log repaired{1, 2, 2, 2, 2, 2, 2};
  BOOST_TEST(terms(script, 1) == repaired, boost::test_tools::per_element());
  BOOST_TEST(script.committed_height(r(1)).value == 7u);
  BOOST_TEST(script.committed_height(r(0)).value == 1u);
  // It comes back: a refusal tells where its term 1 begins, and one AppendEntries brings the rest.
  Counted counted(script);
  script.run_for(kTimeout / 2);
  BOOST_TEST(terms(script, 0) == repaired, boost::test_tools::per_element());
  BOOST_TEST(script.committed_height(r(0)).value == 7u);
  BOOST_TEST(script.agreement());
  BOOST_TEST(counted.by_type["AppendEntries"] <= 3u);
  // And what is durable says the same.
  script.crash(r(0));
  script.start(r(0));
  BOOST_TEST(terms(script, 0) == repaired, boost::test_tools::per_element());
  script.run_for(kTimeout);
  BOOST_TEST(script.commits(r(0)).size() == 7u);  // commits again what was final before
  BOOST_TEST(script.agreement());
}

BOOST_AUTO_TEST_CASE(who_was_away_long_gets_entries_in_batches) {
  EngineScript script(kInfo, {.n = 3}, Options(kOptions).with("batch_size", "1"));
  script.record(false);
  script.start_all();
  elect(script, 0);
  script.crash(r(2));
  script.submit(300);
  script.run_for(5s);
  BOOST_TEST(script.committed_height(r(0)).value == 301u);
  script.start(r(2));
  Counted counted(script);
  script.run_for(kTimeout);
  BOOST_TEST(script.committed_height(r(2)).value == 301u);
  BOOST_TEST(counted.by_type["AppendEntries"] <= 300 / 64 + 3u);
  BOOST_CHECK(state(script, 0).role() == Raft::Role::leader);
}

BOOST_AUTO_TEST_CASE(entries_that_overtake_others_wait_for_them) {
  for (const bool lost : {false, true}) {
    EngineScript script(kInfo, {.n = 3}, Options(kOptions).with("batch_size", "1"));
    script.record(false);
    script.start_all();
    elect(script, 0);
    std::uint64_t refusals = 0;
    std::uint64_t appends = 0;
    Index first_slow(3);
    script.link = [&](ReplicaId, ReplicaId to, const Message& m) {
      if (m.kind() == AppendEntriesReply::kKind) {
        refusals += m.as<AppendEntriesReply>().success() ? 0 : 1;
      } else if (m.kind() == AppendEntries::kKind) {
        ++appends;
        // Entry 3 is slow on its way to r2, or lost, the first time.
        const auto& entries = m.as<AppendEntries>().entries;
        if (to == r(2) && entries.size() == 1 && entries[0]->height == first_slow) {
          first_slow = Index(0);
          return lost ? kLost : Duration(3 * kLatency);
        }
      }
      return Duration(kLatency);
    };
    script.submit(5);  // entries 2 to 6
    script.run_for(kLatency);
    BOOST_TEST(state(script, 2).log().size() == 2u);
    BOOST_TEST(refusals == 0u);
    script.run_for(2 * kLatency);
    BOOST_TEST(state(script, 2).log().size() == (lost ? 2u : 6u));
    script.run_for(kTimeout / 4);
    BOOST_TEST(state(script, 2).log().size() == 6u);
    BOOST_TEST(script.committed_height(r(2)).value == 6u);
    BOOST_TEST(lost == (refusals > 0));
    BOOST_TEST(appends == (lost ? 11u : 10u));  // one batch brings what was lost
  }
}

BOOST_AUTO_TEST_CASE(a_lost_disk_is_filled_again) {
  EngineScript script(kInfo, {.n = 3}, Options(kOptions).with("batch_size", "1"));
  script.record(false);
  script.start_all();
  elect(script, 0);
  script.submit(200);
  script.run_for(5s);
  script.wipe(r(2));
  script.start(r(2));
  script.run_for(2 * kTimeout);
  BOOST_TEST(script.committed_height(r(2)).value == 201u);
  BOOST_TEST(state(script, 2).log().size() == 201u);
}

BOOST_AUTO_TEST_CASE(answers_may_come_late_twice_and_in_any_order) {
  EngineScript script(kInfo, {.n = 3}, Options(kOptions).with("batch_size", "1"));
  script.record(false);
  script.start_all();
  elect(script, 0);
  script.link = [](ReplicaId, ReplicaId to, const Message& m) {
    return to == r(0) && m.kind() == AppendEntriesReply::kKind ? kLost : Duration(kLatency);
  };
  script.submit(4);
  script.run_for(kLatency);
  const auto reply = [&](std::uint32_t from, std::uint64_t index, std::uint64_t c) {
    script.inject(r(from), r(0),
                  AppendEntriesReply{.term = Term(1), .index = Index(index), .conflict = Index(c)});
    return state(script, 0).commit_index().value;
  };
  BOOST_TEST(reply(1, 4, 0) == 4u);
  BOOST_TEST(reply(1, 2, 0) == 4u);  // matchIndex does not fall
  BOOST_TEST(reply(1, 3, 2) == 4u);  // nor by a late refusal
  BOOST_TEST(reply(1, 4, 0) == 4u);
  BOOST_TEST(reply(2, 99, 0) == 4u);  // no log is longer than the leader's
  BOOST_TEST(reply(2, ~0ull, 7) == 4u);
  BOOST_TEST(reply(2, 0, 1) == 4u);
  BOOST_TEST(reply(0, 5, 0) == 4u);  // one's own power counts once
  BOOST_TEST(reply(1, 5, 0) == 5u);
  script.link = nullptr;
  script.run_for(kTimeout);
  for (std::uint32_t i = 0; i < 3; ++i) BOOST_TEST(script.committed_height(r(i)).value == 5u);
}

// A late refusal sends the leader back, a late success forth again past what it asks about: the
// follower keeps up all the same, and the next entry goes to it at once.
BOOST_AUTO_TEST_CASE(late_answers_do_not_leave_a_follower_out) {
  EngineScript script(kInfo, {.n = 3}, Options(kOptions).with("batch_size", "1"));
  script.record(false);
  script.start_all();
  elect(script, 0);
  script.submit(5);
  script.run_for(5 * kLatency);
  BOOST_TEST(script.committed_height(r(1)).value == 6u);
  const Term term = state(script, 0).current_term();
  script.inject(r(1), r(0),
                AppendEntriesReply{.term = term, .index = Index(3), .conflict = Index(3)});
  script.inject(r(1), r(0), AppendEntriesReply{.term = term, .index = Index(2)});
  script.run_for(2 * kLatency);
  script.submit(1);
  script.run_for(3 * kLatency);
  BOOST_TEST(script.committed_height(r(1)).value == 7u);
}

BOOST_AUTO_TEST_CASE(a_leader_of_an_older_term_steps_down) {
  EngineScript script(kInfo, {.n = 3});
  script.record(false);
  script.start_all();
  elect(script, 0);
  script.link = [](ReplicaId from, ReplicaId, const Message&) {
    return from == r(0) ? kLost : Duration(kLatency);
  };
  script.submit(1);  // r0 appends it in term 1
  elect(script, 1);
  BOOST_CHECK(state(script, 0).role() == Raft::Role::follower);
  BOOST_TEST(state(script, 0).current_term().value == 2u);
  // What it said in term 1 comes now: refused, and nothing changes.
  const Log before = terms(script, 2);
  const auto late = script.crypto().make_block(
      {.height = Index(2), .view = Term(1), .proposer = r(0), .nonce = 7});
  script.inject(r(0), r(2),
                AppendEntries{.term = Term(1),
                              .prev_log_index = Index(1),
                              .prev_log_term = Term(1),
                              .leader_commit = Index(2),
                              .entries = {{late}}});
  BOOST_TEST(terms(script, 2) == before, boost::test_tools::per_element());
  BOOST_TEST(script.agreement());
}

BOOST_AUTO_TEST_CASE(a_leader_crash_is_over_within_the_time_its_timeouts_imply) {
  // The last word of the old leader is L under way; from then on a follower waits at most 2T; one
  // message asks for votes and one brings them, one carries the empty entry and one its copies.
  // Nobody commits later than L + 2T + 4L after the crash, and 2T more for each vote that was
  // split.
  constexpr Duration kFar = 40ms;
  std::uint64_t split = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    EngineScript script(kInfo, {.n = 5, .latency = kFar, .seed = seed});
    script.record(false);
    script.start_all();
    script.run_for(3s);
    script.submit(1);
    script.run_for(1s);
    std::uint32_t leader = 0;
    while (state(script, leader).role() != Raft::Role::leader) ++leader;
    const Term term = state(script, leader).current_term();
    const std::size_t notes = script.notes().size();
    script.crash(r(leader));
    const Time crash = script.now();
    script.submit(1);
    script.run_for(10s);
    // The winner's election began at its timeout, and decided exactly four delays later.
    Time won = kNever;
    Term last;
    std::map<std::uint32_t, Time> stood;
    for (std::size_t i = notes; i < script.notes().size(); ++i) {
      const auto& noted = script.notes()[i];
      if (noted.note.milestone == Milestone::timeout) stood[noted.replica.value] = noted.at;
      if (noted.note.milestone != Milestone::new_view || won != kNever) continue;
      won = noted.at;
      last = noted.note.view;
      BOOST_TEST(nanoseconds(won) == nanoseconds(stood[noted.replica.value] + 2 * kFar));
    }
    const std::uint64_t failed = last.value - term.value - 1;
    split += failed;
    BOOST_TEST(nanoseconds(won + 2 * kFar) <=
               nanoseconds(crash + 5 * kFar + 2 * kTimeout * (1 + failed)));
    for (std::uint32_t i = 0; i < 5; ++i) {
      if (i != leader) BOOST_TEST(script.committed_height(r(i)).value >= 4u);
    }
    BOOST_TEST(script.agreement());
  }
  BOOST_TEST(split > 0u);   // it happens,
  BOOST_TEST(split < 40u);  // and not often
}

BOOST_AUTO_TEST_CASE(nonsense_from_a_liar_is_survived) {
  EngineScript script(kInfo, {.n = 3});
  script.record(false);
  script.start_all();
  elect(script, 0);
  script.submit(3);
  script.run_for(100ms);
  Rng rng(1);
  const auto any = [&](std::uint64_t small) {
    return rng.below(8) == 0 ? rng.next() : rng.below(small);
  };
  for (int i = 0; i < 20'000; ++i) {
    const ReplicaId to = r(static_cast<std::uint32_t>(rng.below(3)));
    const ReplicaId from = r(static_cast<std::uint32_t>(rng.below(3)));
    const Term term(rng.below(6));  // a lie about the greatest of all terms ends all elections
    switch (rng.below(5)) {
      case 0:
        script.inject(
            from, to,
            RequestVote{
                .term = term, .last_log_index = Index(any(6)), .last_log_term = Term(any(6))});
        break;
      case 1: script.inject(from, to, RequestVoteReply{.term = term, .vote_granted = true}); break;
      case 2: {
        std::vector<BlockPayload> entries;
        const Index prev(any(6));
        for (std::uint64_t k = rng.below(4); k > 0; --k) {
          const Index at = rng.below(9) == 0 ? Index(any(6)) : prev.plus(entries.size() + 1);
          entries.push_back({script.crypto().make_block(
              {.height = at, .view = Term(rng.below(6)), .nonce = rng.next()})});
        }
        script.inject(from, to,
                      AppendEntries{.term = term,
                                    .prev_log_index = prev,
                                    .prev_log_term = Term(any(6)),
                                    .leader_commit = Index(any(6)),
                                    .entries = std::move(entries)});
        break;
      }
      case 3:
        script.inject(from, to,
                      Heartbeat{.term = term,
                                .prev_log_index = Index(any(6)),
                                .prev_log_term = Term(any(6)),
                                .leader_commit = Index(any(6))});
        break;
      default:
        script.inject(
            from, to,
            AppendEntriesReply{.term = term, .index = Index(any(6)), .conflict = Index(any(6))});
    }
    if (rng.below(50) == 0) {
      const ReplicaId who = r(static_cast<std::uint32_t>(rng.below(3)));
      script.crash(who);
      script.start(who);
    }
    if (rng.below(20) == 0) script.run_for(20ms);
    for (std::uint32_t k = 0; k < 3; ++k) {
      BOOST_REQUIRE(state(script, k).commit_index().value <= state(script, k).log().size());
    }
  }
}

BOOST_AUTO_TEST_CASE(random_schedules_keep_figure_3s_properties) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    EngineScript script(kInfo, {.n = 5, .latency = kLatency, .seed = seed},
                        Options(kOptions).with("batch_size", "1").with("pipeline", "3"));
    script.record(false);
    Rng rng(seed);
    bool calm = false;
    script.link = [&](ReplicaId, ReplicaId, const Message&) {
      if (calm) return Duration(kLatency);
      return rng.below(4) == 0 ? kLost : rng.uniform(1ms, rng.below(10) == 0 ? 900ms : 30ms);
    };
    script.start_all();
    std::vector<bool> down(5, false);
    for (int i = 0; i < 60; ++i) {
      script.run_for(rng.uniform(0ms, 400ms));
      script.submit(static_cast<std::uint32_t>(rng.below(4)));
      const auto who = static_cast<std::uint32_t>(rng.below(5));
      if (rng.below(3) == 0) {
        if (!down[who]) script.crash(r(who));
        if (down[who]) script.start(r(who));
        down[who] = !down[who];
      }
      // Log Matching: same index and term, same entry and the same before it.
      std::map<std::pair<std::uint64_t, std::uint64_t>, Digest> entries;
      for (std::uint32_t k = 0; k < 5; ++k) {
        if (down[k]) continue;
        Digest parent = script.crypto().genesis()->digest;
        for (const BlockRef& e : state(script, k).log()) {
          BOOST_REQUIRE(e->parent == parent);
          parent = e->digest;
          const auto [at, fresh] =
              entries.emplace(std::pair(e->height.value, e->view.value), parent);
          BOOST_REQUIRE(at->second == e->digest);
        }
      }
      BOOST_REQUIRE(script.agreement());  // State Machine Safety
    }
    // Election Safety.
    std::map<std::uint64_t, std::uint32_t> leader_of;
    for (const auto& noted : script.notes()) {
      if (noted.note.milestone != Milestone::new_view) continue;
      BOOST_REQUIRE(leader_of.emplace(noted.note.view.value, noted.replica.value).second);
    }
    // And once the network is good, everything is committed everywhere.
    calm = true;
    for (std::uint32_t k = 0; k < 5; ++k) {
      if (down[k]) script.start(r(k));
    }
    script.run_for(10s);
    std::map<std::uint64_t, int> ordered;
    for (const BlockRef& e : state(script, 0).log()) {
      for (const Request& request : e->requests) ++ordered[request.id.value];
    }
    for (const auto& [id, times] : ordered) BOOST_TEST(times == 1);
    for (std::uint32_t k = 0; k < 5; ++k) {
      BOOST_CHECK(state(script, k).commit_index() == state(script, 0).commit_index());
      BOOST_TEST(state(script, k).log().size() == state(script, k).commit_index().value);
    }
    BOOST_TEST(ordered.size() > 20u);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::raft
