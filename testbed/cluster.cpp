#include "testbed/cluster.h"

#include <algorithm>
#include <stdexcept>

#include "consensus/attacker.h"
#include "faults/byzantine.h"
#include "faults/kinds.h"
#include "faults/registry.h"
#include "network/sim_network.h"
#include "network/tcp_network.h"
#include "testbed/latency_of.h"
#include "testbed/scenario/selectors.h"
#include "testbed/twins_of.h"

namespace byzlab {

namespace sc = scenario;

namespace {

const EngineInfo& engine_of(const sc::Scenario& scenario, const RunOptions& options) {
  if (options.engine != nullptr) return *options.engine;
  const EngineInfo* info = find_engine(scenario.protocol.name);
  if (info == nullptr) throw std::runtime_error("no protocol " + scenario.protocol.name);
  return *info;
}

Committee committee_of(const sc::Scenario& scenario, const EngineInfo& engine) {
  const Committee plain(sc::power_units(scenario));
  return plain.with(engine.fault_bound(plain.total_power()), engine.quorum(plain.total_power()));
}

Crypto crypto_of(const sc::Scenario& scenario, const RunOptions& options) {
  const bool real = options.world == World::tcp || scenario.protocol.crypto == sc::Crypto::ed25519;
  return Crypto(real ? Crypto::Scheme::ed25519 : Crypto::Scheme::modelled, mix(options.seed, 0xC4),
                scenario.protocol.replicas);
}

ReplicaSet set_of(std::span<const ReplicaId> replicas) {
  ReplicaSet set;
  for (const ReplicaId r : replicas) set.insert(r);
  return set;
}

ReplicaSet members_of(const sc::Scenario& scenario) {
  if (!scenario.adversary.members) return {};
  return set_of(sc::resolve(*scenario.adversary.members, sc::context_of(scenario)));
}

/// Whom any `become` may mean. A role can fall to everybody.
std::vector<bool> who_may_turn(const sc::Scenario& scenario) {
  std::vector<bool> may(scenario.protocol.replicas, false);
  const auto context = sc::context_of(scenario);
  for (const sc::TimelineEntry& entry : scenario.timeline) {
    const sc::Selector* who = sc::who_turns(entry.action);
    if (who == nullptr) continue;
    if (sc::is_dynamic(*who, scenario.groups)) {
      may.assign(may.size(), true);
      break;
    }
    for (const ReplicaId r : sc::resolve(*who, context)) may[r.value] = true;
  }
  return may;
}

const BehaviorInfo& behavior_of(const sc::Behavior& behavior) {
  const BehaviorInfo* info = find_behavior(behavior.name);
  if (info == nullptr) throw std::runtime_error("no behavior " + behavior.name);
  return *info;
}

/// Options of an engine variant: what the behavior says, else what the protocol says, else its own.
Options variant_options(const EngineInfo& variant, const Options& behavior,
                        const Options& protocol) {
  Options merged(variant.options);
  const auto has = [](const Options& options, std::string_view name) {
    return std::ranges::any_of(options.specs(), [&](const auto& s) { return s.name == name; });
  };
  for (const OptionSpec& spec : variant.options) {
    const Options* source = has(behavior, spec.name)   ? &behavior
                            : has(protocol, spec.name) ? &protocol
                                                       : nullptr;
    if (source == nullptr) continue;
    if (spec.type == OptionType::replicas) {
      const auto replicas = source->replicas(spec.name);
      merged.set_replicas(spec.name, {replicas.begin(), replicas.end()});
    } else if (const auto why = merged.set(spec.name, source->text(spec.name))) {
      throw std::runtime_error(std::string(spec.name) + ": " + *why);
    }
  }
  return merged;
}

}  // namespace

Cluster::Cluster(const sc::Scenario& scenario, const RunOptions& options)
    : scenario_(scenario),
      engine_(engine_of(scenario, options)),
      seed_(options.seed),
      committee_(committee_of(scenario, engine_)),
      crypto_(crypto_of(scenario, options)),
      messages_(engine_.messages),
      store_(messages_),
      injector_(messages_, mix(options.seed, 0x141)),
      byzantine_(sc::byzantine_replicas(scenario)),
      may_turn_(who_may_turn(scenario)),
      members_(members_of(scenario)),
      adversary_(options.seed, set_of(byzantine_)),
      replica_of_(lay_out_processes()),
      deeds_(committee_.n()),
      become_active_(scenario.timeline.size() * committee_.n(), false),
      ledger_(static_cast<std::uint32_t>(replica_of_.size()), requests_),
      latency_(latency_of(scenario, replica_of_)) {
  for (std::uint32_t p = 0; p < replica_of_.size(); ++p) {
    if (is_byzantine(replica_of_[p])) ledger_.distrust(ProcessId(p));
  }
  make_network(options);

  std::vector<bool> honest(committee_.n());
  for (std::uint32_t r = 0; r < honest.size(); ++r) honest[r] = !is_byzantine(ReplicaId(r));
  std::function<void(ProcessId, Time)> announce;
  if (engine_.request_driven) {
    announce = [this](ProcessId p, Time when) { host_->request_arrives(p, when); };
  }
  workload_ = std::make_unique<Workload>(
      Workload::Parts{.description = &scenario.workload,
                      .committee = &committee_,
                      .crypto = &crypto_,
                      .latency = &latency_,
                      .ledger = &ledger_,
                      .requests = &requests_,
                      .network = network_.get(),
                      .events = &events_,
                      .announce = std::move(announce),
                      .replica_of = replica_of_,
                      .honest = std::move(honest),
                      .by_confirmation = engine_.finality == Finality::confirmations,
                      .end = kStart + scenario.duration,
                      .seed = mix(options.seed, 0x3014)});
  host_ = std::make_unique<ReplicaHost>(
      ReplicaHost::Parts{.committee = &committee_,
                         .crypto = &crypto_,
                         .store = &store_,
                         .network = network_.get(),
                         .events = &events_,
                         .commits = this,
                         .replica_of = replica_of_,
                         .make_engine = [this](ProcessId p) { return make_engine(p); },
                         .mempool = [this](ProcessId p) -> Mempool& { return mempool(p); },
                         .costs = CpuCosts{.sign = scenario.protocol.costs.sign,
                                           .verify = scenario.protocol.costs.verify,
                                           .hash_per_byte = scenario.protocol.costs.hash_per_byte},
                         .seed = mix(options.seed, 0x4057)});

  std::vector<std::vector<ProcessId>> processes_of(committee_.n());
  for (std::uint32_t p = 0; p < replica_of_.size(); ++p) {
    processes_of[replica_of_[p].value].push_back(ProcessId(p));
  }
  timeline_ = std::make_unique<Timeline>(
      Timeline::Parts{.scenario = &scenario,
                      .network = network_.get(),
                      .injector = &injector_,
                      .host = host_.get(),
                      .events = &events_,
                      .messages = &messages_,
                      .processes = static_cast<std::uint32_t>(replica_of_.size()),
                      .processes_of = std::move(processes_of),
                      .byzantine = byzantine_,
                      .turn = [this](ReplicaId r) { turn(r); },
                      .misbehave = [this](ProcessId p, std::size_t entry,
                                          bool active) { return misbehave(p, entry, active); }});
}

Cluster::~Cluster() = default;

void Cluster::start() {
  if (events_.wants<Delivered>() || events_.wants<Dropped>()) network_->watch(*host_);
  timeline_->install();
  host_->start();
  workload_->start();
}

// Members of an adversary that equivocates run twice: once for each audience.
std::vector<ReplicaId> Cluster::lay_out_processes() {
  twins_ = twins_of(scenario_, adversary_);
  if (!twins_) {
    std::vector<ReplicaId> replica_of;
    for (std::uint32_t r = 0; r < scenario_.protocol.replicas; ++r) replica_of.emplace_back(r);
    return replica_of;
  }
  audiences_ = std::make_unique<AudienceRule>(*twins_);
  injector_.set_topology(audiences_.get());
  return twins_->replica_of;
}

Mempool& Cluster::mempool(ProcessId p) {
  Mempool& own = workload_->mempool(p);
  if (p.value < committee_.n()) return own;
  return *twin_mempools_.emplace_back(std::make_unique<TwinMempool>(own));
}

bool Cluster::is_byzantine(ReplicaId r) const { return std::ranges::binary_search(byzantine_, r); }

Overlay Cluster::overlay() const {
  return overlay_of(scenario_, static_cast<std::uint32_t>(replica_of_.size()),
                    mix(seed_, 0x0E41A4));
}

ReplicaLinks Cluster::links() const {
  Overlay graph = overlay();
  return links_of(graph, replica_of_);
}

void Cluster::make_network(const RunOptions& options) {
  const auto processes = static_cast<std::uint32_t>(replica_of_.size());
  const auto& net = scenario_.network;
  SimNetworkParts parts{.store = &store_,
                        .injector = &injector_,
                        .latency = latency_,
                        .overlay = overlay(),
                        .uplinks = Uplinks(processes, net.bandwidth),
                        .seed = mix(seed_, 0x5E17),
                        .scheme = crypto_.hash_scheme()};
  if (options.world == World::tcp) {
    network_ = std::make_unique<TcpNetwork>(std::move(parts));
  } else if (options.reference_queue) {
    network_ = std::make_unique<SimNetwork<ReferenceQueue>>(std::move(parts));
  } else {
    network_ = std::make_unique<SimNetwork<TimingWheel>>(std::move(parts));
  }
}

std::unique_ptr<Engine> Cluster::make_engine(ProcessId p) const {
  const Options options = own_options(p);
  if (!is_byzantine(replica_of_[p.value]) && !may_turn(replica_of_[p.value])) {
    return engine_.make(options);
  }
  if (is_member(replica_of_[p.value])) {
    for (std::size_t i = 0; i < scenario_.adversary.behaviors.size(); ++i) {
      const sc::Behavior& behavior = scenario_.adversary.behaviors[i];
      const BehaviorInfo& info = behavior_of(behavior);
      if (info.kind != BehaviorKind::engine_variant) continue;
      const EngineInfo* variant = find_engine(info.variant);
      if (variant == nullptr || variant->attacks != engine_.name) {
        throw std::runtime_error("behavior " + behavior.name + " is not for protocol " +
                                 std::string(engine_.name));
      }
      auto engine = variant->make(variant_options(*variant, behavior.options, options));
      if (auto* attacker = dynamic_cast<Attacker*>(engine.get())) {
        attacker->count_in(*deeds(replica_of_[p.value], i));
      }
      return wrap(p, std::move(engine));
    }
  }
  auto engine = engine_.make(options);
  if (p.value >= committee_.n()) {
    return make_twin(std::move(engine), adversary_, equivocation(scenario_)->options);
  }
  return wrap(p, std::move(engine));
}

// Honest until now, whatever it will say from here on.
void Cluster::turn(ReplicaId r) {
  byzantine_.insert(std::ranges::lower_bound(byzantine_, r), r);
  adversary_.join(r);
  ledger_.distrust(ProcessId(r.value));
}

Options Cluster::own_options(ProcessId p) const {
  const sc::Protocol& protocol = scenario_.protocol;
  if (protocol.options_of.empty()) return protocol.options;
  return sc::options_of(protocol, replica_of_[p.value], sc::context_of(scenario_));
}

bool Cluster::is_member(ReplicaId r) const { return members_.contains(r); }

std::unique_ptr<Engine> Cluster::wrap(ProcessId p, std::unique_ptr<Engine> inner) const {
  const ReplicaId r = replica_of_[p.value];
  auto byzantine = std::make_unique<Byzantine>(std::move(inner), adversary_);
  if (is_member(r)) {
    for (std::size_t i = 0; i < scenario_.adversary.behaviors.size(); ++i) {
      const sc::Behavior& behavior = scenario_.adversary.behaviors[i];
      const BehaviorInfo& info = behavior_of(behavior);
      if (info.kind != BehaviorKind::wrapper) continue;
      check_kinds(behavior);
      byzantine->add(info.make(behavior.options), Condition(behavior.options), true, deeds(r, i));
    }
  }
  // Every `become` of the timeline has a seat, in its order; whom it means is known when it begins.
  for (std::size_t i = 0; i < scenario_.timeline.size(); ++i) {
    const auto& behavior = scenario_.timeline[i].action.behavior;
    if (!behavior) continue;
    const BehaviorInfo& info = behavior_of(*behavior);
    if (info.kind != BehaviorKind::wrapper) {
      throw std::runtime_error("`become: " + behavior->name +
                               "` is not possible during a run: name its members in `adversary`");
    }
    check_kinds(*behavior);
    byzantine->add(info.make(behavior->options), Condition(behavior->options),
                   become_active_[i * committee_.n() + r.value],
                   deeds(r, scenario_.adversary.behaviors.size() + i));
  }
  return byzantine;
}

/// Where a replica's deeds of a kind are counted: they outlive its restarts.
std::uint64_t* Cluster::deeds(ReplicaId r, std::size_t place) const {
  auto& mine = deeds_[r.value];
  if (mine.empty()) {
    mine.resize(scenario_.adversary.behaviors.size() + scenario_.timeline.size());
  }
  return &mine[place];
}

std::vector<BehaviorResult> Cluster::behaviors() const {
  std::vector<BehaviorResult> results;
  for (std::size_t i = 0; i < scenario_.adversary.behaviors.size(); ++i) {
    BehaviorResult& result = results.emplace_back();
    result.name = scenario_.adversary.behaviors[i].name;
    members_.for_each([&](ReplicaId r) {
      result.deeds.emplace_back(r, deeds_[r.value].empty() ? 0 : deeds_[r.value][i]);
    });
  }
  return results;
}

std::uint64_t Cluster::deeds_of_entry(std::size_t i) const {
  std::uint64_t sum = 0;
  for (const auto& mine : deeds_) {
    if (!mine.empty()) sum += mine[scenario_.adversary.behaviors.size() + i];
  }
  return sum;
}

// A behavior that touches kinds the protocol does not have would do nothing, in silence.
void Cluster::check_kinds(const sc::Behavior& behavior) const {
  const auto unknown = unknown_kinds(behavior.options.kinds("kinds"), messages_);
  if (unknown.empty()) return;
  std::string known;
  for (const MessageType* type : messages_) {
    if (type != nullptr) known += " " + std::string(type->name);
  }
  throw std::runtime_error("behavior " + behavior.name + ": " + std::string(engine_.name) +
                           " has no message `" + unknown.front() + "`; it has" + known);
}

bool Cluster::misbehave(ProcessId p, std::size_t entry, bool active) {
  if (p.value >= committee_.n()) return false;  // a twin lies as it is
  const ReplicaId r = replica_of_[p.value];
  become_active_[entry * committee_.n() + r.value] = active;
  std::size_t seat = 0;
  if (is_member(r)) {
    seat = static_cast<std::size_t>(std::ranges::count_if(
        scenario_.adversary.behaviors,
        [](const sc::Behavior& b) { return behavior_of(b).kind == BehaviorKind::wrapper; }));
  }
  for (std::size_t i = 0; i < entry; ++i) {
    seat += scenario_.timeline[i].action.behavior ? 1 : 0;
  }
  host_->call(p, [&](Engine& engine, Context& ctx) {
    auto& byzantine = dynamic_cast<Byzantine&>(engine);
    if (active) {
      byzantine.begin(ctx, seat);
    } else {
      byzantine.end(ctx, seat);
    }
  });
  return host_->up(p);
}

void Cluster::committed(ProcessId process, const Block& block) {
  ledger_.commit(process, block, network_->now());
  workload_->committed(process, block);
  if (block.height > highest_ && !is_byzantine(replica_of_[process.value])) {
    highest_ = block.height;
    timeline_->reached(highest_);
  }
}

NetworkCounters Cluster::counters() const {
  NetworkCounters counters = network_->counters();
  const auto& refused = host_->dropped();
  for (std::size_t i = 0; i < refused.size(); ++i) counters.dropped[i] += refused[i];
  return counters;
}

}  // namespace byzlab
