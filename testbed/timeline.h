// The timeline: carries out a scenario's faults when their time comes, and undoes them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "network/link.h"
#include "network/transport.h"
#include "testbed/event_stream.h"
#include "testbed/holds.h"
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
    const MessageTable* messages = nullptr;
    std::uint32_t processes = 0;
    /// Processes that run a replica: itself, and its twins.
    std::vector<std::vector<ProcessId>> processes_of;
    std::vector<ReplicaId> byzantine;
    /// A replica that was honest turns Byzantine.
    std::function<void(ReplicaId)> turn;
    /// Turns the behavior of an entry on or off in a process; true when that changed something.
    std::function<bool(ProcessId, std::size_t entry, bool active)> misbehave;
  };
  explicit Timeline(Parts parts);
  ~Timeline();

  /// Base rules of the network section, and what begins at 0 s; call before the hosts start.
  void install();
  /// An honest replica committed a height for the first time.
  void reached(Height height);
  /// Label, action, text and effects of every entry.
  std::vector<FaultResult> results() const;
  /// The faults of the network section that the file asks for, and how many packets each struck.
  std::vector<std::pair<std::string, std::uint64_t>> base_effects() const;

 private:
  struct Entry;
  struct Round;
  class Scene;

  bool asks_for_role(std::size_t entry) const;
  void plan(std::size_t entry, Time at);
  void begin(std::size_t entry);
  void end(std::size_t entry, std::size_t round);
  void follow_up(std::size_t entry, Time at);
  void tell(std::size_t entry, std::size_t round, bool active);
  void compile();
  std::optional<ReplicaId> leader() const;
  std::vector<ReplicaId> who_is(scenario::Role role) const;
  scenario::ResolutionContext context() const;

  const scenario::Scenario& scenario_;
  Network& network_;
  FaultInjector& injector_;
  ReplicaHost& host_;
  EventStream& events_;
  const MessageTable& messages_;
  std::uint32_t processes_;
  std::vector<std::vector<ProcessId>> processes_of_;
  std::function<void(ReplicaId)> turn_;
  std::function<bool(ProcessId, std::size_t, bool)> misbehave_;
  scenario::ResolutionContext context_;  // with who is Byzantine so far
  Holds holds_;
  std::vector<std::unique_ptr<LinkRule>> base_rules_;
  std::vector<std::string> base_keys_;  // by base rule: "loss"
  std::unique_ptr<LinkRule> promise_;
  std::vector<Entry> entries_;
};

}  // namespace byzlab
