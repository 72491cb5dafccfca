// Reads what a timeline entry does, and behaviors.
#include <algorithm>

#include "testbed/scenario/load_parts.h"
#include "testbed/scenario/nearest.h"
#include "testbed/scenario/selector_parser.h"
#include "testbed/scenario/text.h"

namespace byzlab::scenario {
namespace {

Links all_links() {
  return {.from = {.kind = Selector::Kind::all}, .to = {.kind = Selector::Kind::all}};
}

std::optional<Selector> selector_at(const Section& section, std::string_view key) {
  const YamlNode* node = section.node(key);
  return node ? parse_selector(section.loading(), *node, section.path_of(key)) : std::nullopt;
}

Links links_at(const Section& section) {
  const YamlNode* node = section.node("links");
  if (!node) return all_links();
  return parse_links(section.loading(), *node, section.path_of("links")).value_or(all_links());
}

template <class Act>
std::optional<Action> act_on(const Section& entry, std::string_view key) {
  auto who = selector_at(entry, key);
  return who ? std::optional<Action>(Act{std::move(*who)}) : std::nullopt;
}

/// drop, duplicate, reorder, corrupt: `drop: 30%` is all links, a map names them.
struct Chance {
  Links links = all_links();
  double probability = 0;
  Duration by = Reordering{}.by;
};

Chance load_chance(const Section& entry, std::string_view key) {
  const YamlNode& node = *entry.node(key);
  Chance chance;
  if (node.is_scalar()) {
    const auto value = read_scalar(
        entry.loading(), node, {.section = "timeline", .name = key, .type = ValueType::probability},
        entry.path_of(key));
    if (value) chance.probability = std::get<double>(*value);
    return chance;
  }
  const Section section = entry.below(key, "timeline." + std::string(key));
  chance.links = links_at(section);
  chance.probability = section.get<double>("probability");
  if (key == "reorder") chance.by = section.get<Duration>("by");
  return chance;
}

std::optional<Action> load_partition(const Section& entry, const Scenario& scenario) {
  const YamlNode& node = *entry.node("partition");
  Loading& loading = entry.loading();
  if (node.is_map()) {
    const Section section = entry.below("partition", "timeline.partition");
    auto from = selector_at(section, "from"), to = selector_at(section, "to");
    const bool one_way = section.get<bool>("one_way");
    if (!from || !to) return std::nullopt;
    return Cut{.links = {.from = std::move(*from), .to = std::move(*to), .both = !one_way}};
  }
  Partition partition;
  if (node.is_scalar() && node.text == "halves") {
    const std::uint32_t n = scenario.protocol.replicas;
    if (n == 0) return std::nullopt;
    if (n < 2) {
      loading.findings.error("E127", node.at, node.length, "one replica has no halves");
      return std::nullopt;
    }
    const std::uint32_t half = (n + 1) / 2;  // the first half is the larger one
    partition.sides.push_back({.kind = Selector::Kind::replicas,
                               .first = ReplicaId(0),
                               .last = ReplicaId(half - 1),
                               .at = node.at});
    partition.sides.push_back({.kind = Selector::Kind::replicas,
                               .first = ReplicaId(half),
                               .last = ReplicaId(n - 1),
                               .at = node.at});
    return partition;
  }
  if (!node.is_sequence() || node.items.size() < 2) {
    loading.findings.error("E127", node.at, node.length, "a partition has at least two sides",
                           "write `partition: [ west, east ]`, `[ r0..r2, rest ]` or `halves`");
    return std::nullopt;
  }
  bool wrong = false;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    auto side = parse_selector(loading, node.items[i],
                               entry.path_of("partition") + "[" + std::to_string(i) + "]");
    if (side)
      partition.sides.push_back(std::move(*side));
    else
      wrong = true;
  }
  return wrong ? std::nullopt : std::optional<Action>(std::move(partition));
}

std::optional<Action> load_delay(const Section& entry) {
  const Section section = entry.below("delay", "timeline.delay");
  return Delay{.links = links_at(section),
               .add = section.get<Duration>("add"),
               .jitter = section.get<Duration>("jitter")};
}

std::optional<Action> load_throttle(const Section& entry) {
  const Section section = entry.below("throttle", "timeline.throttle");
  return Throttle{.links = links_at(section), .bandwidth = section.get<std::uint64_t>("bandwidth")};
}

std::optional<Action> load_become(const Section& entry, const Scenario& scenario,
                                  std::vector<UnboundOption>& unbound) {
  const Section section = entry.below("become", "timeline.become");
  auto who = selector_at(section, "who");
  const YamlNode* node = section.node("behavior");
  std::optional<Behavior> behavior;
  if (node)
    behavior =
        load_behavior(entry.loading(), *node, section.path_of("behavior"), scenario, unbound);
  if (!who || !behavior) return std::nullopt;
  return Become{.who = std::move(*who), .behavior = std::move(*behavior)};
}

}  // namespace

std::optional<Action> load_action(const Section& entry, std::string_view action,
                                  const Scenario& scenario, std::vector<UnboundOption>& unbound) {
  if (!entry.node(action)) return std::nullopt;  // empty: said already
  if (action == "partition") return load_partition(entry, scenario);
  if (action == "isolate") return act_on<Isolate>(entry, action);
  if (action == "crash") return act_on<Crash>(entry, action);
  if (action == "restart") return act_on<Restart>(entry, action);
  if (action == "wipe") return act_on<Wipe>(entry, action);
  if (action == "pause") return act_on<Pause>(entry, action);
  if (action == "delay") return load_delay(entry);
  if (action == "throttle") return load_throttle(entry);
  if (action == "become") return load_become(entry, scenario, unbound);
  if (action == "mark") return Mark{.text = entry.text("mark")};
  Chance chance = load_chance(entry, action);
  if (action == "drop")
    return Drop{.links = std::move(chance.links), .probability = chance.probability};
  if (action == "duplicate")
    return Duplicate{.links = std::move(chance.links), .probability = chance.probability};
  if (action == "corrupt")
    return Corrupt{.links = std::move(chance.links), .probability = chance.probability};
  return Reorder{.links = std::move(chance.links),
                 .reordering = {.probability = chance.probability, .by = chance.by}};
}

std::string action_name(const Action& action) {
  static constexpr std::string_view kNames[] = {
      "partition", "partition", "isolate", "crash",   "restart",  "wipe",   "pause", "delay",
      "drop",      "duplicate", "reorder", "corrupt", "throttle", "become", "mark"};
  static_assert(std::size(kNames) == std::variant_size_v<Action>);
  return std::string(kNames[action.index()]);
}

std::optional<Behavior> load_behavior(Loading& loading, const YamlNode& node,
                                      const std::string& path, const Scenario& scenario,
                                      std::vector<UnboundOption>& unbound) {
  const YamlNode* name = node.is_scalar()                         ? &node
                         : node.is_map() && node.keys.size() == 1 ? &node.keys[0]
                                                                  : nullptr;
  if (!name) {
    loading.findings.error("E128", node.at, node.length,
                           "a behavior is a name, or a map of one name to its options",
                           "write `- silent` or `- delay: { by: 2s }`");
    return std::nullopt;
  }
  if (is_later("behavior", name->text)) {
    loading.findings.error("E190", name->at, name->length,
                           "behavior `" + name->text + "` is not available yet");
    return std::nullopt;
  }
  const auto& known = loading.catalogue.behaviors;
  const auto entry = std::find_if(known.begin(), known.end(),
                                  [&](const BehaviorEntry& b) { return b.name == name->text; });
  if (entry == known.end()) {
    std::vector<std::string> names;
    for (const BehaviorEntry& b : known) names.push_back(b.name);
    std::sort(names.begin(), names.end());
    const auto guess = nearest(name->text, names);
    loading.findings
        .error("E102", name->at, name->length, "unknown behavior " + ticked(name->text),
               guess ? "did you mean `" + *guess + "`?" : "")
        .notes.push_back("behaviors: " + join(names, " ") + " (byzlab list behaviors)");
    return std::nullopt;
  }
  if (!entry->protocols.empty() &&
      std::find(entry->protocols.begin(), entry->protocols.end(), scenario.protocol.name) ==
          entry->protocols.end() &&
      !scenario.protocol.name.empty())
    loading.findings.error("E162", name->at, name->length,
                           "behavior `" + entry->name + "` attacks " +
                               join(entry->protocols, ", ") + ", not " + scenario.protocol.name);
  const YamlNode* map = node.is_map() ? &node.items[0] : nullptr;
  if (map && map->is_null()) {
    loading.findings.error("E104", name->at, name->length, "behavior `" + name->text + "` is empty",
                           "write `- " + name->text + "` to have its defaults");
    map = nullptr;
  }
  return Behavior{.name = entry->name,
                  .options = read_options(loading, map, entry->options,
                                          {.section = "behavior." + entry->name,
                                           .shown = entry->name,
                                           .path = path + "." + entry->name,
                                           .at = name->at,
                                           .length = name->length},
                                          unbound),
                  .at = name->at};
}

void load_adversary(const Section& top, Scenario& scenario, Unbound& unbound) {
  if (!top.node("adversary")) return;
  Loading& loading = top.loading();
  const Section section = top.below("adversary", "adversary");
  scenario.adversary.members = selector_at(section, "members");
  scenario.adversary.beyond_bound = section.get<bool>("beyond_bound");
  const YamlNode* list = section.node("behaviors");
  if (!list) {
    if (const YamlNode* members = section.key("members"))
      loading.findings.warning("W311", members->at, members->length,
                               "the adversary has members but no behavior: they act honestly");
    return;
  }
  if (!list->is_sequence()) {
    loading.findings.error("E106", list->at, list->length, "`behaviors` must be a list",
                           "write `behaviors: [ silent ]`");
    return;
  }
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    std::vector<UnboundOption> options;
    auto behavior = load_behavior(loading, list->items[i],
                                  section.path_of("behaviors") + "[" + std::to_string(i) + "]",
                                  scenario, options);
    if (!behavior) continue;
    for (UnboundOption& option : options)
      unbound.behaviors.emplace_back(scenario.adversary.behaviors.size(), std::move(option));
    scenario.adversary.behaviors.push_back(std::move(*behavior));
  }
}

}  // namespace byzlab::scenario
