#include "tests/support/height_protocol.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "tests/support/engine_script.h"
#include "tests/support/trial.h"

namespace byzlab::testing {
namespace {

using namespace std::chrono_literals;

constexpr Duration kDelay = 10ms;

ReplicaId r(std::uint32_t i) { return ReplicaId(i); }

/// True when no request stands in two blocks of a log.
bool orders_once(const std::vector<BlockRef>& log) {
  std::map<RequestId, Height> ordered;
  for (const BlockRef& block : log) {
    for (const Request& request : block->requests) {
      const auto [at, fresh] = ordered.emplace(request.id, block->height);
      if (!fresh && at->second != block->height) return false;
    }
  }
  return true;
}

/// Every subset of `size` out of n.
std::vector<std::vector<ReplicaId>> subsets(std::uint32_t n, std::uint32_t size) {
  std::vector<std::vector<ReplicaId>> all;
  for (std::uint32_t bits = 0; bits < 1u << n; ++bits) {
    if (static_cast<std::uint32_t>(__builtin_popcount(bits)) != size) continue;
    std::vector<ReplicaId>& members = all.emplace_back();
    for (std::uint32_t i = 0; i < n; ++i) {
      if ((bits >> i & 1) != 0) members.push_back(r(i));
    }
  }
  return all;
}

}  // namespace

void check_messages_and_delays(const EngineInfo& info) {
  for (const std::uint32_t n : {4u, 6u, 7u, 10u, 16u}) {
    constexpr std::uint64_t kHeights = 20;
    EngineScript script(info, {.n = n, .latency = kDelay});
    script.record(false);
    std::uint64_t messages = 0;
    script.link = [&](ReplicaId from, ReplicaId to, const Message&) {
      BOOST_TEST(from.value != to.value);  // copies to self count nowhere
      ++messages;
      return kDelay;
    };
    script.submit(50);
    script.start_all();
    for (std::uint64_t height = 1; height <= kHeights; ++height) {
      script.run_for(3 * kDelay - 1ns);
      for (std::uint32_t i = 0; i < n; ++i) {
        BOOST_TEST(script.committed_height(r(i)).value == height - 1);
      }
      // All of this height; the next one's proposal leaves at the instant of the decision.
      BOOST_TEST(messages == height * (n - 1) * (2 * n + 1));
      script.run_for(1ns);
      for (std::uint32_t i = 0; i < n; ++i) {
        BOOST_TEST(script.committed_height(r(i)).value == height);
      }
    }
  }
}

void check_leader_failure(const EngineInfo& info, const LeaderFailure& c) {
  EngineScript script(info, {.n = c.n, .latency = kDelay});
  script.record(false);
  const std::set<std::uint32_t> down(c.down.begin(), c.down.end());
  for (std::uint32_t i = 0; i < c.n; ++i) {
    if (!down.contains(i)) script.start(r(i));
  }
  // Replica k leads height k + 1; heights before the first that fails take three delays.
  const std::uint64_t before = *down.begin();
  const Duration due = static_cast<std::int64_t>(before) * 3 * kDelay + c.expected;
  BOOST_TEST_CONTEXT(info.name << ": " << c.down.size() << " of " << c.n << " down") {
    script.run_until(kStart + due - 1ns);
    for (std::uint32_t i = 0; i < c.n; ++i) {
      if (!down.contains(i)) BOOST_TEST(script.committed_height(r(i)).value == before);
    }
    script.run_for(1ns);
    for (std::uint32_t i = 0; i < c.n; ++i) {
      if (!down.contains(i)) BOOST_TEST(script.committed_height(r(i)).value == before + 1);
    }
  }
}

void check_silent_anywhere(const EngineInfo& info) {
  for (const std::uint32_t n : {4u, 7u}) {
    const auto f = static_cast<std::uint32_t>(info.fault_bound(n));
    for (const auto& members : subsets(n, f)) {
      Trial t(info, n, 20);
      t.adversary(members, "silent");
      const Outcome o = run(t, t.ticks(10));
      BOOST_TEST_CONTEXT(info.name << ": silent from r" << members.front().value << " to r"
                                   << members.back().value << " of " << n) {
        BOOST_TEST(o.agreement);
        // Every rotation of n heights has n - f that take no time at all.
        BOOST_TEST(o.at_probe.value > 20u);
        BOOST_TEST(o.lowest.value > o.at_probe.value + 20);
        BOOST_TEST(o.requests > 0u);
      }
    }
  }
}

void check_alone(const EngineInfo& info) {
  for (const std::vector<Power>& power : {std::vector<Power>{1}, std::vector<Power>{9, 1}}) {
    const auto n = static_cast<std::uint32_t>(power.size());
    EngineScript script(info, {.n = n, .power = power, .latency = kDelay});
    script.record(false);
    script.submit(50);
    script.start_all();
    script.run_for(10s);
    for (std::uint32_t i = 0; i < n; ++i) {
      BOOST_TEST(script.committed_height(r(i)).value > 10u);
      BOOST_TEST(script.committed_height(r(i)).value < 1000u);
      BOOST_TEST(orders_once(script.commits(r(i))));
    }
    BOOST_TEST(script.agreement());
  }
}

void check_catching_up(const EngineInfo& info) {
  EngineScript script(info, {.n = 4, .latency = kDelay});
  script.record(false);
  script.submit(100);
  for (std::uint32_t i = 0; i < 3; ++i) script.start(r(i));
  script.run_for(60s);
  const auto away = script.committed_height(r(0));
  BOOST_TEST(away.value > 100u);
  script.start(r(3));
  script.run_for(2s);
  BOOST_TEST(script.committed_height(r(3)).value > away.value);
  script.wipe(r(1));
  script.start(r(1));
  script.run_for(2s);
  for (std::uint32_t i = 0; i < 4; ++i) {
    BOOST_TEST(script.committed_height(r(i)).value + 2 > script.committed_height(r(0)).value);
    BOOST_TEST(orders_once(script.commits(r(i))));
  }
  BOOST_TEST(script.agreement());
}

void check_all_restart(const EngineInfo& info) {
  // At every millisecond of a height.
  for (Duration after = 300ms; after < 330ms; after += 1ms) {
    EngineScript script(info, {.n = 4, .latency = kDelay});
    script.record(false);
    script.submit(20);
    script.start_all();
    script.run_for(after);
    std::vector<Height> before;
    for (std::uint32_t i = 0; i < 4; ++i) {
      before.push_back(script.committed_height(r(i)));
      script.crash(r(i));
    }
    script.lose([](ReplicaId, ReplicaId, const Message&) { return true; });
    script.start_all();
    script.run_for(1ns);
    for (std::uint32_t i = 0; i < 4; ++i) {
      // The last of what it commits again, not of what it had committed.
      BOOST_TEST(script.commits(r(i)).back()->height.value == before[i].value);
    }
    script.run_for(5s);
    BOOST_TEST(script.agreement());
    for (std::uint32_t i = 0; i < 4; ++i) {
      BOOST_TEST(script.committed_height(r(i)).value > before[i].value + 20);
      BOOST_TEST(orders_once(script.commits(r(i))));
    }
    BOOST_TEST(script.noted(Milestone::equivocation) == 0u);
  }
}

void check_proposal_outlives_restart(const EngineInfo& info) {
  constexpr MessageKind kProposal{1};
  for (const View round : {View(0), View(2)}) {
    EngineScript script(info, {.n = 4, .latency = kDelay});
    script.record(false);
    script.submit(20);
    script.link = [&](ReplicaId, ReplicaId, const Message& m) {
      return m.kind() == kProposal ? Duration::max() : kDelay;
    };
    script.start_all();
    const auto said = [&]() -> const EngineScript::Noted* {
      for (const auto& noted : script.notes()) {
        if (noted.note.milestone == Milestone::proposed && noted.note.view == round) return &noted;
      }
      return nullptr;
    };
    for (int i = 0; i < 5000 && said() == nullptr; ++i) script.run_for(1ms);
    BOOST_REQUIRE(said() != nullptr);
    const ReplicaId leader = said()->replica;
    const Digest proposed = said()->note.subject;
    script.run_for(1ms);
    script.crash(leader);
    script.run_for(1ms);
    script.link = [](ReplicaId, ReplicaId, const Message&) { return kDelay; };
    script.start(leader);
    script.run_for(100ms);
    for (std::uint32_t i = 0; i < 4; ++i) {
      BOOST_REQUIRE(!script.commits(r(i)).empty());
      BOOST_TEST((script.commits(r(i)).front()->digest == proposed));
    }
    BOOST_TEST(script.noted(Milestone::equivocation) == 0u);
  }
}

void check_hostile_bytes(const EngineInfo& info, std::size_t (*early)(const Engine&)) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    EngineScript script(info, {.n = 4, .seed = seed});
    script.record(false);
    script.submit(50);
    // Everything that is said, as bytes, to be bent and said again by r3.
    std::vector<Bytes> said;
    script.link = [&](ReplicaId, ReplicaId, const Message& m) -> Duration {
      if (said.size() < 4000) script.store().encode(m, said.emplace_back());
      return kDelay;
    };
    for (std::uint32_t i = 0; i < 3; ++i) script.start(r(i));
    script.run_for(1500ms);  // with round changes, as r3 leads and is not there
    script.start(r(3));
    script.run_for(300ms);
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
    for (std::uint32_t i = 0; i < 3; ++i) BOOST_TEST(early(script.engine(r(i))) <= 4 * 8u);
    script.link = nullptr;
    const auto before = script.committed_height(r(0));
    script.run_for(20s);
    BOOST_TEST(script.agreement());
    for (std::uint32_t i = 0; i < 3; ++i) {
      BOOST_TEST(script.committed_height(r(i)).value > before.value + 20);
    }
  }
}

void check_random_schedules(const EngineInfo& info, std::uint64_t seeds) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    EngineScript script(info, {.n = 4, .seed = seed});
    script.record(false);
    Rng rng(mix(seed, 77));
    const Time gst = kStart + 8s;
    const std::uint64_t loss = rng.below(60);
    script.link = [&](ReplicaId, ReplicaId, const Message&) -> Duration {
      if (script.now() >= gst) return rng.uniform(1ms, 30ms);
      if (rng.below(100) < loss) return Duration::max();
      const Duration late = rng.below(4) == 0 ? Duration(900ms) : Duration(60ms);
      return std::min(rng.uniform(1ms, late), gst + 30ms - script.now());
    };
    script.start_all();
    std::map<std::uint32_t, Time> down;
    for (int step = 0; step < 80; ++step) {
      const Time now = kStart + step * 100ms;
      script.run_until(now);
      script.submit(1);
      const auto who = static_cast<std::uint32_t>(rng.below(4));
      if (seed % 2 == 1 && rng.below(4) == 0 && !down.contains(who)) {
        script.crash(r(who));
        down[who] = now + rng.uniform(1ms, 1s);
      }
      for (auto it = down.begin(); it != down.end();) {
        if (it->second > now && step + 1 < 80) {
          ++it;
          continue;
        }
        script.start(r(it->first));
        it = down.erase(it);
      }
    }
    script.run_until(gst + 6s);
    const Height before = script.committed_height(r(0));
    script.run_for(4s);
    BOOST_TEST_CONTEXT(info.name << ": seed " << seed) {
      BOOST_TEST(script.agreement());
      BOOST_TEST(script.noted(Milestone::equivocation) == 0u);
      for (std::uint32_t i = 0; i < 4; ++i) {
        BOOST_TEST(script.committed_height(r(i)).value > before.value);
        BOOST_TEST(orders_once(script.commits(r(i))));
      }
    }
  }
}

}  // namespace byzlab::testing
