// The judge: watches a run and says whether what was expected held.
//
// It owns the invariants (always on: agreement, validity, integrity; asked for: the rest), the
// measurements that thresholds are evaluated on, and the story of the run. Everything it knows
// comes through the event stream and from the ledger; it never looks into an engine.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/event.h"
#include "consensus/registry.h"
#include "network/transport.h"
#include "testbed/ledger.h"
#include "testbed/report.h"
#include "testbed/request_table.h"
#include "testbed/scenario/scenario.h"

namespace byzlab {

/// What the judge is told of the run before it starts. All references outlive it.
struct Case {
  const scenario::Scenario* scenario = nullptr;
  const EngineInfo* engine = nullptr;
  const Committee* committee = nullptr;
  const Crypto* crypto = nullptr;
  const Ledger* ledger = nullptr;  ///< already has a commit when its event comes
  const RequestTable* requests = nullptr;
  std::vector<ReplicaId> replica_of;  ///< by process; process i < n is replica i
  std::vector<ReplicaId> byzantine;   ///< ascending; who turns so by a role comes as it turns
  /// Totals of the message path so far.
  std::function<NetworkCounters()> counters;
  std::function<UplinkState(ReplicaId)> uplink = {};
  /// By replica, with whom it has a link; empty: everybody with everybody.
  std::vector<std::vector<std::uint32_t>> links = {};
  Duration series_interval{};
  /// One of many seeds of a comparison, judged together: what did nothing here may have in another.
  bool one_of_many = false;
};

class Measurements;

/// An expectation under the name that reports call it by.
struct NamedExpectation {
  std::string id;  ///< "recovery-1": property and its number among those
  scenario::Expectation expectation;
  std::size_t index;  ///< among the scenario's; their number when it is always on
  bool always_on;     ///< checked although the scenario does not list it
};
/// In the order they are reported.
std::vector<NamedExpectation> expectations_of(const scenario::Scenario& scenario);

/// How a run stands now, for pages and metrics that show it while it is on. Valid until the next
/// event.
struct RunState {
  std::span<const ReplicaResult> replicas;  ///< by process: the first n are the replicas
  const Measurements* measurements = nullptr;
  SeriesRow row;  ///< the last one taken
  std::optional<ReplicaId> leader;
  std::uint32_t tips = 1;       ///< ends of honest logs
  std::uint64_t submitted = 0;  ///< requests
  // Replicas by state: they add up to n.
  std::uint32_t up = 0, isolated = 0, crashed = 0, paused = 0;
  /// By scenario::Property, agreement .. certified. All but agreement are counted once.
  std::array<std::uint64_t, 5> violations{};
  bool cheated = false;  ///< a double spend succeeded
  /// Against replicas that are Byzantine or have lost their disk, against the others.
  std::array<std::uint64_t, 2> evidence{};
  std::optional<double> chain_quality = {};  ///< of the longest honest log so far
};

class Judge final : public Observer {
 public:
  explicit Judge(Case c);
  ~Judge() override;

  Interest interest() const override;
  void on(Time now, const Event& event) override;

  /// Called every series_interval of simulated time, and at the end: takes a SeriesRow.
  void sample(Time now);
  /// Over real sockets: what was due at `from` was looked at only at `until`.
  void not_scheduled(Time from, Time until);
  /// For observers; changes no verdict.
  RunState state(Time now);
  /// True as soon as an expectation is decided in a way that makes the rest of the run pointless (a
  /// violation nobody expects, in a run that is judged by it).
  bool decided() const;
  /// Fills expectations, faults' windows, story, metrics, series, replicas, verdict and reason.
  /// `report.behaviors` has what wrappers and engines did, `report.faults[i]` has label, action,
  /// text, effects and whom each round met of timeline entry i already.
  void conclude(Time end, bool interrupted, Report& report);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace byzlab
