// What scenarios may name, from the registries.
#include <fmt/format.h>

#include <numeric>
#include <stdexcept>

#include "consensus/registry.h"
#include "faults/kinds.h"
#include "faults/registry.h"
#include "network/regions.h"
#include "testbed/invariants/faulty_power.h"
#include "testbed/invariants/words.h"
#include "testbed/link_delays.h"
#include "testbed/metric_catalogue.h"
#include "testbed/overlay_links.h"
#include "testbed/run.h"
#include "testbed/scenario/selectors.h"

namespace byzlab {

namespace sc = scenario;

namespace {

std::string bound_text(FaultModel model) {
  switch (model) {
    case FaultModel::crash: return "a minority of the replicas, crashes only";
    case FaultModel::byzantine: return "less than a third of the power, Byzantine";
    case FaultModel::hash_power: return "less than half of the hash power";
  }
  return "";
}

std::vector<std::string> message_words(const MessageTable& messages) {
  std::vector<std::string> words;
  for (const MessageType* type : messages) {
    if (type != nullptr) words.emplace_back(type->name);
  }
  for (const std::string_view group : {"votes", "proposals"}) {
    if (unknown_kinds(group, messages).empty()) words.emplace_back(group);
  }
  return words;
}

sc::ProtocolEntry entry_of(const EngineInfo& engine) {
  return {.name = std::string(engine.name),
          .summary = std::string(engine.summary) + " (" + std::string(engine.paper) + ")",
          .options = engine.options,
          .crash_only = engine.fault_model == FaultModel::crash,
          .certified = engine.finality == Finality::immediate,
          .double_spend = engine.finality == Finality::confirmations,
          .bound = bound_text(engine.fault_model),
          .fault_numerator = 1,
          .fault_denominator = engine.fault_model == FaultModel::byzantine ? 3u : 2u,
          .min_replicas = 1,
          .messages = message_words(engine.messages)};
}

sc::BehaviorEntry::Plays plays(BehaviorKind kind) {
  switch (kind) {
    case BehaviorKind::wrapper: return sc::BehaviorEntry::Plays::beside_engine;
    case BehaviorKind::twins: return sc::BehaviorEntry::Plays::as_two;
    case BehaviorKind::engine_variant: return sc::BehaviorEntry::Plays::other_engine;
  }
  return {};
}

sc::BehaviorEntry entry_of(const BehaviorInfo& behavior) {
  sc::BehaviorEntry entry{.name = std::string(behavior.name),
                          .summary = std::string(behavior.doc),
                          .options = behavior.options,
                          .protocols = {},
                          .plays = plays(behavior.kind)};
  if (const EngineInfo* variant = find_engine(behavior.variant)) {
    entry.protocols.emplace_back(variant->attacks);
  }
  return entry;
}

sc::FaultEntry entry_of(const FaultInfo& fault) {
  return {.name = std::string(fault.name),
          .section = "timeline." + std::string(fault.name),
          .summary = std::string(fault.doc),
          .options = fault.options,
          .brief = std::string(fault.brief),
          .span = fault.span,
          .meaning = fault.meaning,
          .example = std::string(fault.example)};
}

/// The slowest link, where more links are too slow than those of as many as may be faulty.
std::optional<LinkDelays::TooSlow> too_slow_for_a_quorum(const sc::Scenario& scenario,
                                                         const EngineInfo& engine,
                                                         const LinkDelays& delays) {
  const auto worst = delays.worst();
  if (!worst || delays.is_uniform()) return worst;
  Wiring wiring(sc::power_units(scenario));
  for (std::uint32_t a = 0; a < wiring.n(); ++a) {
    for (std::uint32_t b = 0; b < a; ++b) {
      if (delays.too_slow(ReplicaId(a), ReplicaId(b)) ||
          delays.too_slow(ReplicaId(b), ReplicaId(a))) {
        wiring.impair(a, b);
      }
    }
  }
  const Power total = std::accumulate(wiring.power.begin(), wiring.power.end(), Power{0});
  if (faulty_power(wiring).least <= engine.fault_bound(total)) return std::nullopt;
  return worst;
}

/// Where the whole network is too slow for a clock, or may be as the promise has it. The links of a
/// few replicas are their own affair: those count as faulty.
std::vector<sc::ClockConflict> clock_conflicts(const sc::Scenario& scenario) try {
  const EngineInfo* engine = find_engine(scenario.protocol.name);
  if (engine == nullptr || engine->clock_needs.empty()) return {};
  Overlay overlay = overlay_of(scenario, scenario.protocol.replicas, scenario.seed.value_or(1));
  std::vector<ReplicaId> everybody;
  for (std::uint32_t r = 0; r < scenario.protocol.replicas; ++r) everybody.push_back(ReplicaId(r));
  const ReplicaLinks links = links_of(overlay, everybody);
  std::vector<sc::ClockConflict> found;
  for (const ClockNeed& need : engine->clock_needs) {
    const LinkDelays delays(scenario, std::span(&need, 1), links);
    const auto slow = too_slow_for_a_quorum(scenario, *engine, delays);
    const auto promise = delays.worst_promise();
    if (!slow && !promise) continue;
    found.push_back(
        {.option = std::string(need.option),
         .message = fmt::format("`{}` is too short for {}: {}", need.option,
                                slow ? "this network" : "what `synchrony` allows",
                                (slow ? slow : promise)->text()),
         .hint = fmt::format("a stall will not be the protocol's fault; make it {} or more",
                             words::duration((slow ? slow : promise)->needed()))});
  }
  return found;
} catch (const std::runtime_error&) {
  return {};  // the latency matrix cannot be read: the run will say so
}

sc::Catalogue make() {
  sc::Catalogue catalogue;
  for (const EngineInfo& engine : engines()) {
    if (engine.attacks.empty()) catalogue.protocols.push_back(entry_of(engine));
  }
  for (const BehaviorInfo& behavior : all_behaviors()) {
    catalogue.behaviors.push_back(entry_of(behavior));
  }
  for (const FaultInfo& fault : all_faults()) catalogue.faults.push_back(entry_of(fault));
  const auto metrics = metric_entries();
  catalogue.metrics.assign(metrics.begin(), metrics.end());
  sc::LatencyPreset cloud{.name = "cloud_regions", .regions = {}};
  for (const CloudRegion& region : cloud_regions()) {
    cloud.regions.emplace_back(region.name);
    // `us_east` stands for `us_east_1`.
    if (region.name.ends_with("_1")) {
      cloud.regions.emplace_back(region.name.substr(0, region.name.size() - 2));
    }
  }
  catalogue.presets.push_back(std::move(cloud));
  catalogue.clock_conflicts = clock_conflicts;
  return catalogue;
}

}  // namespace

const sc::Catalogue& catalogue() {
  static const sc::Catalogue kCatalogue = make();
  return kCatalogue;
}

}  // namespace byzlab
