// What HotStuff, basic HotStuff and HotStuff-2 owe alike, by hand: costs, liveness wherever the
// silent sit, recovery within what the timeouts imply, and what hostile messages must not do.
#include "consensus/linear_bft.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>

#include "consensus/hotstuff/hotstuff.h"
#include "consensus/hotstuff2/hotstuff2.h"
#include "tests/support/engine_script.h"

namespace byzlab {
namespace {

using namespace std::chrono_literals;

constexpr Duration kDelta = 10ms;     // what a message takes
constexpr Duration kTimeout = 500ms;  // view_timeout's default

ReplicaId r(std::uint32_t i) { return ReplicaId(i); }

/// One protocol and what its paper says of it. Delays are message delays.
struct Family {
  std::string_view name;
  const EngineInfo& info;
  Options options;
  Phase phase;               ///< of the certificates that proposals show
  std::uint32_t view;        ///< delays from a proposal to the next
  std::uint32_t messages;    ///< a view, in units of n - 1
  std::uint32_t commit;      ///< delays from proposal to commit by all
  Duration leader_recovery;  ///< from a leader's crash to the commit of a later proposal by all
};

const std::vector<Family>& family() {
  static const std::vector<Family> all = {
      // The block before the dead leader's is certified when its view times out, then the dead
      // leader's view does: two T, a delay for each timeout, and a commit.
      {"chained", hotstuff::kInfo, Options(hotstuff::kOptions), Phase::generic, 2, 2, 7,
       2 * kTimeout + (2 + 7) * kDelta},
      // Only the dead leader's own view times out. New-view messages are the eighth n - 1.
      {"basic", hotstuff::kInfo, Options(hotstuff::kOptions).with("mode", "basic"), Phase::prepare,
       8, 8, 7, kTimeout + (1 + 7) * kDelta},
      // As chained, and 2Δ before the leader that no certificate reached may propose.
      {"hotstuff2", hotstuff2::kInfo, Options(hotstuff2::kOptions), Phase::generic, 2, 2, 5,
       2 * kTimeout + 200ms + (2 + 5) * kDelta},
  };
  return all;
}

template <class Test>
void each(Test&& test) {
  for (const Family& f : family()) {
    BOOST_TEST_CONTEXT(f.name) { test(f); }
  }
}

/// One request a block; with load, there is always another.
struct Script : EngineScript {
  Script(const Family& f, std::uint32_t n, bool loaded = true)
      : EngineScript(f.info, {.n = n, .latency = kDelta},
                     f.options.with("max_block_requests", "1")) {
    record(false);
    if (loaded) submit(20'000, 10);
  }
};

Height lowest(const EngineScript& script, const std::vector<std::uint32_t>& of) {
  Height low(~0ull);
  for (const std::uint32_t i : of) low = std::min(low, script.committed_height(r(i)));
  return low;
}

std::vector<std::uint32_t> all_but(std::uint32_t n, const std::vector<std::uint32_t>& silent) {
  std::vector<std::uint32_t> rest;
  for (std::uint32_t i = 0; i < n; ++i) {
    if (std::ranges::find(silent, i) == silent.end()) rest.push_back(i);
  }
  return rest;
}

Qc genesis_qc(const EngineScript& script, const Family& f) {
  return Qc(QuorumCert{.phase = f.phase, .block = script.crypto().genesis()->digest});
}

/// A certificate signed by these: each vote is made and signed as its sender would.
Qc certificate(EngineScript& script, const Vote& vote, const std::vector<std::uint32_t>& signers) {
  QuorumCert qc{.phase = vote.phase, .view = vote.view, .height = vote.height, .block = vote.block};
  for (const std::uint32_t i : signers) {
    Message* m = script.store().make(r(i), Vote(vote));
    HeldMessage held(script.store(), m);
    script.crypto().sign(script.store(), *m);
    script.crypto().add(qc.votes, r(i), *m);
  }
  return Qc(std::move(qc));
}

Tc timeout_certificate(EngineScript& script, View view, const std::vector<std::uint32_t>& signers) {
  TimeoutCert tc{.view = view};
  for (const std::uint32_t i : signers) {
    Message* m = script.store().make(r(i), Timeout{.view = view});
    HeldMessage held(script.store(), m);
    script.crypto().sign(script.store(), *m);
    script.crypto().add(tc.timeouts, r(i), *m);
  }
  return Tc(std::move(tc));
}

/// A proposal of view 1's leader on genesis; `nonce` makes different ones.
Proposal first_proposal(const EngineScript& script, const Family& f, std::uint64_t nonce = 0) {
  const auto block = script.crypto().make_block({.parent = script.crypto().genesis()->digest,
                                                 .height = Height(1),
                                                 .view = View(1),
                                                 .proposer = r(0),
                                                 .nonce = nonce});
  return Proposal{.view = View(1), .block = {block}, .justify = genesis_qc(script, f)};
}

Vote vote_for(const Family& f, const Block& block) {
  return {.phase = f.phase, .view = block.view, .height = block.height, .block = block.digest};
}

std::size_t votes_of(EngineScript& script, ReplicaId voter) {
  std::size_t votes = 0;
  for (const auto& n : script.notes()) {
    votes += n.replica == voter && n.note.milestone == Milestone::voted ? 1 : 0;
  }
  return votes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(linear_bft)

BOOST_AUTO_TEST_CASE(a_block_costs_what_the_paper_says) {
  each([](const Family& f) {
    for (const std::uint32_t n : {4u, 7u, 10u, 16u}) {
      Script script(f, n);
      std::uint64_t sent = 0;
      std::map<std::string, std::uint64_t> by_type;
      script.link = [&](ReplicaId, ReplicaId, const Message& m) {
        ++sent;
        ++by_type[std::string(script.store().type(m.kind()).name)];
        return kDelta;
      };
      script.start_all();
      const Duration view = kDelta * f.view;
      script.run_until(kStart + 20 * view - 1ns);
      const std::uint64_t before = sent;
      auto types = by_type;
      script.run_until(kStart + 40 * view - 1ns);
      BOOST_TEST(sent - before == 20 * f.messages * (n - 1));
      // Seven of basic HotStuff's eight are its phases, the eighth the new-view messages.
      BOOST_TEST(by_type["NewView"] - types["NewView"] == (f.messages == 8 ? 20 * (n - 1) : 0));
      BOOST_TEST(by_type["Timeout"] == 0u);
    }
  });
}

BOOST_AUTO_TEST_CASE(all_commit_a_block_so_many_delays_after_its_proposal) {
  each([](const Family& f) {
    for (const std::uint32_t n : {4u, 7u, 16u}) {
      Script script(f, n);
      script.start_all();
      for (std::uint64_t view = 1; view <= 12; ++view) {
        const Time proposed = kStart + kDelta * f.view * static_cast<std::int64_t>(view - 1);
        script.run_until(proposed + kDelta * f.commit - 1ns);
        BOOST_TEST(lowest(script, all_but(n, {})).value == view - 1);
        script.run_for(1ns);
        BOOST_TEST(lowest(script, all_but(n, {})).value == view);
        BOOST_TEST((script.commits(r(0)).back()->view == View(view)));
      }
    }
  });
}

// §4.4's back-off ends with a decision: the next view has T again, whatever the timer is set for.
BOOST_AUTO_TEST_CASE(after_a_decision_a_view_has_t_again) {
  each([](const Family& f) {
    Script script(f, 4);
    Duration proposal_takes = Duration::max();
    script.link = [&](ReplicaId, ReplicaId, const Message& m) {
      return script.store().type(m.kind()).name == "Proposal" ? proposal_takes : kDelta;
    };
    script.start_all();
    script.run_for(10s);  // views of 2 s by now
    proposal_takes = 1s;
    for (int i = 0; i < 600 && lowest(script, all_but(4, {})).value == 0; ++i) {
      script.run_for(kDelta);
    }
    BOOST_REQUIRE(lowest(script, all_but(4, {})).value > 0);
    proposal_takes = Duration::max();
    const std::size_t before = script.noted(Milestone::timeout);
    script.run_for(kTimeout);
    BOOST_TEST(script.noted(Milestone::timeout) - before == 4u);
  });
}

// After GST with f silent replicas, every rotation of leaders commits, wherever the silent sit.
BOOST_AUTO_TEST_CASE(f_silent_replicas_anywhere_do_not_stop_it) {
  const auto check = [](const Family& f, std::uint32_t n, std::vector<std::uint32_t> silent) {
    Script script(f, n);
    const auto up = all_but(n, silent);
    for (const std::uint32_t i : up) script.start(r(i));
    // A silent leader costs its view and, where votes go to the next leader, the view before.
    const Duration rotation = silent.size() * (3 * kTimeout + 300ms) + n * 8 * kDelta;
    script.run_for(2 * rotation);
    for (int k = 0; k < 5; ++k) {
      const Height before = lowest(script, up);
      script.run_for(rotation);
      BOOST_TEST(lowest(script, up).value > before.value,
                 "n = " << n << ", silent from r" << silent.front() << " to r" << silent.back());
    }
    BOOST_TEST(script.agreement());
  };
  each([&](const Family& f) {
    for (std::uint32_t a = 0; a < 4; ++a) check(f, 4, {a});
    for (std::uint32_t a = 0; a < 7; ++a) {
      for (std::uint32_t b = a + 1; b < 7; ++b) check(f, 7, {a, b});
    }
  });
}

BOOST_AUTO_TEST_CASE(a_crashed_leader_costs_what_the_timeouts_imply) {
  each([](const Family& f) {
    for (std::uint32_t dead = 0; dead < 7; ++dead) {
      Script script(f, 7);
      script.start_all();
      // Just before it would propose in the second rotation.
      const std::int64_t view = 7 + dead;
      script.run_until(kStart + kDelta * f.view * view - 1ns);
      script.crash(r(dead));
      const Time crash = script.now();
      const auto up = all_but(7, {dead});
      script.run_until(crash + f.leader_recovery + 1ns);
      for (const std::uint32_t i : up) {
        BOOST_TEST(script.commits(r(i)).back()->view.value > static_cast<std::uint64_t>(view + 1),
                   "r" << i << " after the crash of r" << dead);
      }
      BOOST_TEST(script.noted(Milestone::view_change) > 0u);
    }
  });
}

BOOST_AUTO_TEST_CASE(an_idle_cluster_is_quiet_and_wakes_at_once) {
  each([](const Family& f) {
    Script script(f, 4, false);
    std::uint64_t sent = 0;
    script.link = [&](ReplicaId, ReplicaId, const Message&) {
      ++sent;
      return kDelta;
    };
    script.start_all();
    script.run_for(10s);
    BOOST_TEST(sent <= (10s / 50ms) * f.messages * 3);  // a view an idle_beat, at most
    BOOST_TEST(script.noted(Milestone::view_change) == 0u);
    // In the middle of a beat.
    std::size_t proposed = script.noted(Milestone::proposed);
    while (script.noted(Milestone::proposed) == proposed) script.run_for(1ms);
    script.run_for(kDelta * f.view + 5ms);
    proposed = script.noted(Milestone::proposed);
    script.submit(1);
    BOOST_TEST(script.noted(Milestone::proposed) <= proposed + 1);
    script.run_for(kDelta * (f.commit + f.view));
    for (std::uint32_t i = 0; i < 4; ++i) {
      const auto& log = script.commits(r(i));
      BOOST_TEST(std::ranges::any_of(log, [](const auto& b) { return !b->requests.empty(); }));
    }
  });
}

BOOST_AUTO_TEST_CASE(nobody_votes_twice_in_a_view_not_even_after_a_restart) {
  each([](const Family& f) {
    Script script(f, 4, false);
    script.start(r(1));
    script.inject(r(0), r(1), first_proposal(script, f, 1));
    BOOST_TEST(votes_of(script, r(1)) == 1u);
    script.inject(r(0), r(1), first_proposal(script, f, 2));
    BOOST_TEST(votes_of(script, r(1)) == 1u);
    script.crash(r(1));
    script.start(r(1));
    script.inject(r(0), r(1), first_proposal(script, f, 2));
    BOOST_TEST(votes_of(script, r(1)) == 1u);
    // Without its disk it does.
    script.crash(r(1));
    script.wipe(r(1));
    script.start(r(1));
    script.inject(r(0), r(1), first_proposal(script, f, 2));
    BOOST_TEST(votes_of(script, r(1)) == 2u);
  });
}

BOOST_AUTO_TEST_CASE(who_gave_up_a_view_does_not_vote_in_it) {
  each([](const Family& f) {
    Script script(f, 4, false);
    script.start(r(1));
    script.run_for(kTimeout);
    BOOST_TEST(script.noted(Milestone::timeout) == 1u);
    script.inject(r(0), r(1), first_proposal(script, f));
    BOOST_TEST(votes_of(script, r(1)) == 0u);
    script.crash(r(1));
    script.start(r(1));
    script.inject(r(0), r(1), first_proposal(script, f));
    BOOST_TEST(votes_of(script, r(1)) == 0u);
  });
}

BOOST_AUTO_TEST_CASE(a_leader_does_not_propose_twice_in_a_view) {
  each([](const Family& f) {
    Script script(f, 4);
    script.start(r(0));
    BOOST_TEST(script.noted(Milestone::proposed) == 1u);
    script.crash(r(0));
    script.submit(1);
    script.start(r(0));
    script.run_for(100ms);
    BOOST_TEST(script.noted(Milestone::proposed) == 1u);
  });
}

BOOST_AUTO_TEST_CASE(proposals_that_break_a_rule_get_no_vote) {
  each([](const Family& f) {
    const auto votes_after = [&](auto&& spoil) {
      Script script(f, 4, false);
      script.start(r(1));
      Proposal p = first_proposal(script, f);
      BlockBody body = *p.block;
      ReplicaId from = r(0);
      spoil(script, p, body, from);
      p.block.ref = script.crypto().make_block(body);
      script.inject(from, r(1), p);
      BOOST_TEST(script.committed_height(r(1)).value == 0u);
      return votes_of(script, r(1));
    };
    using S = EngineScript&;
    using P = Proposal&;
    using B = BlockBody&;
    using R = ReplicaId&;
    BOOST_TEST(votes_after([](S, P, B, R) {}) == 1u);
    // Not the leader; another's block.
    BOOST_TEST(votes_after([](S, P, B b, R from) { b.proposer = from = r(2); }) == 0u);
    BOOST_TEST(votes_after([](S, P, B, R from) { from = r(2); }) == 0u);
    BOOST_TEST(votes_after([](S, P, B b, R) { b.proposer = r(2); }) == 0u);
    // A view that nothing proves, no view at all, a view that is not the block's.
    BOOST_TEST(votes_after([](S, P p, B b, R) { p.view = b.view = View(5); }) == 0u);
    BOOST_TEST(votes_after([](S, P p, B b, R) { p.view = b.view = View(0); }) == 0u);
    BOOST_TEST(votes_after([](S, P, B b, R) { b.view = View(5); }) == 0u);
    // A height or a parent that does not fit; a parent that nobody has.
    BOOST_TEST(votes_after([](S, P, B b, R) { b.height = Height(2); }) == 0u);
    BOOST_TEST(votes_after([](S, P, B b, R) { b.parent = Digest{{1, 2, 3, 4}}; }) == 0u);
    BOOST_TEST(votes_after([](S, P p, B, R) { p.justify = {}; }) == 0u);
    // Requests: nobody's, twice the same.
    BOOST_TEST(votes_after([](S, P, B b, R) {
                 b.requests = {Request{.id = RequestId(7), .client = ClientId(0)}};
               }) == 0u);
    const auto authentic = [](S script, std::uint64_t id, std::uint32_t bytes) {
      Request request{.id = RequestId(id), .client = ClientId(0), .bytes = bytes};
      request.auth = script.crypto().authenticate(request);
      return request;
    };
    BOOST_TEST(votes_after([&](S s, P, B b, R) { b.requests = {authentic(s, 0, 10)}; }) == 1u);
    BOOST_TEST(votes_after([&](S s, P, B b, R) { b.requests = {authentic(s, 0, 2'000'000)}; }) ==
               0u);
    BOOST_TEST(votes_after([&](S s, P, B b, R) {
                 b.requests = {authentic(s, 0, 10), authentic(s, 0, 10)};
               }) == 0u);
  });
}

// Certificates: of too few, of one counted often, of strangers, of another view, phase or block.
BOOST_AUTO_TEST_CASE(hostile_certificates_prove_nothing) {
  each([](const Family& f) {
    const auto accepted = [&](auto&& make) {
      Script script(f, 4, false);
      script.start(r(2));
      const Proposal first = first_proposal(script, f);
      const Block& parent = *first.block;
      script.inject(r(0), r(2), first);
      BOOST_TEST(votes_of(script, r(2)) == 1u);
      const Qc justify = make(script, vote_for(f, parent));
      const auto block = script.crypto().make_block(
          {.parent = parent.digest, .height = Height(2), .view = View(2), .proposer = r(1)});
      // In basic HotStuff a prepareQC does not end the view.
      Entry entry;
      if (f.phase == Phase::prepare) {
        entry.tc = timeout_certificate(script, View(1), {0, 1, 3});
      }
      script.inject(
          r(1), r(2),
          Proposal{.view = View(2), .block = {block}, .justify = justify, .entry = entry});
      return std::ranges::any_of(script.notes(), [](const EngineScript::Noted& n) {
        return n.note.milestone == Milestone::voted && n.note.view == View(2);
      });
    };
    using S = EngineScript&;
    BOOST_TEST(accepted([](S s, const Vote& v) { return certificate(s, v, {0, 1, 3}); }));
    BOOST_TEST(!accepted([](S s, const Vote& v) { return certificate(s, v, {0, 1}); }));
    BOOST_TEST(!accepted([](S s, const Vote& v) { return certificate(s, v, {0, 1, 1, 1}); }));
    BOOST_TEST(!accepted([](S s, Vote v) {
      v.view = View(7);
      return certificate(s, v, {0, 1, 3});
    }));
    BOOST_TEST(!accepted([](S s, Vote v) {
      const Qc other = certificate(s, v, {0, 1, 3});
      QuorumCert qc = *other;
      qc.height = Height(9);
      return Qc(qc);
    }));
    BOOST_TEST(!accepted([&](S s, Vote v) {
      v.phase = Phase::commit;
      return certificate(s, v, {0, 1, 3});
    }));
    BOOST_TEST(!accepted([](S s, const Vote& v) {
      QuorumCert qc = *certificate(s, v, {0, 1, 3});
      for (std::uint32_t i = 4; i < 900; ++i) qc.votes.signers.insert(r(i));
      return Qc(qc);
    }));
    BOOST_TEST(!accepted([](S s, const Vote& v) {
      QuorumCert qc = *certificate(s, v, {0, 1});
      qc.votes.signers.insert(r(3));  // never signed
      return Qc(qc);
    }));
    // A view's end that too few, or nobody, said.
    const auto enters = [&](auto&& tc_of, View view) {
      Script script(f, 4, false);
      script.start(r(2));
      Timeout t{.view = view, .high = genesis_qc(script, f), .entry = {}};
      t.entry.tc = tc_of(script);
      script.inject(r(3), r(2), t);
      return script.noted(Milestone::new_view) == 1u;
    };
    BOOST_TEST(enters([](S s) { return timeout_certificate(s, View(4), {0, 1, 3}); }, View(5)));
    BOOST_TEST(!enters([](S s) { return timeout_certificate(s, View(4), {0, 1}); }, View(5)));
    BOOST_TEST(!enters([](S s) { return timeout_certificate(s, View(4), {0, 1, 3}); }, View(6)));
    BOOST_TEST(!enters([](S) { return Tc(); }, View(2)));
  });
}

BOOST_AUTO_TEST_CASE(a_proposal_on_an_unknown_parent_waits_for_it) {
  each([](const Family& f) {
    Script script(f, 4);
    for (std::uint32_t i = 0; i < 3; ++i) script.start(r(i));
    script.run_until(kStart + kDelta * f.view * 2 + 5ms);  // r2 has proposed in view 3
    script.start(r(3));
    script.run_for(kDelta * f.view);
    script.run_for(2s);
    BOOST_TEST(votes_of(script, r(3)) >= 3u);
    BOOST_TEST(script.committed_height(r(3)).value + 2 >= script.committed_height(r(0)).value);
    BOOST_TEST(script.agreement());
  });
}

// Votes and certificates that overtake the proposal they are about.
BOOST_AUTO_TEST_CASE(slow_proposals_to_the_next_leader_stop_nothing) {
  each([](const Family& f) {
    Script script(f, 4);
    script.link = [&](ReplicaId, ReplicaId to, const Message& m) {
      const bool slow = m.kind() == Proposal::kKind && to == r(2);
      return slow ? 5 * kDelta : kDelta;
    };
    script.start_all();
    script.run_for(10s);
    BOOST_TEST(script.noted(Milestone::view_change) == 0u);
    BOOST_TEST(script.committed_height(r(2)).value > 50u);
    // It votes although it had fetched the block before the proposal came.
    BOOST_TEST(votes_of(script, r(2)) > 25u);
  });
}

BOOST_AUTO_TEST_CASE(one_replica_alone_decides_by_itself) {
  each([](const Family& f) {
    Script script(f, 1, false);
    script.start(r(0));
    script.submit(5);
    script.run_for(1s);
    BOOST_TEST(script.committed_height(r(0)).value >= 5u);
  });
}

BOOST_AUTO_TEST_CASE(a_long_absence_is_caught_up) {
  each([](const Family& f) {
    Script script(f, 4);
    for (std::uint32_t i = 0; i < 3; ++i) script.start(r(i));
    script.run_for(120s);
    script.start(r(3));
    script.run_for(5s);
    BOOST_TEST(script.committed_height(r(0)).value > 50u);
    BOOST_TEST(script.committed_height(r(3)).value + 5 >= script.committed_height(r(0)).value);
  });
}

BOOST_AUTO_TEST_CASE(everybody_restarts_and_goes_on) {
  each([](const Family& f) {
    for (std::int64_t ms = 100; ms < 300; ms += 7) {
      Script script(f, 4);
      script.start_all();
      script.run_for(std::chrono::milliseconds(ms));
      const Height before = lowest(script, all_but(4, {}));
      for (std::uint32_t i = 0; i < 4; ++i) script.crash(r(i));
      script.lose([](ReplicaId, ReplicaId, const Message&) { return true; });
      script.start_all();
      script.run_for(4s);
      BOOST_TEST(lowest(script, all_but(4, {})).value > before.value + 5);
      BOOST_TEST(script.agreement());
    }
  });
}

// Algorithm 2 line 4: n - f have told the leader of view 2 what they know, some by the timeout of
// the view before, some by a new-view message; which of them comes last does not matter.
BOOST_AUTO_TEST_CASE(a_leader_counts_timeouts_and_new_views_together) {
  each([](const Family& f) {
    for (const bool timeout_last : {false, true}) {
      Script script(f, 4);
      script.start(r(1));
      const Tc tc = timeout_certificate(script, View(1), {0, 2, 3});
      const Qc genesis = genesis_qc(script, f);
      const auto new_view = [&] {
        script.inject(r(0), r(1), NewView{.view = View(2), .high = genesis, .entry = {.tc = tc}});
      };
      const auto timeout = [&] {
        script.inject(r(2), r(1), Timeout{.view = View(1), .high = genesis});
      };
      timeout_last ? new_view() : timeout();
      script.run_for(kTimeout / 2);  // HotStuff-2 waits 2Δ
      BOOST_TEST(script.noted(Milestone::proposed) == 0u);
      timeout_last ? timeout() : new_view();
      script.run_for(kTimeout / 2 - 1ms);
      BOOST_TEST(script.noted(Milestone::proposed) == 1u);
    }
  });
}

// A replica without power counts nothing, and what it signed in one view is in no later one's
// certificate.
BOOST_AUTO_TEST_CASE(a_timeout_without_power_spoils_no_certificate) {
  each([](const Family& f) {
    EngineScript script(f.info, {.n = 5, .power = {0, 1, 1, 1, 1}}, f.options);
    script.record(false);
    std::uint64_t shown = 0;
    script.link = [&](ReplicaId, ReplicaId, const Message& m) {
      if (m.kind() != Timeout::kKind || !m.as<Timeout>().entry.tc) return kDelta;
      const TimeoutCert& tc = *m.as<Timeout>().entry.tc;
      shown = std::max(shown, tc.view.value);
      BOOST_TEST(certifies(script.committee(), script.crypto(), Timeout{.view = tc.view},
                           tc.timeouts, script.committee().quorum()));
      return kDelta;
    };
    script.start(r(2));
    const Qc genesis = genesis_qc(script, f);
    script.inject(r(0), r(2), Timeout{.view = View(1), .high = genesis});
    for (std::uint64_t view = 2; view <= 6; ++view) {
      const Tc tc = timeout_certificate(script, View(view - 1), {1, 3, 4});
      if (view == 2) {
        script.inject(r(3), r(2), NewView{.view = View(2), .high = genesis, .entry = {.tc = tc}});
      }
      for (const std::uint32_t from : {3u, 4u}) {
        script.inject(r(from), r(2),
                      Timeout{.view = View(view), .high = genesis, .entry = {.tc = tc}});
      }
    }
    BOOST_TEST(shown == 5u);
  });
}

// A leader that tells two halves two things: at most one is certified, nothing forks.
BOOST_AUTO_TEST_CASE(two_blocks_of_one_leader_do_not_both_count) {
  each([](const Family& f) {
    Script script(f, 4);
    for (std::uint32_t i = 1; i < 4; ++i) script.start(r(i));
    script.inject(r(0), r(1), first_proposal(script, f, 1));
    script.inject(r(0), r(2), first_proposal(script, f, 1));
    script.inject(r(0), r(3), first_proposal(script, f, 2));
    for (std::uint64_t nonce : {1u, 2u}) {
      const Vote vote = vote_for(f, *first_proposal(script, f, nonce).block);
      for (std::uint32_t to = 1; to < 4; ++to) script.inject(r(0), r(to), vote);
    }
    script.run_for(10s);
    BOOST_TEST(script.agreement());
    BOOST_TEST(lowest(script, {1, 2, 3}).value > 2u);
  });
}

BOOST_AUTO_TEST_CASE(a_flood_of_votes_for_nothing_is_bounded_and_seen) {
  each([](const Family& f) {
    Script script(f, 4);
    script.start_all();
    for (std::uint64_t i = 0; i < 1000; ++i) {
      script.inject(r(3), r(1),
                    Vote{.phase = f.phase,
                         .view = View(1 + i % 9),
                         .height = Height(i),
                         .block = Digest{{i, i, i, i}}});
    }
    BOOST_TEST(script.noted(Milestone::equivocation) >= 1u);
    script.run_for(1s);
    BOOST_TEST(script.committed_height(r(1)).value >= 5u);
  });
}

BOOST_AUTO_TEST_CASE(hostile_bytes_do_no_harm) {
  each([](const Family& f) {
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      EngineScript script(f.info, {.n = 4, .seed = seed}, f.options);
      script.record(false);
      script.submit(50);
      std::vector<Bytes> said;
      script.link = [&](ReplicaId, ReplicaId, const Message& m) -> Duration {
        if (said.size() < 4000) script.store().encode(m, said.emplace_back());
        return 10ms;
      };
      for (std::uint32_t i = 0; i < 3; ++i) script.start(r(i));
      script.run_for(2s);
      script.start(r(3));  // has something to fetch, so that all kinds are spoken
      script.run_for(2s);
      script.crash(r(3));
      script.run_for(1s);
      Rng rng(seed);
      std::size_t understood = 0;
      for (int i = 0; i < 3000; ++i) {
        Bytes bytes = said[rng.below(said.size())];
        for (std::uint64_t flips = rng.below(4); flips > 0 && !bytes.empty(); --flips) {
          bytes[rng.below(bytes.size())] ^= static_cast<std::byte>(1u << rng.below(8));
        }
        if (rng.below(10) == 0) bytes.resize(rng.below(bytes.size() + 1));
        const auto to = r(static_cast<std::uint32_t>(rng.below(3)));
        understood += script.inject_bytes(r(3), to, bytes) ? 1 : 0;
      }
      BOOST_TEST(understood > 500u);
      script.link = nullptr;
      const auto before = script.committed_height(r(0));
      script.run_for(20s);
      BOOST_TEST(script.agreement());
      BOOST_TEST(script.committed_height(r(0)).value > before.value);
    }
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab
