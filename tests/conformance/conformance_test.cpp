// The conformance suite: what every engine owes, asked of each engine of the registry.
//
// An engine gets it for its registry row and nothing else (`ctest -R conformance/<name>`). Inside
// the fault model: safe, and live again once the faults are over. Beyond it: broken as predicted.
#include <boost/test/unit_test.hpp>

#include "base/quantity.h"
#include "tests/support/actions.h"
#include "tests/support/trial.h"

namespace byzlab::testing {
namespace {

namespace sc = scenario;

constexpr std::uint64_t kSeeds = 8;

struct Conformance {
  const EngineInfo& engine;

  std::uint32_t n() const { return engine.fault_model == FaultModel::byzantine ? 7 : 5; }
  std::uint32_t f() const { return static_cast<std::uint32_t>(engine.fault_bound(n())); }
  bool byzantine_tolerant() const { return engine.fault_model != FaultModel::crash; }
  /// Faults act from tick 5 to tick 15 of these; the rest is for recovery.
  Trial trial(std::uint64_t seed) const {
    Trial t(engine, n(), 60);
    t.options.seed = seed;
    return t;
  }
  std::vector<ReplicaId> first(std::uint32_t count) const {
    std::vector<ReplicaId> members;
    for (std::uint32_t i = 0; i < count; ++i) members.push_back(ReplicaId(i));
    return members;
  }

  /// Every honest replica that is up has got well beyond where the faults left it; and safe, unless
  /// finality is a matter of probability and the caller counts.
  bool check_safe_and_live(const Trial& t, std::string_view what, bool count = false) const {
    const Outcome o = run(t, t.ticks(20));
    BOOST_TEST_CONTEXT(engine.name << ": " << what << ", seed " << t.options.seed) {
      if (!count) BOOST_TEST(o.agreement);
      BOOST_TEST(o.highest.value > o.at_probe.value + 4);
      BOOST_TEST(o.lowest.value > o.at_probe.value);
      BOOST_TEST(o.requests > 0u);
    }
    return o.agreement;
  }
  template <class Prepare>
  void survives(std::string_view what, Prepare&& prepare) const {
    // A minority of the hash power reverses six confirmations now and then, by luck.
    const bool by_luck = engine.finality == Finality::confirmations;
    std::uint64_t unsafe = 0;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
      Trial t = trial(seed);
      prepare(t);
      const bool lied_to = t.scenario.adversary.members.has_value();
      unsafe += check_safe_and_live(t, what, by_luck && lied_to) ? 0 : 1;
    }
    BOOST_TEST(unsafe <= (by_luck ? kSeeds / 4 : 0), engine.name << ": " << what
                                                                 << " broke agreement " << unsafe
                                                                 << " times of " << kSeeds);
  }

  void commits_when_all_are_honest() const {
    survives("all honest", [](Trial&) {});
  }
  void survives_f_crashes() const {
    if (f() == 0) return;
    survives("f crashes", [&](Trial& t) { t.fault(5, 0, testing::crash(replicas(0, f() - 1))); });
  }
  void survives_crash_and_restart_of_each() const {
    for (std::uint32_t r = 0; r < n(); ++r) {
      Trial t = trial(r + 1);
      t.fault(5, 5, testing::crash(replica(r)));
      check_safe_and_live(t, "restart with its durable state of r" + std::to_string(r));
    }
  }
  void survives_everybody_restarting() const {
    survives("everybody crashes and restarts with its durable state",
             [](Trial& t) { t.fault(5, 5, testing::crash(everybody())); });
  }
  void survives_pause() const {
    survives("pause", [](Trial& t) { t.fault(5, 5, testing::pause(replica(0))); });
  }
  void survives_loss() const {
    survives("20 % loss", [](Trial& t) {
      t.fault(5, 10, testing::on_links("drop", all_links(), {{"probability", "0.2"}}));
    });
  }
  void survives_duplication_and_reordering() const {
    survives("duplicates and reordering", [](Trial& t) {
      t.fault(5, 10, testing::on_links("duplicate", all_links(), {{"probability", "0.5"}}));
      t.fault(5, 10,
              testing::on_links("reorder", all_links(),
                                {{"probability", "0.5"}, {"by", duration_text(t.tick() / 20)}}));
    });
  }
  void survives_corruption() const {
    survives("corrupted packets", [](Trial& t) {
      t.fault(5, 10, testing::on_links("corrupt", all_links(), {{"probability", "0.2"}}));
    });
  }
  void survives_partition_healed() const {
    // Shorter than six blocks where finality is a matter of confirmations.
    survives("a partition, healed", [&](Trial& t) {
      t.fault(5, engine.finality == Finality::confirmations ? 2 : 10,
              testing::partition({replicas(0, n() / 2), replicas(n() / 2 + 1, n() - 1)}));
    });
  }
  void survives_asymmetric_cut() const {
    survives("a one-way cut", [&](Trial& t) {
      t.fault(5, engine.finality == Finality::confirmations ? 2 : 10,
              testing::on_links("cut", {.from = replica(0), .to = everybody(), .both = false}));
    });
  }
  void survives_asynchrony_before_gst() const {
    if (engine.synchrony != Synchrony::partial) return;
    survives("long delays and losses before GST", [](Trial& t) {
      t.fault(0, 15,
              testing::on_links("delay", all_links(),
                                {{"add", "0s"}, {"jitter", duration_text(t.ticks(3))}}));
      t.fault(0, 15, testing::on_links("drop", all_links(), {{"probability", "0.3"}}));
      t.scenario.network.synchrony = sc::Synchrony{kStart + t.ticks(15), t.tick() / 50};
    });
  }
  /// What takes Δ to the nanosecond is in time.
  void survives_delays_of_exactly_delta() const {
    survives("everything takes exactly Δ from some time on", [](Trial& t) {
      t.fault(5, 0, testing::on_links("delay", all_links(), {{"add", duration_text(t.tick())}}));
      t.scenario.network.synchrony = sc::Synchrony{kStart, t.tick() / 10};
    });
  }
  void survives_slow_disks() const {
    survives("everybody's syncs are slow", [](Trial& t) {
      t.fault(5, 10, testing::on("disk", everybody(), {{"sync", duration_text(t.tick() / 50)}}));
    });
  }
  void survives_failing_disks_of_f() const {
    if (f() == 0) return;
    survives("the disks of f fail", [&](Trial& t) {
      t.fault(5, 10, testing::on("disk", replicas(0, f() - 1), {{"fail", "true"}}));
    });
  }
  /// A part of what was being written is there after a crash, and nobody has acted upon it: not
  /// even everybody's crash makes that a lie.
  void survives_torn_writes() const {
    survives("everybody crashes in the middle of a write", [](Trial& t) {
      t.fault(5, 10,
              testing::on("disk", everybody(),
                          {{"sync", duration_text(t.tick() / 20)}, {"tear", "true"}}));
      for (std::int64_t at = 6; at < 14; at += 2) t.fault(at, 1, testing::crash(everybody()));
    });
  }
  void survives_lying_disks_of_f() const {
    if (!byzantine_tolerant()) return;  // who forgets what it has said has not only stopped
    survives("the disks of f lie, and they crash", [&](Trial& t) {
      t.fault(5, 10,
              testing::on("disk", replicas(0, f() - 1), {{"lose", duration_text(t.ticks(2))}}));
      for (std::int64_t at = 6; at < 14; at += 2) {
        t.fault(at, 1, testing::crash(replicas(0, f() - 1)));
      }
    });
  }
  void survives_wrong_clocks_of_f() const {
    if (f() == 0) return;
    const auto wrong = [&](std::vector<std::pair<std::string_view, std::string_view>> how) {
      return testing::on("clock", replicas(0, f() - 1), std::move(how));
    };
    survives("the clocks of f are set forward and back", [&](Trial& t) {
      t.fault(5, 4, wrong({{"jump", duration_text(t.ticks(3))}}));
      t.fault(11, 4, wrong({{"jump", duration_text(t.ticks(3))}, {"back", "true"}}));
    });
    survives("the clocks of f run fast, then slow", [&](Trial& t) {
      t.fault(5, 4, wrong({{"drift", "0.9"}}));
      t.fault(11, 4, wrong({{"drift", "0.9"}, {"back", "true"}}));
    });
    survives("the clocks of f are off",
             [&](Trial& t) { t.fault(5, 10, wrong({{"skew", duration_text(t.ticks(5))}})); });
  }
  void survives_f_twins() const {
    if (!byzantine_tolerant()) return;
    const std::uint32_t count = engine.fault_model == FaultModel::hash_power ? 1 : f();
    survives("f twins", [&](Trial& t) { t.adversary(first(count), "equivocate"); });
    survives("f twins, random audiences",
             [&](Trial& t) { t.adversary(first(count), "equivocate", {{"split", "random"}}); });
  }
  void survives_f_silent_wherever_they_sit() const {
    for (std::uint32_t shift = 0; shift < n(); ++shift) {
      Trial t = trial(shift + 1);
      std::vector<ReplicaId> members;
      for (std::uint32_t i = 0; i < f(); ++i) members.push_back(ReplicaId((shift + i) % n()));
      t.adversary(members, "silent");
      check_safe_and_live(t, "f silent replicas from r" + std::to_string(shift));
    }
  }
  void survives_hostile_bytes() const {
    if (!byzantine_tolerant()) return;
    survives("nonsense under valid signatures",
             [&](Trial& t) { t.adversary(first(f()), "corrupt"); });
    survives("replays", [&](Trial& t) { t.adversary(first(f()), "replay"); });
    survives("a mixture", [&](Trial& t) { t.adversary(first(f()), "random"); });
  }
  void same_seed_same_hash() const {
    Trial t = trial(3);
    t.fault(5, 5, testing::crash(replica(1)));
    t.fault(5, 10, testing::on_links("drop", all_links(), {{"probability", "0.1"}}));
    t.fault(5, 10,
            testing::on_links("reorder", all_links(),
                              {{"probability", "0.5"}, {"by", duration_text(t.tick() / 20)}}));
    const std::uint64_t hash = run(t).hash;
    BOOST_TEST(run(t).hash == hash);
    t.options.reference_queue = true;
    BOOST_TEST(run(t).hash == hash, "the reference queue orders events otherwise");
    t.options.reference_queue = false;
    t.options.seed = 4;
    BOOST_TEST(run(t).hash != hash, "another seed ran alike");
  }
  void breaks_beyond_its_bound() const {
    switch (engine.fault_model) {
      case FaultModel::byzantine: {
        // f+1 twins at n = 3f+1: each audience is a quorum without the other. The audiences are cut
        // from each other, or the correct replicas of one may convince those of the other first
        // (where votes go to one leader, as in HotStuff, they do).
        const std::uint32_t half = (f() + 1 + n()) / 2;
        bool broken = false;
        for (std::uint64_t seed = 1; seed <= kSeeds && !broken; ++seed) {
          Trial t = trial(seed);
          t.fault(5, 10,
                  testing::on_links("cut", {.from = replicas(f() + 1, half - 1),
                                            .to = replicas(half, n() - 1),
                                            .both = true}));
          broken = !run(t.adversary(first(f() + 1), "equivocate")).agreement;
        }
        BOOST_TEST(broken, "f+1 twins never broke agreement");
        break;
      }
      case FaultModel::crash: {
        Trial t = trial(1);
        t.fault(5, 0, testing::crash(replicas(0, f())));
        const Outcome o = run(t, t.ticks(8));
        BOOST_TEST(o.highest.value == o.at_probe.value, "commits without a quorum");
        break;
      }
      case FaultModel::hash_power: {
        // A partition many blocks longer than the confirmations forks finality.
        Trial t = trial(1);
        t.fault(5, 40, testing::partition({replicas(0, 1), replicas(2, n() - 1)}));
        BOOST_TEST(!run(t).agreement, "two halves that mined alone agreed");
        break;
      }
    }
  }
};

using Duty = void (Conformance::*)() const;
constexpr std::pair<const char*, Duty> kDuties[] = {
    {"commits_when_all_are_honest", &Conformance::commits_when_all_are_honest},
    {"survives_f_crashes", &Conformance::survives_f_crashes},
    {"survives_crash_and_restart_of_each", &Conformance::survives_crash_and_restart_of_each},
    {"survives_everybody_restarting", &Conformance::survives_everybody_restarting},
    {"survives_pause", &Conformance::survives_pause},
    {"survives_loss", &Conformance::survives_loss},
    {"survives_duplication_and_reordering", &Conformance::survives_duplication_and_reordering},
    {"survives_corruption", &Conformance::survives_corruption},
    {"survives_partition_healed", &Conformance::survives_partition_healed},
    {"survives_asymmetric_cut", &Conformance::survives_asymmetric_cut},
    {"survives_asynchrony_before_gst", &Conformance::survives_asynchrony_before_gst},
    {"survives_delays_of_exactly_delta", &Conformance::survives_delays_of_exactly_delta},
    {"survives_slow_disks", &Conformance::survives_slow_disks},
    {"survives_failing_disks_of_f", &Conformance::survives_failing_disks_of_f},
    {"survives_torn_writes", &Conformance::survives_torn_writes},
    {"survives_lying_disks_of_f", &Conformance::survives_lying_disks_of_f},
    {"survives_wrong_clocks_of_f", &Conformance::survives_wrong_clocks_of_f},
    {"survives_f_twins", &Conformance::survives_f_twins},
    {"survives_f_silent_wherever_they_sit", &Conformance::survives_f_silent_wherever_they_sit},
    {"survives_hostile_bytes", &Conformance::survives_hostile_bytes},
    {"same_seed_same_hash", &Conformance::same_seed_same_hash},
    {"breaks_beyond_its_bound", &Conformance::breaks_beyond_its_bound},
};

// One suite an engine, made from the registry before main().
const bool kRegistered = [] {
  auto* all = BOOST_TEST_SUITE("conformance");
  for (const EngineInfo& engine : engines()) {
    if (!engine.attacks.empty() || !engine.flaw.empty()) continue;
    auto* suite = BOOST_TEST_SUITE(std::string(engine.name));
    for (const auto& [name, duty] : kDuties) {
      suite->add(boost::unit_test::make_test_case(
          [&engine, duty = duty] { (Conformance{engine}.*duty)(); }, name, __FILE__, __LINE__));
    }
    all->add(suite);
  }
  boost::unit_test::framework::master_test_suite().add(all);
  return true;
}();

}  // namespace
}  // namespace byzlab::testing
