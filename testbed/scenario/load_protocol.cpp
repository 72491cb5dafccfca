// Reads `protocol`, `workload`, `groups` and `runs`.
#include <algorithm>
#include <set>

#include "base/quantity.h"
#include "testbed/scenario/load_parts.h"
#include "testbed/scenario/nearest.h"
#include "testbed/scenario/selector_parser.h"
#include "testbed/scenario/text.h"

namespace byzlab::scenario {
namespace {

/// libsodium's Ed25519 and BLAKE2b as measured on the reference machine.
constexpr Costs kEd25519Costs = {.sign = std::chrono::nanoseconds{14'600},
                                 .verify = std::chrono::nanoseconds{37'200},
                                 .hash_per_byte = std::chrono::nanoseconds{1}};

void load_costs(const Section& protocol, Scenario& scenario) {
  const YamlNode* node = protocol.node("costs");
  if (!node) return;
  if (node->is_scalar()) {
    if (node->text == "ed25519") {
      scenario.protocol.costs = kEd25519Costs;
    } else if (node->text != "none") {
      protocol.loading().findings.error("E113", node->at, node->length,
                                        ticked(node->text) + " is none of none, ed25519, a map",
                                        "byzlab explain protocol.costs");
    }
    return;
  }
  const Section costs = protocol.below("costs", "protocol.costs");
  scenario.protocol.costs = {.sign = costs.get<Duration>("sign"),
                             .verify = costs.get<Duration>("verify"),
                             .hash_per_byte = costs.get<Duration>("hash_per_byte")};
}

void load_power(const Section& protocol, Scenario& scenario) {
  const YamlNode* node = protocol.node("power");
  Loading& loading = protocol.loading();
  if (!node || (node->is_scalar() && node->text == "equal")) return;
  if (!node->is_map()) {
    loading.findings.error("E106", node->at, node->length,
                           "`power` is `equal` or a map of selectors to shares",
                           "write `power: { r0: 0.51, rest: equal }`");
    return;
  }
  for (std::size_t i = 0; i < node->keys.size(); ++i) {
    const YamlNode &key = node->keys[i], &value = node->items[i];
    if (key.text.starts_with("x-")) continue;
    auto who = parse_selector(loading, key, protocol.path_of("power") + "." + key.text);
    std::optional<double> share;
    if (!value.is_scalar() || value.text != "equal") {
      const auto read = read_scalar(
          loading, value, {.section = "protocol", .name = "power", .type = ValueType::probability},
          protocol.path_of("power") + "=" + key.text);
      if (!read) continue;
      share = std::get<double>(*read);
    }
    if (who) scenario.protocol.power.push_back({.who = std::move(*who), .share = share});
  }
}

/// `options_of`: a map of selectors to options, each checked as the protocol's own are.
void load_own_options(const Section& section, const ProtocolEntry& entry, Protocol& protocol,
                      Unbound& unbound) {
  const YamlNode* node = section.node("options_of");
  Loading& loading = section.loading();
  if (!node) return;
  if (!node->is_map()) {
    loading.findings.error("E106", node->at, node->length,
                           "`options_of` is a map of selectors to options",
                           "write `options_of: { r3: { view_timeout: 2s } }`");
    return;
  }
  for (std::size_t i = 0; i < node->keys.size(); ++i) {
    const YamlNode &key = node->keys[i], &value = node->items[i];
    if (key.text.starts_with("x-")) continue;
    const std::string path = section.path_of("options_of") + "." + key.text;
    auto who = parse_selector(loading, key, path);
    std::vector<UnboundOption> options;
    OwnOptions own;
    own.options = read_options(loading, &value, entry.options,
                               {.section = "protocol." + protocol.name,
                                .shown = "options_of." + key.text,
                                .path = path,
                                .at = key.at,
                                .length = key.length},
                               options);
    if (!who || !value.is_map()) continue;
    own.who = std::move(*who);
    for (const YamlNode& option : value.keys) {
      const auto spec = std::ranges::find(entry.options, option.text, &OptionSpec::name);
      if (spec == entry.options.end()) continue;
      own.names.push_back(option.text);
      if (!spec->agreed) continue;
      loading.findings.error("E165", option.at, option.length,
                             "`" + option.text + "` must be the same for all replicas",
                             "set it in `options`");
    }
    for (UnboundOption& option : options)
      unbound.own.emplace_back(protocol.options_of.size(), std::move(option));
    protocol.options_of.push_back(std::move(own));
  }
}

}  // namespace

void load_protocol(const Section& top, Scenario& scenario, Unbound& unbound) {
  if (!top.node("protocol")) return;
  Loading& loading = top.loading();
  const Section section = top.below("protocol", "protocol");
  Protocol& protocol = scenario.protocol;
  protocol.name = section.text("name");
  if (const YamlNode* name = section.node("name")) protocol.at = name->at;
  protocol.replicas = section.number32("replicas");
  protocol.crypto = section.text("crypto") == "ed25519" ? Crypto::ed25519 : Crypto::modelled;
  load_costs(section, scenario);
  load_power(section, scenario);
  const ProtocolEntry* entry = protocol_entry(loading.catalogue, protocol.name);
  if (!entry) {
    if (protocol.name.empty()) return;
    std::vector<std::string> names;
    for (const ProtocolEntry& known : loading.catalogue.protocols) names.push_back(known.name);
    std::sort(names.begin(), names.end());
    const auto guess = nearest(protocol.name, names);
    Diagnostic& d = loading.findings.error("E102", protocol.at, section.node("name")->length,
                                           "unknown protocol " + ticked(protocol.name),
                                           guess ? "did you mean `" + *guess + "`?" : "");
    d.notes.push_back("protocols: " + join(names, " ") + " (byzlab list protocols)");
    return;
  }
  if (protocol.replicas != 0 && protocol.replicas < entry->min_replicas)
    loading.findings.error(
        "E112", section.node("replicas")->at, section.node("replicas")->length,
        protocol.name + " needs at least " + std::to_string(entry->min_replicas) + " replicas");
  const YamlNode* key = section.key("options");
  protocol.options = read_options(loading, section.node("options"), entry->options,
                                  {.section = "protocol." + protocol.name,
                                   .shown = "options",
                                   .path = section.path_of("options"),
                                   .at = key ? key->at : Position{},
                                   .length = key ? key->length : 1},
                                  unbound.protocol);
  load_own_options(section, *entry, protocol, unbound);
}

const ProtocolEntry* protocol_entry(const Catalogue& catalogue, const std::string& name) {
  for (const ProtocolEntry& entry : catalogue.protocols)
    if (entry.name == name) return &entry;
  return nullptr;
}

void load_workload(const Section& top, Scenario& scenario) {
  const Section section = top.below("workload", "workload");
  Workload& workload = scenario.workload;
  workload.clients = section.number32("clients");
  workload.mode = section.text("mode") == "closed" ? LoopMode::closed : LoopMode::open;
  workload.tx_size = section.get<std::uint64_t>("tx_size");
  workload.warmup = section.get<Duration>("warmup");
  if (section.node("timeout")) workload.timeout = section.get<Duration>("timeout");
  if (workload.mode == LoopMode::open) {
    workload.rate = section.get<double>("rate");
    workload.arrivals =
        section.text("arrivals") == "constant" ? Arrivals::constant : Arrivals::poisson;
    section.refuse("in_flight", "with `mode: open`: arrivals never wait");
  } else {
    workload.in_flight = section.number32("in_flight");
    section.refuse("rate", "with `mode: closed`: each client sends when it has its reply");
    section.refuse("arrivals", "with `mode: closed`");
  }
  if (const YamlNode* warmup = section.node("warmup");
      warmup && workload.warmup >= scenario.duration && scenario.duration.count() > 0)
    top.loading().findings.warning("W320", warmup->at, warmup->length,
                                   "the warm-up is not shorter than the run (`duration: " +
                                       cut(top.node("duration")->text, 20) +
                                       "`): nothing is measured");
}

void load_runs(const Section& top, Scenario& scenario) {
  if (!top.node("runs")) return;
  const Section section = top.below("runs", "runs");
  const YamlNode* seeds = section.node("seeds");
  Runs runs;
  runs.paired = section.get<bool>("paired");
  if (!seeds) return;
  const std::size_t dots = seeds->text.find("..");
  if (const auto one = parse_count(seeds->text); seeds->is_scalar() && one) {
    const std::string n = std::to_string(*one);
    top.loading().findings.error("E116", seeds->at, seeds->length,
                                 "`seeds` is a range: `" + n + "` could mean two",
                                 "write `seeds: 1.." + n + "` for " + n + " of them, or `" + n +
                                     ".." + n + "` for that one");
    return;
  }
  const auto first = parse_count(std::string_view(seeds->text).substr(0, dots));
  const auto last =
      parse_count(dots == std::string::npos ? "" : std::string_view(seeds->text).substr(dots + 2));
  if (!seeds->is_scalar() || !first || !last || *last < *first || *last - *first >= 10'000'000) {
    top.loading().findings.error("E116", seeds->at, seeds->length,
                                 "`seeds` is a range of at most 10000000 whole numbers",
                                 "write `seeds: 1..200`");
    return;
  }
  runs.first = *first;
  runs.last = *last;
  scenario.runs = runs;
}

void load_groups(const Section& top, Scenario& scenario) {
  const YamlNode* node = top.node("groups");
  if (!node) return;
  Loading& loading = top.loading();
  if (!node->is_map()) {
    loading.findings.error("E106", node->at, node->length,
                           "`groups` must be a map of names to selectors");
    return;
  }
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < node->keys.size(); ++i) {
    const YamlNode& key = node->keys[i];
    if (key.text.starts_with("x-") || !seen.insert(key.text).second) continue;
    if (!is_name(key.text) || is_reserved_selector(key.text)) {
      loading.findings.error("E137", key.at, key.length,
                             ticked(key.text) + " cannot be the name of a group",
                             is_name(key.text) ? "it means something already" : "");
      continue;
    }
    if (node->items[i].is_null()) {
      loading.findings.error("E104", key.at, key.length, "group " + ticked(key.text) + " is empty");
      continue;
    }
    if (auto members = parse_selector(loading, node->items[i], "groups." + key.text))
      scenario.groups.push_back({.name = key.text, .members = std::move(*members)});
  }
}

}  // namespace byzlab::scenario
