// PBFT under crashes, restarts, partitions, loss and reordering, over many seeds: nothing
// conflicts, nothing executes twice, and once the network behaves everybody gets everything.
//
// BYZLAB_SEEDS=5000 in the environment runs that many seeds a case instead of a few.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <set>

#include "consensus/pbft/pbft.h"
#include "tests/support/engine_script.h"

namespace byzlab::pbft {
namespace {

using namespace std::chrono_literals;

std::uint64_t seeds(std::uint64_t usual) {
  const char* wanted = std::getenv("BYZLAB_SEEDS");
  return wanted ? std::strtoull(wanted, nullptr, 10) : usual;
}

/// What happens to a cluster before the network becomes good.
struct Adversity {
  std::uint32_t n = 4;
  std::uint32_t loss_percent = 0;
  bool crashes = false;     ///< up to f replicas at a time crash and restart
  bool partitions = false;  ///< random splits
  bool silent = false;      ///< f replicas never speak, also after GST
  std::uint32_t requests = 60;
  Duration bad = 6s;
  Duration good = 60s;
  const char* checkpoint_interval = "8";
  const char* window = "0";
};

/// Runs one seed; the text says what went wrong, empty when nothing did.
std::string survives(const Adversity& a, std::uint64_t seed) {
  Rng rng(mix(seed, 0xAD));
  EngineScript script(kInfo, {.n = a.n, .seed = seed},
                      Options(kOptions)
                          .with("checkpoint_interval", a.checkpoint_interval)
                          .with("window", a.window)
                          .with("batch_size", "3")
                          .with("pipeline", "4"));
  script.record(false);
  bool good = false;
  std::uint32_t side = ~0u;
  const std::uint32_t f = (a.n - 1) / 3;
  std::set<std::uint32_t> silent;
  if (a.silent) {
    while (silent.size() < f) silent.insert(static_cast<std::uint32_t>(rng.below(a.n)));
  }
  script.link = [&](ReplicaId from, ReplicaId to, const Message&) {
    if (silent.contains(from.value)) return Duration::max();
    if (!good) {
      if (((side >> from.value ^ side >> to.value) & 1) != 0) return Duration::max();
      if (rng.below(100) < a.loss_percent) return Duration::max();
      return rng.uniform(1ms, 60ms);
    }
    return rng.uniform(1ms, 40ms);
  };
  std::set<std::uint32_t> down;
  script.start_all();
  std::uint32_t submitted = 0;
  while (script.now() < kStart + a.bad) {
    const auto what = rng.below(10);
    if (what < 4 && submitted < a.requests) {
      const auto count = static_cast<std::uint32_t>(1 + rng.below(5));
      script.submit(count);
      submitted += count;
    } else if (what < 6 && a.crashes) {
      const auto r = static_cast<std::uint32_t>(rng.below(a.n));
      if (down.erase(r) != 0) {
        script.start(ReplicaId(r));
      } else if (down.size() < f) {
        script.crash(ReplicaId(r));
        down.insert(r);
      }
    } else if (what < 8 && a.partitions) {
      side = rng.below(3) == 0 ? ~0u : static_cast<std::uint32_t>(rng.next());
    }
    script.run_for(rng.uniform(1ms, 300ms));
  }
  good = true;
  side = ~0u;
  for (const std::uint32_t r : down) script.start(ReplicaId(r));
  script.submit(1);
  ++submitted;
  for (Duration waited = 0s; waited < a.good; waited += 100ms) {
    bool done = true;
    for (std::uint32_t i = 0; i < a.n; ++i) {
      std::size_t executed = 0;
      for (const BlockRef& b : script.commits(ReplicaId(i))) executed += b->requests.size();
      done = done && executed >= submitted;
    }
    if (done) break;
    script.run_for(100ms);
  }

  std::string wrong;
  if (!script.agreement()) wrong += " agreement";
  for (std::uint32_t i = 0; i < a.n; ++i) {
    std::set<RequestId> seen;
    std::uint64_t height = 0;
    for (const BlockRef& b : script.commits(ReplicaId(i))) {
      if (b->height.value != ++height) wrong += " gap-or-repeat@r" + std::to_string(i);
      for (const Request& r : b->requests) {
        if (!seen.insert(r.id).second) wrong += " twice@r" + std::to_string(i);
      }
    }
    if (seen.size() != submitted) {
      const auto& engine = static_cast<const Pbft&>(script.engine(ReplicaId(i)));
      wrong += " r" + std::to_string(i) + " has " + std::to_string(seen.size()) + "/" +
               std::to_string(submitted) + " (view " + std::to_string(engine.view().value) +
               (engine.active() ? "" : " inactive") + ", executed " +
               std::to_string(engine.executed().value) + ", h " +
               std::to_string(engine.low_watermark().value) + ")";
    }
  }
  return wrong;
}

void check(const Adversity& a, std::uint64_t usual = 30) {
  for (std::uint64_t seed = 1; seed <= seeds(usual); ++seed) {
    const std::string wrong = survives(a, seed);
    BOOST_TEST(wrong.empty(), "seed " << seed << ":" << wrong);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pbft_adversity)

BOOST_AUTO_TEST_CASE(reordering) { check({}); }
BOOST_AUTO_TEST_CASE(loss) { check({.loss_percent = 10}); }
BOOST_AUTO_TEST_CASE(heavy_loss) { check({.loss_percent = 40}); }
BOOST_AUTO_TEST_CASE(crashes_and_restarts) { check({.crashes = true}); }
BOOST_AUTO_TEST_CASE(partitions) { check({.partitions = true}); }
BOOST_AUTO_TEST_CASE(silent_replicas) { check({.n = 7, .silent = true}); }
BOOST_AUTO_TEST_CASE(everything) {
  check({.loss_percent = 10, .crashes = true, .partitions = true});
}
BOOST_AUTO_TEST_CASE(everything_with_seven) {
  check({.n = 7, .loss_percent = 10, .crashes = true, .partitions = true}, 10);
}
BOOST_AUTO_TEST_CASE(everything_in_a_narrow_window) {
  check({.loss_percent = 15,
         .crashes = true,
         .partitions = true,
         .requests = 150,
         .checkpoint_interval = "2",
         .window = "3"});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::pbft
