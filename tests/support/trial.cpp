#include "tests/support/trial.h"

#include <algorithm>
#include <stdexcept>

namespace byzlab::testing {

namespace sc = scenario;

Trial::Trial(const EngineInfo& engine, std::uint32_t n, std::int64_t ticks)
    : tick_(engine.finality == Finality::confirmations ? Duration{std::chrono::minutes{10}}
                                                       : Duration{std::chrono::seconds{1}}) {
  scenario.name = "trial";
  scenario.duration = this->ticks(ticks);
  scenario.protocol.name = engine.name;
  scenario.protocol.replicas = n;
  scenario.protocol.options = Options(engine.options);
  scenario.network.latency = sc::ConstantLatency{tick_ / 100};
  scenario.workload.clients = 4;
  scenario.workload.rate = 20.0 / seconds(tick_);
  options.engine = &engine;
}

Trial& Trial::fault(std::int64_t at, std::int64_t length, sc::Action action) {
  sc::TimelineEntry entry;
  entry.label = "fault-" + std::to_string(scenario.timeline.size() + 1);
  entry.start = sc::StartAt{kStart + ticks(at)};
  if (length > 0) entry.length = ticks(length);
  entry.action = std::move(action);
  scenario.timeline.push_back(std::move(entry));
  return *this;
}

Trial& Trial::adversary(std::vector<ReplicaId> members, std::string_view behavior,
                        std::vector<std::pair<std::string_view, std::string_view>> options) {
  const BehaviorInfo* info = find_behavior(behavior);
  if (info == nullptr) throw std::logic_error("no behavior " + std::string(behavior));
  Options values(info->options);
  for (const auto& [name, text] : options) values = values.with(name, text);
  sc::Selector who;
  who.kind = sc::Selector::Kind::list;
  for (const ReplicaId r : members) who.items.push_back(replica(r.value));
  scenario.adversary.members = who;
  scenario.adversary.behaviors.push_back(
      {.name = std::string(behavior), .options = std::move(values), .at = {}});
  return *this;
}

Trial& Trial::option(std::string_view name, std::string_view text) {
  scenario.protocol.options = scenario.protocol.options.with(name, text);
  return *this;
}

sc::Selector replicas(std::uint32_t first, std::uint32_t last) {
  sc::Selector who;
  who.kind = sc::Selector::Kind::replicas;
  who.first = ReplicaId(first);
  who.last = ReplicaId(last);
  return who;
}

sc::Selector replica(std::uint32_t id) { return replicas(id, id); }

sc::Selector everybody() {
  sc::Selector who;
  who.kind = sc::Selector::Kind::all;
  return who;
}

sc::Links all_links() { return {.from = everybody(), .to = everybody(), .both = false}; }

namespace {
Height highest_honest(Cluster& cluster) {
  Height highest;
  for (std::uint32_t r = 0; r < cluster.committee().n(); ++r) {
    if (std::ranges::binary_search(cluster.byzantine(), ReplicaId(r))) continue;
    highest = std::max(highest, cluster.ledger().height(ProcessId(r)));
  }
  return highest;
}
}  // namespace

Outcome run(const Trial& trial, Duration probe) {
  Cluster cluster(trial.scenario, trial.options);
  cluster.start();
  Outcome outcome;
  cluster.run_until(kStart + probe);
  outcome.at_probe = highest_honest(cluster);
  cluster.run_until(kStart + trial.scenario.duration);
  cluster.finish();

  outcome.hash = cluster.host().trace_hash();
  outcome.agreement = cluster.ledger().agrees();
  outcome.highest = highest_honest(cluster);
  outcome.lowest = outcome.highest;
  for (std::uint32_t r = 0; r < cluster.committee().n(); ++r) {
    if (std::ranges::binary_search(cluster.byzantine(), ReplicaId(r))) continue;
    if (!cluster.host().up(ProcessId(r))) continue;
    outcome.lowest = std::min(outcome.lowest, cluster.ledger().height(ProcessId(r)));
  }
  for (const auto& entry : cluster.ledger().canonical()) {
    outcome.requests += entry.block->requests.size();
  }
  outcome.counters = cluster.counters();
  return outcome;
}

}  // namespace byzlab::testing
