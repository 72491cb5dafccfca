// JSON Schema draft-07 from the key table: what an editor can know while a file is written. It is
// wider than the loader where a schema cannot count (who exists, what adds up).
#include <algorithm>
#include <functional>

#include "testbed/scenario/explain.h"
#include "testbed/scenario/key_table.h"
#include "testbed/scenario/text.h"

namespace byzlab::scenario {
namespace {

constexpr std::string_view kNumber = "[0-9]+(\\\\.[0-9]+)?";

/// A pattern for a quantity, alone or as a range.
std::string quantity(std::string_view units, bool unit_needed, std::string_view plain_type) {
  const std::string one =
      std::string(kNumber) + " ?(" + std::string(units) + ")" + (unit_needed ? "" : "?");
  const std::string pattern =
      "{\"type\": \"string\", \"pattern\": \"^" + one + "( ?\\\\.\\\\. ?" + one + ")?$\"}";
  if (plain_type.empty()) return pattern;
  return "{\"anyOf\": [{\"type\": \"" + std::string(plain_type) + "\", \"minimum\": 0}, " +
         pattern + "]}";
}

std::string any_of(const std::vector<std::string>& schemas) {
  return "{\"anyOf\": [" + join(schemas, ", ") + "]}";
}
std::string refer_to(std::string_view definition) {
  return "{\"$ref\": \"#/definitions/" + std::string(definition) + "\"}";
}
std::string map_of(const std::string& values) {
  return "{\"type\": \"object\", \"additionalProperties\": " + values + "}";
}
std::string list_of(const std::string& items) {
  return "{\"type\": \"array\", \"items\": " + items + "}";
}
constexpr std::string_view kText = "{\"type\": \"string\"}";

std::string enumeration(std::string_view choices) {
  std::vector<std::string> quoted_choices;
  for (const std::string& choice : split(choices, '|'))
    quoted_choices.push_back(json_quoted(choice));
  return "{\"enum\": [" + join(quoted_choices, ", ") + "]}";
}

/// The forms that the table calls special, by full name.
std::string special(const std::string& name) {
  if (name == "groups") return map_of(refer_to("selector"));
  if (name == "protocol.power")
    return any_of(
        {enumeration("equal"), map_of(any_of({enumeration("equal"), refer_to("probability")}))});
  if (name == "protocol.options") return "{\"type\": \"object\"}";
  if (name == "protocol.costs")
    return any_of({enumeration("none|ed25519"), refer_to("protocol.costs")});
  if (name == "network.regions") return map_of("{\"type\": \"integer\", \"minimum\": 0}");
  if (name == "network.reorder")
    return any_of({refer_to("probability"), refer_to("network.reorder")});
  if (name == "network.latency") {
    std::vector<std::string> models = {refer_to("duration")};
    for (const SectionSpec& section : sections({}))
      if (section.name.starts_with("network.latency.")) models.push_back(refer_to(section.name));
    return any_of(models);
  }
  if (name == "protocol.options_of") return map_of("{\"type\": \"object\"}");
  return std::string(kText);  // after, when, threshold, rate
}

std::string value_schema(const KeySpec& key, const std::string& name) {
  switch (key.type) {
    case ValueType::duration: return refer_to("duration");
    case ValueType::bytes: return refer_to("bytes");
    case ValueType::bandwidth: return refer_to("bandwidth");
    case ValueType::rate: return refer_to("rate");
    case ValueType::probability: return refer_to("probability");
    case ValueType::number: return refer_to("number");
    case ValueType::selector: return refer_to("selector");
    case ValueType::count: return name == "version" ? "{\"const\": 1}" : refer_to("count");
    case ValueType::choice: return enumeration(key.range);
    case ValueType::flag: return "{\"type\": \"boolean\"}";
    case ValueType::seeds:
      return any_of({"{\"type\": \"integer\", \"minimum\": 0}",
                     "{\"type\": \"string\", \"pattern\": \"^[0-9]+ ?\\\\.\\\\. ?[0-9]+$\"}"});
    case ValueType::links: return any_of({std::string(kText), list_of(std::string(kText))});
    case ValueType::kinds: return any_of({std::string(kText), list_of(std::string(kText))});
    case ValueType::sides:
      return any_of({enumeration("halves"), "{\"type\": \"array\", \"minItems\": 2, \"items\": " +
                                                refer_to("selector") + "}"});
    case ValueType::behavior: return refer_to("behavior");
    case ValueType::special: return special(name);
    case ValueType::section: return refer_to(name);
    case ValueType::list:
      if (name == "adversary.behaviors") return list_of(refer_to("behavior"));
      if (name == "timeline.one_of") return list_of("{\"type\": \"object\"}");
      return list_of(refer_to(name));
    case ValueType::text:
    case ValueType::name:
    case ValueType::views:
    case ValueType::window: break;
  }
  return "{\"type\": [\"string\", \"number\"]}";
}

std::string with_doc(const std::string& schema, const KeySpec& key) {
  std::string doc = "\"description\": " + json_quoted(key.doc);
  if (!key.default_text.empty()) doc += ", \"default\": " + json_quoted(key.default_text);
  // Beside a $ref draft-07 ignores everything: wrap it.
  return "{" + doc + ", \"allOf\": [" + schema + "]}";
}

using OwnSchema = std::function<std::string(const KeySpec&)>;

/// `own` gives the schema of keys that have one of their own, else nothing.
std::string object_schema(std::span<const KeySpec> keys, std::string_view section,
                          const std::string& more = "", const OwnSchema& own = nullptr) {
  std::string properties, required;
  for (const KeySpec& key : keys) {
    const std::string name =
        (section.empty() ? "" : std::string(section) + ".") + std::string(key.name);
    std::string schema = own ? own(key) : "";
    if (schema.empty()) schema = value_schema(key, name);
    properties += (properties.empty() ? "" : ",\n    ") + json_quoted(key.name) + ": " +
                  with_doc(schema, key);
    if (key.required) required += (required.empty() ? "" : ", ") + json_quoted(key.name);
  }
  return "{\"type\": \"object\", \"additionalProperties\": false, \"patternProperties\": {\"^x-\": "
         "{}}" +
         (required.empty() ? "" : ", \"required\": [" + required + "]") + more +
         ", \"properties\": {\n    " + properties + "}}";
}

/// Exactly one of these keys.
std::string exactly_one(const std::vector<std::string>& keys) {
  std::vector<std::string> alternatives;
  for (const std::string& key : keys)
    alternatives.push_back("{\"required\": [" + json_quoted(key) + "]}");
  return ", \"oneOf\": [" + join(alternatives, ", ") + "]";
}

/// A fault's value alone, its map, or either.
std::string fault_schema(const FaultEntry& fault) {
  std::vector<std::string> forms;
  if (const OptionSpec* brief = fault.option(fault.brief))
    forms.push_back(value_schema({.section = "timeline",
                                  .name = fault.name,
                                  .type = value_type(brief->type),
                                  .range = brief->range},
                                 fault.section));
  if (fault.has_map()) forms.push_back(refer_to(fault.section));
  return forms.size() == 1 ? forms[0] : any_of(forms);
}

std::string entry_schema(const Catalogue& catalogue) {
  std::vector<std::string> actions{"one_of"};
  for (const FaultEntry& fault : catalogue.faults) actions.push_back(fault.name);
  return object_schema(keys_of("timeline", catalogue), "timeline", exactly_one(actions),
                       [&](const KeySpec& key) {
                         const FaultEntry* fault = catalogue.fault(key.name);
                         return fault ? fault_schema(*fault) : std::string();
                       });
}

std::string expectation_schema() {
  std::vector<std::string> properties;
  const auto keys = keys_of("expect", {});
  for (const KeySpec& key : keys)
    if (is_property(key.name)) properties.emplace_back(key.name);
  return object_schema(keys, "expect", exactly_one(properties));
}

std::string protocol_schema(const Catalogue& catalogue) {
  std::vector<std::string> rules;
  std::string names;
  for (const ProtocolEntry& protocol : catalogue.protocols) {
    names += (names.empty() ? "" : "|") + protocol.name;
    rules.push_back("{\"if\": {\"properties\": {\"name\": {\"const\": " +
                    json_quoted(protocol.name) + "}}}, \"then\": {\"properties\": {\"options\": " +
                    object_schema(keys_of_options(protocol.options, ""), "options") + "}}}");
  }
  if (rules.empty()) return object_schema(keys_of("protocol", catalogue), "protocol");
  rules.push_back("{\"properties\": {\"name\": " + enumeration(names) + "}}");
  return object_schema(keys_of("protocol", catalogue), "protocol",
                       ", \"allOf\": [" + join(rules, ",\n    ") + "]");
}

std::string behavior_schema(const Catalogue& catalogue) {
  std::string names, maps;
  for (const BehaviorEntry& behavior : catalogue.behaviors) {
    names += (names.empty() ? "" : "|") + behavior.name;
    maps += (maps.empty() ? "" : ",\n    ") + json_quoted(behavior.name) + ": " +
            object_schema(keys_of_options(behavior.options, ""), "options");
  }
  if (names.empty()) return any_of({std::string(kText), "{\"type\": \"object\"}"});
  return any_of({enumeration(names),
                 "{\"type\": \"object\", \"minProperties\": 1, \"maxProperties\": 1, "
                 "\"additionalProperties\": false, \"properties\": {" +
                     maps + "}}"});
}

}  // namespace

std::string json_schema(const Catalogue& catalogue) {
  std::vector<std::string> definitions;
  const auto define = [&](std::string_view name, const std::string& schema) {
    definitions.push_back(json_quoted(name) + ": " + schema);
  };
  define("duration", quantity("ns|us|ms|s|min|h|d", true, ""));
  define("count", quantity("", false, "integer"));
  define("bytes", quantity("B|kB|MB|GB|KiB|MiB|GiB", true, ""));
  define("bandwidth", quantity("bit/s|kbit/s|Mbit/s|Gbit/s", true, ""));
  define("rate", quantity("tx/s", true, ""));
  define("probability", quantity("%", false, "number"));
  define("number", quantity("", false, "number"));
  define("selector", any_of({std::string(kText), list_of(refer_to("selector"))}));
  define("behavior", behavior_schema(catalogue));
  for (const SectionSpec& section : sections(catalogue)) {
    if (section.name.empty()) continue;
    std::string schema = object_schema(keys_of(section.name, catalogue), section.name);
    if (section.name == "protocol") schema = protocol_schema(catalogue);
    if (section.name == "timeline") schema = entry_schema(catalogue);
    if (section.name == "expect") schema = expectation_schema();
    define(section.name, schema);
  }
  return "{\"$schema\": \"http://json-schema.org/draft-07/schema#\",\n\"title\": \"byzlab "
         "scenario\",\n\"definitions\": {\n  " +
         join(definitions, ",\n  ") + "},\n\"allOf\": [" +
         object_schema(keys_of("", catalogue), "") + "]}\n";
}

}  // namespace byzlab::scenario
