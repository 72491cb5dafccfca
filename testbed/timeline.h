// The timeline: carries out a scenario's faults when their time comes, and undoes them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/fault.h"
#include "network/link.h"
#include "network/transport.h"
#include "testbed/event_stream.h"
#include "testbed/replica_host.h"
#include "testbed/report.h"
#include "testbed/scenario/scenario.h"
#include "testbed/scenario/selectors.h"

namespace byzlab {

class Timeline {
 public:
  struct Parts {
    const scenario::Scenario* scenario = nullptr;
    Network* network = nullptr;
    FaultInjector* injector = nullptr;
    ReplicaHost* host = nullptr;
    EventStream* events = nullptr;
    std::uint32_t processes = 0;
    /// Processes that run a replica: itself, and its twins.
    std::vector<std::vector<ProcessId>> processes_of;
    std::vector<ReplicaId> byzantine;
    /// A replica that was honest turns Byzantine.
    std::function<void(ReplicaId)> turn;
    /// Turns a process's `become` behaviors on or off; true when that changed something.
    std::function<bool(ProcessId, std::size_t entry, bool active)> misbehave;
  };
  explicit Timeline(Parts parts);
  ~Timeline();

  /// Base rules of the network section; call before the hosts start.
  void install();
  /// An honest replica committed a height for the first time.
  void reached(Height height);
  /// Label, action, text and effects of every entry.
  std::vector<FaultResult> results() const;

 private:
  struct Entry;
  /// One carrying out of one entry.
  struct Round {
    std::shared_ptr<const FaultReach> reach;  // often that of the round before
    std::unique_ptr<LinkRule> rule;
  };

  void plan(std::size_t entry, Time at);
  void begin(std::size_t entry);
  void end(std::size_t entry, std::size_t round);
  void follow_up(std::size_t entry, Time at);
  void apply(std::size_t index, Round& round);
  void undo(std::size_t index, Round& round);
  void compile();
  void tell(std::size_t index, std::size_t round, bool active);
  std::unique_ptr<LinkRule> make_rule(const scenario::Action& action, const FaultReach& reach);
  std::optional<ReplicaId> leader() const;
  scenario::ResolutionContext context() const;
  ProcessSet process_set(const std::vector<ReplicaId>& replicas) const;

  const scenario::Scenario& scenario_;
  Network& network_;
  FaultInjector& injector_;
  ReplicaHost& host_;
  EventStream& events_;
  std::uint32_t processes_;
  std::vector<std::vector<ProcessId>> processes_of_;
  std::function<void(ReplicaId)> turn_;
  std::function<bool(ProcessId, std::size_t, bool)> misbehave_;
  scenario::ResolutionContext context_;  // with who is Byzantine so far
  std::vector<std::unique_ptr<LinkRule>> base_rules_;
  std::unique_ptr<LinkRule> promise_;
  std::vector<Entry> entries_;
};

}  // namespace byzlab
