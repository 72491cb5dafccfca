// One run, from a loaded scenario to its report: build, run, judge.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/event.h"
#include "consensus/registry.h"
#include "network/transport.h"
#include "testbed/judge.h"
#include "testbed/report.h"
#include "testbed/scenario/catalogue.h"
#include "testbed/scenario/scenario.h"

namespace byzlab {

enum class World : std::uint8_t {
  sim,  ///< virtual time, deterministic
  tcp,  ///< real sockets on loopback, real time, Ed25519
};

/// What the names in a run mean; handed to observers before the first event.
struct RunInfo {
  std::string name;
  std::string protocol;
  std::uint64_t seed = 0;
  std::uint32_t n = 0;
  std::uint32_t processes = 0;  ///< n plus the twins
  const MessageTable* messages = nullptr;
  std::vector<std::string> fault_labels;  ///< by index in the timeline
  std::vector<ReplicaId> byzantine;
  double byzantine_share = 0;                    ///< of the power
  std::uint64_t f = 0, quorum = 0;               ///< in replicas of mean power
  const scenario::Scenario* scenario = nullptr;  ///< as it is run: alive until end() returns
  const EngineInfo* engine = nullptr;
  Duration sampling{};                ///< between two calls of sampled()
  std::vector<std::string> regions;   ///< by replica; empty when the scenario places nobody
  std::vector<ReplicaId> replica_of;  ///< by process
};

/// The run as it stands at one of its regular looks; valid during the call.
struct RunSample {
  Time now;
  const RunState& state;
  const NetworkCounters& counters;
  std::uint64_t events = 0;               ///< handled so far
  std::size_t pending = 0;                ///< planned by now
  std::vector<UplinkState> uplinks = {};  ///< by replica
  CryptoCounters crypto = {};
  std::uint64_t signed_messages = 0;
  std::vector<Duration> cpu_used = {};      ///< virtual, by replica
  std::span<const Tallies> tallies = {};    ///< by replica; of one with twins, its first process
  std::vector<std::uint64_t> waiting = {};  ///< requests in the mempool, by replica
  std::uint32_t syncing = 0;  ///< replicas that run and fetch what others have decided
};

/// An observer that wants to know whose run it is, and perhaps to look at it now and then.
class RunObserver : public Observer {
 public:
  virtual void begin(const RunInfo&) {}
  /// Asked once; where nobody does, nothing is gathered.
  virtual bool wants_samples() const { return false; }
  /// Every RunInfo::sampling of simulated time, and when the run is over and judged.
  virtual void sampled(const RunSample&) {}
  virtual void end(Time, const Report&) {}
};

/// Says how far a run goes at a time, between two of its events: to keep pace with a clock, to
/// wait, to stop. What happens in the run does not depend on it.
class RunDriver {
 public:
  virtual ~RunDriver() = default;
  /// All that happens up to `now` has happened. Until when to go on; none: the run ends here, as by
  /// an interrupt. May wait.
  virtual std::optional<Time> next(Time now) = 0;
};

struct RunOptions {
  World world = World::sim;
  std::uint64_t seed = 1;  ///< the scenario must have been loaded for this seed
  /// Looked at now and then; true stops the run, whose report says so.
  const std::atomic<bool>* interrupt = nullptr;
  /// Asked now and then whether the run must stop: for which limit, as "after 2 s, its limit of
  /// real time"; empty: it may go on.
  std::function<std::string()> limit = {};
  /// The run is stopped after this many events; 0: never. In virtual time only.
  std::uint64_t max_events = 0;
  /// Instead of the registry's engine of that name: for engines that only a test knows.
  const EngineInfo* engine = nullptr;
  /// One of many seeds of a comparison, judged together: what did nothing here may have in another.
  bool one_of_many = false;
  bool reference_queue = false;  ///< std::priority_queue instead of the wheel: same trace hash
  RunDriver* driver = nullptr;   ///< null: to the end without a pause
  Duration series_interval{};    ///< zero: 100 ms, or the duration / 5000 if that is longer
};

/// Runs to the end of the scenario and judges it. Throws std::runtime_error when the scenario can't
/// be built here (a latency file that is missing), with a message for the user.
Report run(const scenario::Scenario& scenario, const RunOptions& options,
           std::span<RunObserver* const> observers = {});

/// The registries as the scenario language sees them.
const scenario::Catalogue& catalogue();

}  // namespace byzlab
