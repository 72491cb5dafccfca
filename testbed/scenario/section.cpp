// A map of the file read by the key table.
#include "testbed/scenario/section.h"

#include <algorithm>
#include <stdexcept>

#include "testbed/scenario/nearest.h"
#include "testbed/scenario/selector_parser.h"
#include "testbed/scenario/text.h"

namespace byzlab::scenario {
namespace {

std::string kind_words(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null: return "nothing";
    case YamlNode::Kind::scalar: return "the value " + ticked(node.text);
    case YamlNode::Kind::sequence: return "a list";
    case YamlNode::Kind::map: return "a map";
  }
  return "";
}

/// Sections other than `here` that have this key.
std::vector<std::string> homes_of(std::string_view key, std::string_view here,
                                  const Loading& loading) {
  std::vector<std::string> homes;
  for (const OptionSpec& option :
       loading.protocol ? loading.protocol->options : std::span<const OptionSpec>{})
    if (option.name == key && here != "protocol.options") homes.push_back("`protocol.options`");
  for (const SectionSpec& section : sections(loading.catalogue)) {
    if (section.name == here) continue;
    for (const KeySpec& spec : keys_of(section.name, loading.catalogue))
      if (spec.name == key && homes.size() < 3)
        homes.push_back(section.name.empty() ? "the top level"
                                             : "`" + std::string(section.name) + "`");
  }
  return homes;
}

}  // namespace

Section::Section(Loading& loading, const YamlNode* map, Place place)
    : Section(loading, map, place, keys_of(place.section, loading.catalogue)) {}

Section::Section(Loading& loading, const YamlNode* map, Place place, std::vector<KeySpec> keys)
    : loading_(loading), map_(map), place_(std::move(place)), keys_(std::move(keys)) {
  check_keys();
}

bool Section::has(std::string_view name) const { return key(name) != nullptr; }

const YamlNode* Section::key(std::string_view name) const {
  if (!map_ || !map_->is_map()) return nullptr;
  for (const YamlNode& key : map_->keys)
    if (key.text == name) return &key;
  return nullptr;
}

const YamlNode* Section::node(std::string_view name) const {
  const YamlNode* found = map_ && map_->is_map() ? map_->find(name) : nullptr;
  return found && !found->is_null() ? found : nullptr;
}

Section Section::below(std::string_view name, std::string section) const {
  const YamlNode* at = key(name);
  return Section(loading_, node(name),
                 {.section = std::move(section),
                  .shown = std::string(name),
                  .path = path_of(name),
                  .at = at ? at->at : Position{},
                  .length = at ? at->length : 1});
}

std::string Section::path_of(std::string_view name) const {
  return place_.path.empty() ? std::string(name) : place_.path + "." + std::string(name);
}

void Section::refuse(std::string_view name, std::string_view why) const {
  if (const YamlNode* at = key(name))
    loading_.findings.error("E117", at->at, at->length,
                            "`" + std::string(name) + "` has no meaning " + std::string(why),
                            "remove it");
}

void Section::check_keys() const {
  if (!map_) return;
  if (!map_->is_map()) {
    loading_.findings.error("E106", map_->at, map_->length,
                            (place_.shown.empty() ? "the file" : "`" + place_.shown + "`") +
                                " must be a map of keys and values, this is " + kind_words(*map_));
    return;
  }
  for (std::size_t i = 0; i < map_->keys.size(); ++i) {
    const YamlNode& key = map_->keys[i];
    if (!key.is_scalar() || key.text.starts_with("x-") || key.text == "<<") continue;
    if (loading_.findings.is_full()) return;
    const bool known = std::any_of(keys_.begin(), keys_.end(),
                                   [&](const KeySpec& spec) { return spec.name == key.text; });
    if (!known)
      report_unknown(key);
    else if (map_->items[i].is_null())
      report_empty(i);
  }
  report_missing();
}

void Section::report_unknown(const YamlNode& key) const {
  const std::string in = place_.shown.empty() ? " at the top level" : " in `" + place_.shown + "`";
  if (is_later(place_.section, key.text)) {
    loading_.findings.error("E190", key.at, key.length,
                            "`" + key.text + "`" + in + " is not available yet");
    return;
  }
  std::vector<std::string> names;
  for (const KeySpec& spec : keys_) names.emplace_back(spec.name);
  std::sort(names.begin(), names.end());
  std::string hint;
  if (const auto homes = homes_of(key.text, place_.section, loading_); !homes.empty())
    hint = "`" + key.text + "` belongs in " + join(homes, ", ");
  else if (const auto guess = nearest(key.text, names))
    hint = "did you mean `" + *guess + "`?";
  Diagnostic& d = loading_.findings.error("E101", key.at, key.length,
                                          "unknown key " + ticked(key.text) + in, std::move(hint));
  d.notes.push_back("allowed here: " + (names.empty() ? "nothing" : join(names, " ")) +
                    (place_.section.empty() ? "" : " (byzlab explain " + place_.section + ")"));
}

void Section::report_empty(std::size_t index) const {
  const YamlNode& key = map_->keys[index];
  std::string message = "`" + key.text + "` is empty", hint;
  const bool holds_more = spec(key.text).type == ValueType::section ||
                          spec(key.text).type == ValueType::list ||
                          spec(key.text).type == ValueType::special;
  if (!holds_more) message = "`" + key.text + "` has no value";
  if (holds_more && index + 1 < map_->keys.size()) {
    const YamlNode& next = map_->keys[index + 1];
    const auto is_next = [&](const KeySpec& s) { return s.name == next.text; };
    const auto here = keys_of(key.text, loading_.catalogue);
    if (next.at.column == key.at.column && std::none_of(keys_.begin(), keys_.end(), is_next) &&
        std::any_of(here.begin(), here.end(), is_next))
      message += "; line " + std::to_string(next.at.line) +
                 " starts at the same column. Indent it by two spaces?";
  }
  if (message.ends_with("is empty")) hint = "remove it to have its defaults";
  loading_.findings.error("E104", key.at, key.length, std::move(message), std::move(hint));
}

void Section::report_missing() const {
  std::vector<std::string> missing;
  for (const KeySpec& spec : keys_)
    if (spec.required && !has(spec.name)) missing.push_back("`" + std::string(spec.name) + "`");
  if (missing.empty()) return;
  Position at = place_.at;
  if (at.line == 0) at = {.line = 1, .column = 1, .from_set = map_->at.from_set};
  loading_.findings.error("E105", at, place_.length,
                          (place_.shown.empty() ? "a scenario" : "`" + place_.shown + "`") +
                              " needs " + join(missing, ", "),
                          place_.section.empty() ? "" : "byzlab explain " + place_.section);
}

const KeySpec& Section::spec(std::string_view name) const {
  for (const KeySpec& spec : keys_)
    if (spec.name == name) return spec;
  throw std::logic_error("no key " + std::string(name) + " in section " + place_.section);
}

std::optional<Value> Section::read(std::string_view name, bool or_default) const {
  const KeySpec& key_spec = spec(name);
  if (const YamlNode* found = node(name))
    return read_scalar(loading_, *found, key_spec, path_of(name));
  if (!or_default || key_spec.default_text.empty()) return std::nullopt;
  return read_value(key_spec.type, key_spec.default_text, key_spec.range, 0).value;
}

std::optional<Value> read_scalar(Loading& loading, const YamlNode& node, const KeySpec& spec,
                                 const std::string& path) {
  if (!node.is_scalar()) {
    loading.findings.error("E106", node.at, node.length,
                           "`" + std::string(spec.name) + "` takes one value (" +
                               std::string(type_words(spec.type)) + "), this is " +
                               kind_words(node));
    return std::nullopt;
  }
  ValueResult result = read_value(spec.type, node.text, spec.range, bits_for(loading.seed, path));
  if (result.drawn) loading.drew = true;
  if (!result.value)
    loading.findings.error(result.code, node.at, node.length, std::move(result.message),
                           std::move(result.hint));
  return result.value;
}

namespace {

bool is_kind(const Loading& loading, std::string_view word) {
  const auto& known = loading.protocol->messages;
  return std::find(known.begin(), known.end(), word) != known.end();
}

Diagnostic& unknown_kind(Loading& loading, Position at, std::uint32_t length, std::string message,
                         std::string hint) {
  const ProtocolEntry& protocol = *loading.protocol;
  Diagnostic& d = loading.findings.error(
      "E163", at, length, protocol.name + " has no message " + std::move(message), std::move(hint));
  d.notes.push_back("messages of " + protocol.name + ": " + join(protocol.messages, " "));
  return d;
}

/// Calls f(word, its offset) for each word of "A, B".
template <class F>
void for_each_kind(std::string_view text, F&& f) {
  std::size_t at = 0;
  while ((at = text.find_first_not_of(", ", at)) != std::string_view::npos) {
    const std::size_t end = std::min(text.find_first_of(", ", at), text.size());
    f(text.substr(at, end - at), at);
    at = end;
  }
}

/// What a behavior touches when the file does not say.
void check_default_kinds(Loading& loading, std::string_view kinds, const Section::Place& place) {
  if (!loading.protocol || loading.protocol->messages.empty()) return;
  for_each_kind(kinds, [&](std::string_view word, std::size_t) {
    if (is_kind(loading, word)) return;
    unknown_kind(loading, place.at, place.length, "`" + std::string(word) + "`",
                 "`" + place.shown + "` touches these by default: name others by `kinds`");
  });
}

}  // namespace

void check_kinds(Loading& loading, const YamlNode& node) {
  if (node.is_sequence()) {
    for (const YamlNode& item : node.items) check_kinds(loading, item);
    return;
  }
  if (!node.is_scalar() || !loading.protocol || loading.protocol->messages.empty()) return;
  for_each_kind(node.text, [&](std::string_view word, std::size_t offset) {
    if (is_kind(loading, word)) return;
    const std::uint32_t length = std::max<std::uint32_t>(1, code_points(word));
    Position at = node.at;
    at.column += code_points(std::string_view(node.text).substr(0, offset)) +
                 (node.length > code_points(node.text) ? 1 : 0);
    const auto guess = nearest(word, loading.protocol->messages);
    unknown_kind(loading, at, length, ticked(word), guess ? "did you mean `" + *guess + "`?" : "");
  });
}

Options read_options(Loading& loading, const YamlNode* map, std::span<const OptionSpec> specs,
                     Section::Place place, std::vector<UnboundOption>& unbound) {
  Options options(specs);
  const std::vector<KeySpec> keys = keys_of_options(specs, place.section);
  const Section section(loading, map, std::move(place), keys);
  for (const KeySpec& key : keys) {
    const YamlNode* node = section.node(key.name);
    if (!node && key.type == ValueType::kinds)
      check_default_kinds(loading, key.default_text, section.place());
    if (!node) continue;
    const std::string path = section.path_of(key.name);
    if (key.type == ValueType::selector) {
      if (auto who = parse_selector(loading, *node, path))
        unbound.push_back({std::string(key.name), std::move(*who)});
      continue;
    }
    read_option(loading, *node, key, path, options);
  }
  return options;
}

bool read_option(Loading& loading, const YamlNode& node, const KeySpec& key,
                 const std::string& path, Options& options, std::string_view name) {
  std::string text = node.text;
  if (key.type == ValueType::kinds) check_kinds(loading, node);
  const bool list = key.type == ValueType::kinds;
  if (list && node.is_sequence()) {
    std::vector<std::string> names;
    for (const YamlNode& item : node.items) names.push_back(item.text);
    text = join(names, ", ");
  } else {
    const auto value = read_scalar(loading, node, key, path);
    if (!value) return false;
    text = value_text(key.type, *value);
  }
  const auto wrong = options.set(name.empty() ? key.name : name, text);
  if (wrong) loading.findings.error("E111", node.at, node.length, *wrong);
  return !wrong;
}

}  // namespace byzlab::scenario
