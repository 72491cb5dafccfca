// A trial: a scenario put together in code, run on the real cluster, and looked at through its
// ledger.
//
// Times are in ticks, so that one test fits a protocol that commits every 100 ms and one that mines
// a block every ten minutes: a tick is a second for the first, a block interval for the second.
#pragma once

#include <string>
#include <string_view>

#include "consensus/registry.h"
#include "faults/registry.h"
#include "testbed/cluster.h"
#include "testbed/scenario/scenario.h"

namespace byzlab::testing {

class Trial {
 public:
  /// n replicas of an engine, `ticks` long, 10 ms latency (or a hundredth of a tick), modest load.
  Trial(const EngineInfo& engine, std::uint32_t n, std::int64_t ticks);

  Duration ticks(std::int64_t k) const { return tick_ * k; }
  Duration tick() const { return tick_; }

  /// A fault from tick `at`, undone `length` ticks later (never, when 0).
  Trial& fault(std::int64_t at, std::int64_t length, scenario::Action action);
  /// Byzantine members with one behavior; options as pairs of texts.
  Trial& adversary(std::vector<ReplicaId> members, std::string_view behavior,
                   std::vector<std::pair<std::string_view, std::string_view>> options = {});
  Trial& option(std::string_view name, std::string_view text);

  scenario::Scenario scenario;
  RunOptions options;

 private:
  Duration tick_;
};

scenario::Selector replica(std::uint32_t id);
scenario::Selector replicas(std::uint32_t first, std::uint32_t last);
scenario::Selector everybody();
scenario::Links all_links();

/// What a run came to.
struct Outcome {
  std::uint64_t hash = 0;
  bool agreement = false;      ///< every honest log is a prefix of one
  Height highest, lowest;      ///< over honest replicas that are up
  Height at_probe;             ///< highest when the probe looked
  std::uint64_t requests = 0;  ///< committed by the canonical log
  NetworkCounters counters;
};

/// Runs it; `probe` is when at_probe is taken.
Outcome run(const Trial& trial, Duration probe = Duration{0});

}  // namespace byzlab::testing
