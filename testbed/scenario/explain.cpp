// The manual in the terminal and as a page, made from the key table and the catalogue.
#include "testbed/scenario/explain.h"

#include <algorithm>

#include "testbed/scenario/codes.h"
#include "testbed/scenario/key_table.h"
#include "testbed/scenario/nearest.h"
#include "testbed/scenario/text.h"

namespace byzlab::scenario {
namespace {

std::string full_name(const KeySpec& key) {
  return (key.section.empty() ? "" : std::string(key.section) + ".") + std::string(key.name);
}

std::string type_text(const KeySpec& key) {
  if (key.type == ValueType::choice) return join(split(key.range, '|'), " | ");
  return std::string(type_words(key.type));
}

/// Inclusive limits in words; choices say them already.
std::string range_text(const KeySpec& key) {
  const std::size_t dots = key.range.find("..");
  if (key.type == ValueType::choice || dots == std::string_view::npos) return "";
  return std::string(key.range.substr(0, dots)) + " to " + std::string(key.range.substr(dots + 2));
}

std::string key_line(const KeySpec& key, std::size_t width) {
  std::string name(key.name);
  name.resize(std::max(width, name.size()), ' ');
  std::string text = "  " + name + "  " + type_text(key);
  if (const std::string range = range_text(key); !range.empty()) text += ", " + range;
  if (key.required)
    text += ", required";
  else if (!key.default_text.empty())
    text += ", default " + std::string(key.default_text);
  return text + "\n  " + std::string(width, ' ') + "    " + std::string(key.doc) + "\n";
}

std::string keys_text(std::span<const KeySpec> keys) {
  std::size_t width = 0;
  for (const KeySpec& key : keys) width = std::max(width, key.name.size());
  std::string text;
  for (const KeySpec& key : keys) text += key_line(key, width);
  return text;
}

std::string section_text(const SectionSpec& section, const Catalogue& catalogue) {
  std::string text = (section.name.empty() ? "scenario" : section.name) + "\n\n" + section.doc +
                     "\n\n" + keys_text(keys_of(section.name, catalogue));
  std::string below;
  for (const SectionSpec& other : sections(catalogue))
    if (other.name.starts_with(section.name + ".")) below += " " + other.name;
  return text + (below.empty() ? "" : "\nmore:" + below + "\n");
}

std::string key_text(const KeySpec& key, const Catalogue& catalogue) {
  const FaultEntry* fault = key.section == "timeline" ? catalogue.fault(key.name) : nullptr;
  std::string text = full_name(key) + "\n\n" + std::string(key.doc) + "\n\n  type     " +
                     (fault ? form_text(*fault) : type_text(key)) + "\n";
  if (fault && !fault->example.empty())
    text += "  example  " + fault->name + ": " + fault->example + "\n";
  if (const std::string range = range_text(key); !range.empty())
    text += "  range    " + range + "\n";
  if (key.required) text += "  required\n";
  if (!key.default_text.empty()) text += "  default  " + std::string(key.default_text) + "\n";
  return text + "  since    " + std::string(key.since) + "\n";
}

std::string protocol_text(const ProtocolEntry& protocol) {
  return "protocol " + protocol.name + "\n\n" + protocol.summary +
         "\nTolerates: " + protocol.bound + "\n\noptions\n" +
         keys_text(keys_of_options(protocol.options, "protocol.options"));
}

std::string behavior_text(const BehaviorEntry& behavior) {
  std::string text = "behavior " + behavior.name + "\n\n" + behavior.summary + "\n";
  if (!behavior.protocols.empty()) text += "Only with: " + join(behavior.protocols, ", ") + "\n";
  return text + "\noptions\n" + keys_text(keys_of_options(behavior.options, "behavior"));
}

std::vector<std::string> topics(const Catalogue& catalogue) {
  std::vector<std::string> all;
  for (const SectionSpec& section : sections(catalogue)) {
    if (!section.name.empty()) all.emplace_back(section.name);
    for (const KeySpec& key : keys_of(section.name, catalogue)) {
      all.push_back(full_name(key));
      all.emplace_back(key.name);
    }
  }
  for (const ProtocolEntry& protocol : catalogue.protocols) {
    all.push_back(protocol.name);
    all.push_back("protocol." + protocol.name);
  }
  for (const BehaviorEntry& behavior : catalogue.behaviors) {
    all.push_back(behavior.name);
    all.push_back("behavior." + behavior.name);
  }
  for (const CodeSpec& code : codes()) all.emplace_back(code.code);
  return all;
}

/// A cell of a Markdown table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string table(std::span<const KeySpec> keys, const Catalogue& catalogue) {
  std::string text = "| Key | Value | Default | What it says |\n|---|---|---|---|\n";
  for (const KeySpec& key : keys) {
    const FaultEntry* fault = key.section == "timeline" ? catalogue.fault(key.name) : nullptr;
    std::string value = fault ? form_text(*fault) : type_text(key);
    if (const std::string range = range_text(key); !range.empty()) value += ", " + range;
    std::string initial = key.required               ? "required"
                          : key.default_text.empty() ? ""
                                                     : "`" + std::string(key.default_text) + "`";
    text += "| `" + std::string(key.name) + "` | " + cell(value) + " | " + cell(initial) + " | " +
            cell(key.doc) + " |\n";
  }
  return text;
}

}  // namespace

std::optional<std::string> explain(std::string_view topic, const Catalogue& catalogue) {
  if (const CodeSpec* code = find_code(topic)) return code_text(*code);
  if (topic == "scenario") topic = "";
  for (const SectionSpec& section : sections(catalogue))
    if (section.name == topic) return section_text(section, catalogue);
  std::string found;
  const auto add = [&](const std::string& text) { found += (found.empty() ? "" : "\n") + text; };
  for (const ProtocolEntry& protocol : catalogue.protocols)
    if (topic == protocol.name || topic == "protocol." + protocol.name)
      add(protocol_text(protocol));
  for (const BehaviorEntry& behavior : catalogue.behaviors)
    if (topic == behavior.name || topic == "behavior." + behavior.name)
      add(behavior_text(behavior));
  if (topic == "network.latency" || topic == "latency")
    for (const SectionSpec& section : sections(catalogue))
      if (section.name.starts_with("network.latency.")) add(section_text(section, catalogue));
  for (const SectionSpec& section : sections(catalogue))
    for (const KeySpec& key : keys_of(section.name, catalogue))
      if (topic == full_name(key) ||
          (topic == key.name && !section.name.starts_with("network.latency.")))
        add(key_text(key, catalogue));
  return found.empty() ? std::nullopt : std::optional(std::move(found));
}

std::optional<std::string> nearest_topic(std::string_view topic, const Catalogue& catalogue) {
  return nearest(topic, topics(catalogue));
}

std::string reference_page(const Catalogue& catalogue) {
  std::string text =
      "# Scenario reference\n\n"
      "Generated from the key table (testbed/scenario/key_table.cpp) and the registries; `byzlab "
      "explain KEY` prints the same.\n\n"
      "Units are mandatory. A number or a duration may be a range such as `5s..20s`: the seed "
      "draws one, and\n"
      "scenario.lock.yaml has what was drawn. Keys that start with `x-` are ignored everywhere.\n\n"
      "**Who** (selectors): `r3`, `r0..r3`, `[r0, r5]`, a group, `region:NAME`, `role:leader`, "
      "`role:next_leader`,\n"
      "`role:follower` (who is up and does not lead; everybody up while nobody leads), `honest`,\n"
      "`byzantine`, `all`, `rest`, `any(k)` or `any(k of SELECTOR)`, where k is `2`, `f`, `f+1`, "
      "`n/3` or `33%`,\n"
      "or a range of these such as `0..f`, of which the seed draws one.\n";
  for (const SectionSpec& section : sections(catalogue)) {
    const std::string title = section.name.empty() ? "Top level" : "`" + section.name + "`";
    text += "\n## " + title + "\n\n" + section.doc + "\n\n" +
            table(keys_of(section.name, catalogue), catalogue);
  }
  for (const ProtocolEntry& protocol : catalogue.protocols)
    text += "\n## Options of protocol `" + protocol.name + "`\n\n" + protocol.summary +
            ". Tolerates: " + protocol.bound + ".\n\n" +
            table(keys_of_options(protocol.options, ""), catalogue);
  for (const BehaviorEntry& behavior : catalogue.behaviors) {
    text += "\n## Options of behavior `" + behavior.name + "`\n\n" + behavior.summary + "\n";
    if (!behavior.protocols.empty())
      text += "\nOnly with " + join(behavior.protocols, ", ") + ".\n";
    if (!behavior.options.empty())
      text += "\n" + table(keys_of_options(behavior.options, ""), catalogue);
  }
  return text;
}

}  // namespace byzlab::scenario
