// The judge: watches a run and says whether what was expected held.
//
// It owns the invariants (always on: agreement, validity, integrity; asked for: the rest), the
// measurements that thresholds are evaluated on, and the story of the run. Everything it knows
// comes through the event stream and from the ledger; it never looks into an engine.
#pragma once

#include <functional>
#include <memory>
#include <optional>
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
  std::vector<ReplicaId> byzantine;   ///< ascending
  /// Totals of the message path so far.
  std::function<NetworkCounters()> counters;
  Duration series_interval{};
};

class Judge final : public Observer {
 public:
  explicit Judge(Case c);
  ~Judge() override;

  Interest interest() const override;
  void on(Time now, const Event& event) override;

  /// Called every series_interval of simulated time, and at the end: takes a SeriesRow.
  void sample(Time now);
  /// True as soon as an expectation is decided in a way that makes the rest of the run pointless (a
  /// violation nobody expects, in a run that is judged by it).
  bool decided() const;
  /// Fills expectations, faults' windows, story, metrics, series, replicas, verdict and reason.
  /// `report.faults[i]` has label, action, text and effects of timeline entry i already.
  void conclude(Time end, bool interrupted, Report& report);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace byzlab
