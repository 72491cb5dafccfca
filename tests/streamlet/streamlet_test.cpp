// Streamlet by hand: the paper's rules one by one, as golden transcripts and as checks.
#include "consensus/streamlet/streamlet.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <optional>

#include "tests/support/engine_script.h"

namespace byzlab::streamlet {
namespace {

using namespace std::chrono_literals;

constexpr Duration kEpoch = 200ms;  // 2Δ with the default Δ
constexpr Duration kLost = Duration::max();

ReplicaId r(std::uint32_t i) { return ReplicaId(i); }

/// Four replicas that lead in turn: r0 leads epoch 1.
EngineScript four(EngineScript::Setup setup = {}) {
  return EngineScript(kInfo, setup, Options(kOptions).with("leader", "round_robin"));
}

std::string golden(std::string_view name) {
  return "tests/streamlet/golden/" + std::string(name) + ".txt";
}

Notarization genesis_votes(const EngineScript& script) {
  return Notarization{.block = script.crypto().genesis()->digest};
}

/// A valid proposal of `leader` on genesis; `nonce` makes different ones.
Proposal proposal_on_genesis(const EngineScript& script, Epoch epoch, ReplicaId leader,
                             std::uint64_t nonce) {
  const auto block = script.crypto().make_block({.parent = script.crypto().genesis()->digest,
                                                 .height = Height(1),
                                                 .view = epoch,
                                                 .proposer = leader,
                                                 .nonce = nonce});
  return Proposal{.epoch = epoch, .block = {block}, .parent = genesis_votes(script)};
}

Vote vote_for(const Block& block) {
  return Vote{.epoch = block.view, .height = block.height, .block = block.digest};
}

/// How many votes `voter` has under way to `to`.
std::size_t votes_under_way(EngineScript& script, ReplicaId voter, ReplicaId to) {
  std::size_t count = 0;
  script.lose([&](ReplicaId from, ReplicaId dest, const Message& m) {
    count += from == voter && dest == to && m.kind() == Vote::kKind ? 1 : 0;
    return false;
  });
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(streamlet)

BOOST_AUTO_TEST_CASE(three_consecutive_epochs_finalize_the_first_two) {
  EngineScript script = four();
  script.submit(3);
  script.start_all();
  script.run_until(kStart + 2 * kEpoch - 1ms);
  script.say("genesis and the blocks of epochs 1 and 2 are three in a row: block 1 is final");
  check_golden(golden("notarizes_and_finalizes"), script.text());
  script.record(false);
  script.run_until(kStart + 10 * kEpoch - 1ms);
  for (std::uint32_t i = 0; i < 4; ++i) BOOST_TEST(script.committed_height(r(i)).value == 9u);
  BOOST_TEST(script.agreement());
}

BOOST_AUTO_TEST_CASE(
    an_epoch_costs_n_squared_minus_1_messages_and_finality_one_epoch_and_two_delays) {
  for (const std::uint32_t n : {4u, 7u, 13u}) {
    EngineScript script = four({.n = n});
    script.record(false);
    std::size_t sent = 0;
    script.link = [&](ReplicaId, ReplicaId, const Message&) -> Duration {
      ++sent;
      return 10ms;
    };
    script.start_all();
    script.run_until(kStart + 10 * kEpoch - 1ns);
    BOOST_TEST(sent == 10 * (n * n - 1));  // the proposal to n - 1, n votes to n - 1
    // The block proposed when epoch 10 began is final when that of epoch 11 is notarized.
    script.run_until(kStart + 10 * kEpoch + 20ms - 1ns);
    BOOST_TEST(script.committed_height(r(2)).value == 9u);
    script.run_for(2ns);  // an epoch acts a nanosecond after it began
    BOOST_TEST(script.committed_height(r(2)).value == 10u);
  }
}

BOOST_AUTO_TEST_CASE(a_gap_in_the_epochs_delays_finality) {
  EngineScript script = four();
  script.record(false);
  script.start_all();
  script.run_until(kStart + kEpoch - 1ms);
  script.crash(r(1));  // the leader of epoch 2, and of 6
  script.run_until(kStart + 4 * kEpoch - 1ms);
  // Notarized: epochs 1, 3, 4. No three in a row (0, 1, 3, 4).
  BOOST_TEST(script.committed_height(r(0)).value == 0u);
  script.run_until(kStart + 5 * kEpoch - 1ms);
  // 3, 4, 5 are: final up to the block of epoch 4, the third.
  BOOST_TEST(script.committed_height(r(0)).value == 3u);
  BOOST_TEST(script.commits(r(0)).back()->view.value == 4u);
}

BOOST_AUTO_TEST_CASE(nobody_votes_twice_in_an_epoch) {
  EngineScript script = four();
  script.start(r(1));
  script.say("r0 leads epoch 1 and proposes twice");
  script.inject(r(0), r(1), proposal_on_genesis(script, Epoch(1), r(0), 1));
  BOOST_TEST(votes_under_way(script, r(1), r(2)) == 1u);
  script.inject(r(0), r(1), proposal_on_genesis(script, Epoch(1), r(0), 2));
  BOOST_TEST(votes_under_way(script, r(1), r(2)) == 1u);
  script.say("not even after a restart");
  script.crash(r(1));
  script.start(r(1));
  script.inject(r(0), r(1), proposal_on_genesis(script, Epoch(1), r(0), 2));
  BOOST_TEST(votes_under_way(script, r(1), r(2)) == 1u);
  check_golden(golden("votes_once"), script.text());
}

BOOST_AUTO_TEST_CASE(without_its_disk_a_replica_does_vote_twice) {
  EngineScript script = four();
  script.start(r(1));
  script.inject(r(0), r(1), proposal_on_genesis(script, Epoch(1), r(0), 1));
  script.wipe(r(1));
  script.start(r(1));
  script.inject(r(0), r(1), proposal_on_genesis(script, Epoch(1), r(0), 2));
  BOOST_TEST(votes_under_way(script, r(1), r(2)) == 2u);
}

BOOST_AUTO_TEST_CASE(nobody_votes_for_a_shorter_notarized_chain) {
  EngineScript script = four();
  script.start_all();
  // r1 leads epoch 2 and misses all votes of epoch 1, so it proposes beside the notarized block.
  script.link = [](ReplicaId, ReplicaId to, const Message& m) -> Duration {
    return to == r(1) && m.kind() == Vote::kKind ? kLost : 10ms;
  };
  script.record(false);
  script.run_until(kStart + kEpoch - 1ms);
  script.link = nullptr;
  script.record(true);
  script.run_until(kStart + 2 * kEpoch - 1ms);
  check_golden(golden("refuses_shorter_chain"), script.text());
  for (std::uint32_t i : {0u, 2u, 3u}) {
    const auto voted = std::ranges::count_if(script.notes(), [&](const auto& n) {
      return n.replica == r(i) && n.note.milestone == Milestone::voted && n.note.view == Epoch(2);
    });
    BOOST_TEST(voted == 0);
  }
  // What they broadcast instead has brought r1 up to date.
  script.record(false);
  script.run_until(kStart + 7 * kEpoch - 1ms);
  BOOST_TEST(script.committed_height(r(1)).value >= 3u);
  BOOST_TEST(script.agreement());
}

BOOST_AUTO_TEST_CASE(a_replica_that_was_away_fetches_what_it_missed) {
  EngineScript script = four();
  script.record(false);
  script.start(r(0));
  script.start(r(1));
  script.start(r(2));
  script.run_until(kStart + 8 * kEpoch - 1ms);
  script.record(true);
  script.start(r(3));
  script.run_until(kStart + 9 * kEpoch - 1ms);
  check_golden(golden("fetches_missing_blocks"), script.text());
  script.record(false);
  script.run_until(kStart + 12 * kEpoch - 1ms);
  BOOST_TEST(script.committed_height(r(3)).value == script.committed_height(r(0)).value);
}

BOOST_AUTO_TEST_CASE(a_long_absence_is_caught_up_in_bounded_answers) {
  EngineScript script = four();
  script.record(false);
  script.start(r(0));
  script.start(r(1));
  script.start(r(2));
  script.run_until(kStart + 1000 * kEpoch - 1ms);
  script.start(r(3));
  script.run_until(kStart + 1010 * kEpoch - 1ms);
  BOOST_TEST(script.committed_height(r(3)).value >= script.committed_height(r(0)).value - 1);
  BOOST_TEST(script.committed_height(r(3)).value >= 500u);
}

BOOST_AUTO_TEST_CASE(a_restart_keeps_what_was_notarized) {
  EngineScript script = four();
  script.record(false);
  script.submit(20);
  script.start_all();
  script.run_until(kStart + 6 * kEpoch - 1ms);
  for (std::uint32_t i = 0; i < 4; ++i) script.crash(r(i));
  script.skip_to(kStart + 6 * kEpoch + 50ms);
  script.start_all();
  const auto before = script.committed_height(r(0));
  BOOST_TEST(before.value == 5u);
  script.run_until(kStart + 12 * kEpoch - 1ms);
  BOOST_TEST(script.agreement());
  for (std::uint32_t i = 0; i < 4; ++i) BOOST_TEST(script.committed_height(r(i)).value >= 9u);
  // The chain went on where it was: an epoch a block, none lost.
  BOOST_TEST(script.commits(r(0)).back()->view.value == script.commits(r(0)).back()->height.value);
}

BOOST_AUTO_TEST_CASE(a_request_is_not_ordered_twice) {
  EngineScript script = four();
  script.record(false);
  script.submit(1);
  script.start_all();
  script.run_until(kStart + 4 * kEpoch - 1ms);  // r0 leads epoch 5
  script.crash(r(0));
  const Block& tip = *script.durable(r(1)).blocks.back();
  std::optional<Notarization> votes;
  for (const auto bytes : script.durable(r(1)).records) {
    ByteReader record_reader(bytes);
    Durable record;
    BOOST_REQUIRE(decode(record_reader, record));
    if (record.notarized) votes = record.notarized;
  }
  BOOST_REQUIRE(votes.has_value());
  BOOST_REQUIRE((votes->block == tip.digest));
  Request again{.id = RequestId(0), .client = ClientId(0), .bytes = 100};
  again.auth = script.crypto().authenticate(again);
  script.run_until(kStart + 4 * kEpoch + 1ms);
  const auto voted = script.noted(Milestone::voted);
  const auto block = script.crypto().make_block({.parent = tip.digest,
                                                 .height = tip.height.next(),
                                                 .view = Epoch(5),
                                                 .proposer = r(0),
                                                 .requests = {again}});
  script.inject(r(0), r(1), Proposal{.epoch = Epoch(5), .block = {block}, .parent = *votes});
  BOOST_TEST(script.noted(Milestone::voted) == voted);
  // The same proposal without it is voted for, by another replica that has not seen the first.
  const auto fine = script.crypto().make_block(
      {.parent = tip.digest, .height = tip.height.next(), .view = Epoch(5), .proposer = r(0)});
  script.inject(r(0), r(2), Proposal{.epoch = Epoch(5), .block = {fine}, .parent = *votes});
  BOOST_TEST(script.noted(Milestone::voted) == voted + 1);
}

BOOST_AUTO_TEST_CASE(proposals_that_break_a_rule_get_no_vote) {
  const auto votes_after = [](auto&& spoil) {
    EngineScript script = four();
    script.start(r(1));
    Proposal p = proposal_on_genesis(script, Epoch(1), r(0), 0);
    BlockBody body = *p.block;
    ReplicaId from = r(0);
    spoil(script, p, body, from);
    p.block.ref = script.crypto().make_block(body);
    script.inject(from, r(1), p);
    return script.noted(Milestone::voted);
  };
  using Script = EngineScript&;
  BOOST_TEST(votes_after([](Script, Proposal&, BlockBody&, ReplicaId&) {}) == 1u);
  // Not the leader; the leader's block sent by another; another's block sent by the leader.
  BOOST_TEST(votes_after([](Script, Proposal&, BlockBody& b, ReplicaId& from) {
               b.proposer = from = r(2);
             }) == 0u);
  BOOST_TEST(votes_after([](Script, Proposal&, BlockBody&, ReplicaId& from) { from = r(2); }) ==
             0u);
  BOOST_TEST(votes_after([](Script, Proposal&, BlockBody& b, ReplicaId&) { b.proposer = r(2); }) ==
             0u);
  // An epoch to come, one that differs from the block's, a height or parent that does not fit.
  BOOST_TEST(votes_after([](Script, Proposal& p, BlockBody& b, ReplicaId&) {
               p.epoch = b.view = Epoch(5);
             }) == 0u);
  BOOST_TEST(votes_after([](Script, Proposal&, BlockBody& b, ReplicaId&) { b.view = Epoch(0); }) ==
             0u);
  BOOST_TEST(
      votes_after([](Script, Proposal&, BlockBody& b, ReplicaId&) { b.height = Height(2); }) == 0u);
  BOOST_TEST(votes_after([](Script, Proposal&, BlockBody& b, ReplicaId&) { b.parent = {}; }) == 0u);
  // A parent that is not notarized; one with votes of its own making.
  BOOST_TEST(votes_after([](Script, Proposal& p, BlockBody& b, ReplicaId&) {
               p.parent.block = b.parent = Digest{{1, 2, 3, 4}};
             }) == 0u);
  BOOST_TEST(votes_after([](Script, Proposal& p, BlockBody& b, ReplicaId&) {
               p.parent.block = b.parent = Digest{{1, 2, 3, 4}};
               for (std::uint32_t i = 0; i < 200; ++i) p.parent.votes.signers.insert(r(i));
               p.parent.votes.sum = 12345;
             }) == 0u);
  // A request nobody made; the same request twice; more than a block may hold.
  BOOST_TEST(votes_after([](Script, Proposal&, BlockBody& b, ReplicaId&) {
               b.requests = {Request{.id = RequestId(7), .client = ClientId(0)}};
             }) == 0u);
  const auto authentic = [](Script script, std::uint64_t id, std::uint32_t bytes) {
    Request request{.id = RequestId(id), .client = ClientId(0), .bytes = bytes};
    request.auth = script.crypto().authenticate(request);
    return request;
  };
  BOOST_TEST(votes_after([&](Script s, Proposal&, BlockBody& b, ReplicaId&) {
               b.requests = {authentic(s, 0, 10), authentic(s, 1, 10)};
             }) == 1u);
  BOOST_TEST(votes_after([&](Script s, Proposal&, BlockBody& b, ReplicaId&) {
               b.requests = {authentic(s, 0, 10), authentic(s, 0, 10)};
             }) == 0u);
  BOOST_TEST(votes_after([&](Script s, Proposal&, BlockBody& b, ReplicaId&) {
               b.requests = {authentic(s, 0, 2'000'000)};
             }) == 0u);
}

BOOST_AUTO_TEST_CASE(a_minority_cannot_notarize) {
  EngineScript script = four();
  script.record(false);
  script.start(r(1));
  const Proposal p = proposal_on_genesis(script, Epoch(1), r(0), 0);
  script.inject(r(0), r(1), p);  // r1 votes as well
  for (int copies = 0; copies < 5; ++copies) script.inject(r(0), r(1), vote_for(*p.block));
  BOOST_TEST(script.noted(Milestone::certified) == 0u);
  script.inject(r(2), r(1), vote_for(*p.block));
  BOOST_TEST(script.noted(Milestone::certified) == 1u);
}

BOOST_AUTO_TEST_CASE(votes_that_overtake_the_proposal_do_not_keep_a_replica_from_voting) {
  EngineScript script = four();
  script.record(false);
  script.start(r(1));
  const Proposal p = proposal_on_genesis(script, Epoch(1), r(0), 0);
  for (std::uint32_t i : {0u, 2u, 3u}) script.inject(r(i), r(1), vote_for(*p.block));
  BOOST_TEST(script.noted(Milestone::certified) == 0u);  // of a block it does not have
  script.inject(r(0), r(1), p);
  BOOST_TEST(script.noted(Milestone::certified) == 1u);
  BOOST_TEST(script.noted(Milestone::voted) == 1u);
}

BOOST_AUTO_TEST_CASE(power_counts_not_heads) {
  EngineScript script = four({.power = {1, 1, 1, 7}});
  script.record(false);
  script.start(r(1));
  const Proposal p = proposal_on_genesis(script, Epoch(1), r(0), 0);
  script.inject(r(0), r(1), p);
  script.inject(r(0), r(1), vote_for(*p.block));
  script.inject(r(2), r(1), vote_for(*p.block));
  BOOST_TEST(script.noted(Milestone::certified) == 0u);  // 3 of 10
  script.inject(r(3), r(1), vote_for(*p.block));
  BOOST_TEST(script.noted(Milestone::certified) == 1u);
}

BOOST_AUTO_TEST_CASE(a_flood_of_votes_for_nothing_is_bounded_and_seen) {
  EngineScript script = four();
  script.record(false);
  script.start_all();
  for (std::uint64_t i = 0; i < 1000; ++i) {
    script.inject(r(3), r(1),
                  Vote{.epoch = Epoch(1), .height = Height(i), .block = Digest{{i, i, i, i}}});
  }
  BOOST_TEST(script.noted(Milestone::equivocation) >= 1u);
  script.run_until(kStart + 6 * kEpoch - 1ms);
  BOOST_TEST(script.committed_height(r(1)).value == 5u);
}

BOOST_AUTO_TEST_CASE(hostile_bytes_do_no_harm) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    EngineScript script(kInfo, {.n = 4, .seed = seed});
    script.record(false);
    script.submit(50);
    // Everything that is said, as bytes, to be bent and said again by r3.
    std::vector<Bytes> said;
    script.link = [&](ReplicaId, ReplicaId, const Message& m) -> Duration {
      if (said.size() < 4000) script.store().encode(m, said.emplace_back());
      return 10ms;
    };
    for (std::uint32_t i = 0; i < 3; ++i) script.start(r(i));
    script.run_until(kStart + 2 * kEpoch + 100ms);
    script.start(r(3));  // has something to fetch, so that all kinds are spoken
    script.run_until(kStart + 6 * kEpoch + 30ms);
    script.crash(r(3));
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
    script.run_for(20 * kEpoch);
    BOOST_TEST(script.agreement());
    BOOST_TEST(script.committed_height(r(0)).value > before.value);
  }
}

/// What random faults there are in one run.
struct Chaos {
  bool restarts = false;
  bool equivocator = false;  // the last one proposes and votes for two blocks whenever it leads
  std::vector<Power> power{1, 1, 1, 1};
};

/// Runs one seed: chaos until GST, then calm. Returns why it failed, or nothing.
std::optional<std::string> survives(std::uint64_t seed, const Chaos& chaos) {
  const auto n = static_cast<std::uint32_t>(chaos.power.size());
  const ReplicaId liar = r(n - 1);
  EngineScript script(kInfo, {.n = n, .power = chaos.power, .seed = seed});
  script.record(false);
  Rng rng(mix(seed, 77));
  const Time gst = kStart + 40 * kEpoch;
  const std::uint64_t loss = rng.below(60);
  script.link = [&](ReplicaId, ReplicaId, const Message&) -> Duration {
    if (script.now() >= gst) return rng.uniform(1ms, 99ms);
    if (rng.below(100) < loss) return kLost;
    const Duration late = rng.below(4) == 0 ? Duration(900ms) : Duration(120ms);
    return std::min(rng.uniform(1ms, late), gst + 99ms - script.now());
  };
  const std::uint32_t honest = chaos.equivocator ? n - 1 : n;
  for (std::uint32_t i = 0; i < honest; ++i) script.start(r(i));
  std::map<std::uint32_t, Time> down;
  for (std::uint64_t e = 1; e < 60; ++e) {
    const Time begins = kStart + kEpoch * static_cast<std::int64_t>(e - 1);
    script.run_until(begins);
    script.submit(2);
    if (chaos.restarts && begins < gst) {
      const auto who = static_cast<std::uint32_t>(rng.below(honest));
      if (rng.below(3) == 0 && !down.contains(who)) {
        script.crash(r(who));
        down[who] = begins + rng.uniform(1ms, 1s);
      }
    }
    for (auto it = down.begin(); it != down.end();) {
      if (it->second > begins && begins < gst) {
        ++it;
        continue;
      }
      script.start(r(it->first));
      it = down.erase(it);
    }
    if (!chaos.equivocator) continue;
    // Two blocks on whatever some honest replica has notarized last, one to each half; votes for
    // both.
    const auto& victim = script.durable(r(static_cast<std::uint32_t>(rng.below(honest))));
    Notarization parent = genesis_votes(script);
    for (const auto bytes : victim.records) {
      ByteReader reader(bytes);
      Durable record;
      if (decode(reader, record) && record.notarized && rng.below(8) != 0)
        parent = *record.notarized;
    }
    if (mix(e) % n != liar.value) continue;
    for (std::uint64_t nonce : {1u, 2u}) {
      const auto block = script.crypto().make_block({.parent = parent.block,
                                                     .height = parent.height.next(),
                                                     .view = Epoch(e),
                                                     .proposer = liar,
                                                     .nonce = nonce});
      for (std::uint32_t to = 0; to < honest; ++to) {
        if (rng.below(2) + 1 == nonce) {
          script.inject(liar, r(to),
                        Proposal{.epoch = Epoch(e), .block = {block}, .parent = parent});
        }
        if (rng.below(2) == 0) script.inject(liar, r(to), vote_for(*block));
      }
    }
  }
  script.run_until(kStart + 60 * kEpoch);
  if (!script.agreement()) return "disagreement";
  for (std::uint32_t i = 0; i < honest; ++i) {
    const auto& log = script.commits(r(i));
    if (log.empty() || log.back()->view.value < 50) return "r" + std::to_string(i) + " stalls";
    std::map<RequestId, Height> ordered;
    for (const BlockRef& block : log) {
      for (const Request& request : block->requests) {
        const auto [at, fresh] = ordered.emplace(request.id, block->height);
        if (!fresh && at->second != block->height) return "a request is ordered twice";
      }
    }
  }
  return std::nullopt;
}

BOOST_AUTO_TEST_CASE(random_schedules_are_safe_and_live_after_gst) {
  const char* wanted = std::getenv("BYZLAB_STREAMLET_SEEDS");
  const std::uint64_t seeds = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 60;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    for (const Chaos& chaos :
         {Chaos{}, Chaos{.restarts = true}, Chaos{.equivocator = true},
          Chaos{.restarts = true, .equivocator = true},
          Chaos{.restarts = true, .equivocator = true, .power = {1, 1, 1, 1, 1}},
          Chaos{.restarts = true, .equivocator = true, .power = {1, 1, 1, 1, 1, 1}},
          Chaos{.restarts = true, .equivocator = true, .power = {4, 1, 1, 1}},
          Chaos{.restarts = true, .equivocator = true, .power = {1, 3, 2, 2, 2}}}) {
      const auto failure = survives(seed, chaos);
      BOOST_TEST(!failure, "seed " << seed << (chaos.restarts ? " with restarts" : "")
                                   << (chaos.equivocator ? " with an equivocator" : "") << " among "
                                   << chaos.power.size() << ": " << failure.value_or(""));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::streamlet
