// Reads what a timeline entry does, and behaviors.
#include <algorithm>

#include "testbed/scenario/load_parts.h"
#include "testbed/scenario/nearest.h"
#include "testbed/scenario/selector_parser.h"
#include "testbed/scenario/text.h"

namespace byzlab::scenario {
namespace {

std::optional<Selector> selector_at(const Section& section, std::string_view key) {
  const YamlNode* node = section.node(key);
  return node ? parse_selector(section.loading(), *node, section.path_of(key)) : std::nullopt;
}

/// Reads one entry's fault by its row of the catalogue.
class ActionLoader {
 public:
  ActionLoader(const Section& entry, const FaultEntry& fault, const Scenario& scenario,
               std::vector<UnboundOption>& unbound)
      : entry_(entry),
        loading_(entry.loading()),
        fault_(fault),
        scenario_(scenario),
        unbound_(unbound) {}

  std::optional<Action> load() {
    action_.name = fault_.name;
    action_.meaning = fault_.meaning;
    action_.span = fault_.span;
    action_.brief = fault_.brief;
    action_.options = Options(fault_.options);
    const YamlNode& node = *entry_.node(fault_.name);
    if (is_brief(node)) {
      const OptionSpec& option = *fault_.option(fault_.brief);
      read(node, option, fault_.name, entry_.path_of(fault_.name));
    } else {
      load_map();
    }
    if (wrong_) return std::nullopt;
    add_default_links();
    return std::move(action_);
  }

 private:
  bool is_brief(const YamlNode& node) const {
    if (fault_.brief.empty()) return false;
    if (!fault_.has_map()) return true;
    const OptionType type = fault_.option(fault_.brief)->type;
    return node.is_scalar() || (!node.is_map() && is_resolved_by_the_run(type));
  }

  void load_map() {
    const Section section = entry_.below(fault_.name, fault_.section);
    for (const KeySpec& key : section.keys()) {
      const OptionSpec& option = *fault_.option(key.name);
      if (!option.needs.empty() && !section.has(option.needs))
        section.refuse(key.name, "without `" + std::string(option.needs) + "`");
      else if (const YamlNode* node = section.node(key.name))
        read(*node, option, key.name, section.path_of(key.name));
      else if (option.required)
        wrong_ |= is_resolved_by_the_run(option.type);
    }
  }

  /// `key` is what messages call it: the option, or the fault where the value stands alone.
  void read(const YamlNode& node, const OptionSpec& option, std::string_view key,
            const std::string& path) {
    switch (option.type) {
      case OptionType::selector: return read_selector(node, option, path);
      case OptionType::sides: return read_sides(node, path);
      case OptionType::links: return keep(parse_link_list(loading_, node, path), action_.links);
      case OptionType::behavior:
        return keep(load_behavior(loading_, node, path, scenario_, unbound_), action_.behavior);
      default: break;  // plain values
    }
    const KeySpec spec{
        .section = "timeline", .name = key, .type = value_type(option.type), .range = option.range};
    read_option(loading_, node, spec, path, action_.options, option.name);
  }

  template <class T, class Into>
  void keep(std::optional<T> value, Into& into) {
    wrong_ |= !value;
    if (value) into = std::move(*value);
  }

  void read_selector(const YamlNode& node, const OptionSpec& option, const std::string& path) {
    auto who = parse_selector(loading_, node, path);
    wrong_ |= !who;
    if (who) action_.selectors.emplace_back(option.name, std::move(*who));
  }

  void read_sides(const YamlNode& node, const std::string& path) {
    if (node.is_scalar() && node.text == "halves") return read_halves(node);
    if (!node.is_sequence() || node.items.size() < 2) {
      loading_.findings.error("E127", node.at, node.length, "a partition has at least two sides",
                              "write `partition: [ west, east ]`, `[ r0..r2, rest ]` or `halves`");
      wrong_ = true;
      return;
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      auto side = parse_selector(loading_, node.items[i], path + "[" + std::to_string(i) + "]");
      wrong_ |= !side;
      if (side) action_.sides.push_back(std::move(*side));
    }
  }

  void read_halves(const YamlNode& node) {
    const std::uint32_t n = scenario_.protocol.replicas;
    wrong_ = n < 2;
    if (n == 1) loading_.findings.error("E127", node.at, node.length, "one replica has no halves");
    if (wrong_) return;
    const std::uint32_t half = (n + 1) / 2;  // the first half is the larger one
    const auto side = [&](std::uint32_t first, std::uint32_t last) {
      action_.sides.push_back({.kind = Selector::Kind::replicas,
                               .first = ReplicaId(first),
                               .last = ReplicaId(last),
                               .at = node.at});
    };
    side(0, half - 1);
    side(half, n - 1);
  }

  /// What a row says of links where the file says nothing.
  void add_default_links() {
    if (!action_.links.empty()) return;
    for (const OptionSpec& option : fault_.options) {
      if (option.type != OptionType::links || option.default_text.empty()) continue;
      YamlNode node;
      node.kind = YamlNode::Kind::scalar;
      node.text = option.default_text;
      action_.links.push_back(*parse_links(loading_, node, ""));
    }
  }

  const Section& entry_;
  Loading& loading_;
  const FaultEntry& fault_;
  const Scenario& scenario_;
  std::vector<UnboundOption>& unbound_;
  Action action_;
  bool wrong_ = false;
};

}  // namespace

std::optional<Action> load_action(const Section& entry, std::string_view action,
                                  const Scenario& scenario, std::vector<UnboundOption>& unbound) {
  if (!entry.node(action)) return std::nullopt;  // empty: said already
  return ActionLoader(entry, *entry.loading().catalogue.fault(action), scenario, unbound).load();
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
  if (const YamlNode* key = section.key("behaviors"); key && !section.key("members"))
    loading.findings.warning("W311", key->at, key->length,
                             "the adversary has behaviors but no members: nobody acts so",
                             "add `members: any(f)`");
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
