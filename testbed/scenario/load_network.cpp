// Reads `network`.
#include <algorithm>
#include <numeric>

#include "base/quantity.h"
#include "testbed/scenario/load_parts.h"
#include "testbed/scenario/nearest.h"
#include "testbed/scenario/text.h"

namespace byzlab::scenario {
namespace {

/// True, and an error, if the value of a choice is one of the names the language keeps for later.
bool is_reserved_choice(const Section& section, std::string_view key, std::string_view family) {
  const YamlNode* node = section.node(key);
  if (!node || !node->is_scalar() || !is_later(family, node->text)) return false;
  section.loading().findings.error("E190", node->at, node->length,
                                   std::string(key) + " `" + node->text + "` is not available yet");
  return true;
}

void load_topology(const Section& section, Scenario& scenario) {
  if (is_reserved_choice(section, "topology", "topology")) return;
  if (section.text("topology") != "random") {
    section.refuse("degree", "with `topology: full`");
    return;
  }
  const std::uint32_t degree = section.number32("degree");
  scenario.network.topology = RandomOverlay{.degree = degree};
  if (const std::uint32_t n = scenario.protocol.replicas; n != 0 && degree >= n) {
    const YamlNode* node = section.node("degree");
    if (!node) node = section.node("topology");
    section.loading().findings.error("E112", node->at, node->length,
                                     "a random graph of degree " + std::to_string(degree) +
                                         " needs more than " + std::to_string(degree) +
                                         " replicas, there are " + std::to_string(n));
  }
}

Latency load_matrix(const Section& section) {
  MatrixLatency matrix = {.file = section.text("file"), .preset = section.text("preset")};
  Loading& loading = section.loading();
  if (matrix.file.empty() == matrix.preset.empty()) {
    loading.findings.error("E105", section.place().at, section.place().length,
                           "model matrix needs one of `file` and `preset`");
    return matrix;
  }
  const YamlNode* preset = section.node("preset");
  std::vector<std::string> names;
  for (const LatencyPreset& known : loading.catalogue.presets) names.push_back(known.name);
  if (preset && std::find(names.begin(), names.end(), matrix.preset) == names.end()) {
    const auto guess = nearest(matrix.preset, names);
    loading.findings
        .error("E102", preset->at, preset->length, "unknown preset " + ticked(matrix.preset),
               guess ? "did you mean `" + *guess + "`?" : "")
        .notes.push_back("presets: " + join(names, " "));
  }
  return matrix;
}

void load_latency(const Section& network, Scenario& scenario) {
  const YamlNode* node = network.node("latency");
  if (!node) return;
  Loading& loading = network.loading();
  if (!node->is_map()) {
    const KeySpec constant = {
        .section = "network", .name = "latency", .type = ValueType::duration, .range = "0s..30d"};
    if (const auto delay = read_scalar(loading, *node, constant, network.path_of("latency")))
      scenario.network.latency = ConstantLatency{.delay = std::get<Duration>(*delay)};
    return;
  }
  static constexpr std::string_view kModels =
      "constant|uniform|normal|lognormal|exponential|matrix";
  const YamlNode* model = node->find("model");
  if (!model || !model->is_scalar()) {
    const YamlNode& key = *network.key("latency");
    loading.findings.error("E105", key.at, key.length, "`latency` needs `model`",
                           "models: " + std::string(kModels));
    return;
  }
  const auto check = read_value(ValueType::choice, model->text, kModels, 0);
  if (is_later("latency", model->text)) {
    loading.findings.error("E190", model->at, model->length,
                           "latency model `" + model->text + "` is not available yet");
    return;
  }
  if (!check.value) {
    loading.findings.error("E113", model->at, model->length, check.message, check.hint);
    return;
  }
  const Section section = network.below("latency", "network.latency." + model->text);
  Latency& latency = scenario.network.latency;
  const auto time = [&](std::string_view key) { return section.get<Duration>(key); };
  if (model->text == "constant") {
    latency = ConstantLatency{.delay = time("delay")};
  } else if (model->text == "uniform") {
    latency = UniformLatency{.min = time("min"), .max = time("max")};
    if (time("max") < time("min"))
      loading.findings.error("E116", model->at, model->length, "latency: `max` is less than `min`");
  } else if (model->text == "normal") {
    latency = NormalLatency{.mean = time("mean"), .stddev = time("stddev"), .min = time("min")};
  } else if (model->text == "lognormal") {
    latency = LognormalLatency{
        .median = time("median"), .sigma = section.get<double>("sigma"), .min = time("min")};
  } else if (model->text == "exponential") {
    latency = ExponentialLatency{.mean = time("mean"), .min = time("min")};
    if (time("mean") < time("min"))
      loading.findings.error("E116", model->at, model->length,
                             "latency: `mean` is less than `min`");
  } else {
    latency = load_matrix(section);
  }
}

/// Names of regions that the latency preset has; empty if any will do.
std::vector<std::string> preset_regions(const Loading& loading, const Scenario& scenario) {
  const auto* matrix = std::get_if<MatrixLatency>(&scenario.network.latency);
  if (matrix)
    for (const LatencyPreset& preset : loading.catalogue.presets)
      if (preset.name == matrix->preset) return preset.regions;
  return {};
}

void load_regions(const Section& network, Scenario& scenario) {
  const YamlNode* node = network.node("regions");
  Loading& loading = network.loading();
  if (!node) {
    if (std::holds_alternative<MatrixLatency>(scenario.network.latency)) {
      const YamlNode& key = *network.key("latency");
      loading.findings.error("E138", key.at, key.length, "latency model matrix needs `regions`",
                             "write `regions: { us_east: 2, eu_west: 2 }`");
    }
    return;
  }
  const YamlNode& key = *network.key("regions");
  if (!node->is_map()) {
    loading.findings.error("E106", node->at, node->length,
                           "`regions` must be a map of names to numbers of replicas");
    return;
  }
  const std::vector<std::string> known = preset_regions(loading, scenario);
  bool wrong = false;
  for (std::size_t i = 0; i < node->keys.size(); ++i) {
    const YamlNode& name = node->keys[i];
    if (name.text.starts_with("x-")) continue;
    if (!is_name(name.text) ||
        (!known.empty() && std::find(known.begin(), known.end(), name.text) == known.end())) {
      const auto guess = nearest(name.text, known);
      Diagnostic& d =
          loading.findings.error("E138", name.at, name.length, "no region " + ticked(name.text),
                                 guess ? "did you mean `" + *guess + "`?" : "");
      if (!known.empty()) d.notes.push_back("regions: " + join(known, " "));
      wrong = true;
    }
    const auto count = read_scalar(
        loading, node->items[i],
        {.section = "network", .name = "regions", .type = ValueType::count, .range = "0..100000"},
        network.path_of("regions") + "." + name.text);
    if (!count)
      wrong = true;
    else
      scenario.network.regions.push_back(
          {name.text, static_cast<std::uint32_t>(std::get<std::uint64_t>(*count))});
  }
  const auto& regions = scenario.network.regions;
  const std::uint64_t sum =
      std::accumulate(regions.begin(), regions.end(), std::uint64_t{0},
                      [](std::uint64_t all, const Region& r) { return all + r.replicas; });
  if (!wrong && scenario.protocol.replicas != 0 && sum != scenario.protocol.replicas)
    loading.findings.error("E138", key.at, key.length,
                           "`regions` add up to " + std::to_string(sum) + ", there are " +
                               std::to_string(scenario.protocol.replicas) + " replicas");
}

void load_reorder(const Section& network, Scenario& scenario) {
  const YamlNode* node = network.node("reorder");
  if (!node) return;
  Reordering& reorder = scenario.network.reorder;
  if (node->is_map()) {
    const Section section = network.below("reorder", "network.reorder");
    reorder = {.probability = section.get<double>("probability"),
               .by = section.get<Duration>("by")};
    return;
  }
  const auto value =
      read_scalar(network.loading(), *node,
                  {.section = "network", .name = "reorder", .type = ValueType::probability},
                  network.path_of("reorder"));
  if (value)
    reorder = {.probability = std::get<double>(*value), .by = std::chrono::milliseconds{50}};
}

}  // namespace

void load_network(const Section& top, Scenario& scenario) {
  const Section section = top.below("network", "network");
  Network& network = scenario.network;
  load_topology(section, scenario);
  load_latency(section, scenario);
  load_regions(section, scenario);
  network.bandwidth = section.find<std::uint64_t>("bandwidth");
  network.loss = section.get<double>("loss");
  network.duplicate = section.get<double>("duplicate");
  network.corrupt = section.get<double>("corrupt");
  load_reorder(section, scenario);
  if (section.node("synchrony")) {
    const Section synchrony = section.below("synchrony", "network.synchrony");
    if (synchrony.text("model") == "synchronous")
      synchrony.refuse("gst", "with `model: synchronous`: it is 0s");
    network.synchrony = Synchrony{.gst = Time{synchrony.get<Duration>("gst")},
                                  .delta = synchrony.get<Duration>("delta")};
  }
}

void check_requests_fit(const Section& top, const Scenario& scenario) {
  const std::uint64_t bytes = scenario.workload.tx_size;
  const auto refuse = [&](std::string_view section, std::string_view key, Duration takes,
                          const std::string& what) {
    const YamlNode* map = top.node(section);
    const YamlNode* node = map == nullptr ? nullptr : map->find(key);
    if (takes < scenario.duration || scenario.duration.count() <= 0 || node == nullptr) return;
    top.loading().findings.error("E119", node->at, node->length,
                                 "a request of " + bytes_text(bytes) + " takes " + what + " " +
                                     std::to_string(takes / std::chrono::seconds{1}) +
                                     " s, the run ends after " + duration_text(scenario.duration));
  };
  if (const auto rate = scenario.network.bandwidth) {
    refuse("network", "bandwidth", on_the_line(bytes, *rate), "an uplink of this bandwidth");
  }
  refuse("protocol", "costs", times(scenario.protocol.costs.hash_per_byte, bytes),
         "a CPU with these costs");
}

}  // namespace byzlab::scenario
