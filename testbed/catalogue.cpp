// What scenarios may name, from the registries.
#include <stdexcept>

#include "consensus/registry.h"
#include "faults/registry.h"
#include "network/regions.h"
#include "testbed/metric_catalogue.h"
#include "testbed/run.h"

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
          .min_replicas = 1};
}

sc::BehaviorEntry entry_of(const BehaviorInfo& behavior) {
  sc::BehaviorEntry entry{.name = std::string(behavior.name),
                          .summary = std::string(behavior.doc),
                          .options = behavior.options,
                          .protocols = {}};
  if (const EngineInfo* variant = find_engine(behavior.variant)) {
    entry.protocols.emplace_back(variant->attacks);
  }
  return entry;
}

sc::Catalogue make() {
  sc::Catalogue catalogue;
  for (const EngineInfo& engine : engines()) {
    if (engine.attacks.empty()) catalogue.protocols.push_back(entry_of(engine));
  }
  for (const BehaviorInfo& behavior : all_behaviors()) {
    catalogue.behaviors.push_back(entry_of(behavior));
  }
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
  return catalogue;
}

}  // namespace

const sc::Catalogue& catalogue() {
  static const sc::Catalogue kCatalogue = make();
  return kCatalogue;
}

}  // namespace byzlab
