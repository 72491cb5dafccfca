// Options of an engine, an attacker or a behavior.
#include "consensus/options.h"

#include <algorithm>
#include <stdexcept>

#include "base/quantity.h"

namespace byzlab {
namespace {

std::string_view type_name(OptionType type) {
  switch (type) {
    case OptionType::duration: return "duration";
    case OptionType::count: return "count";
    case OptionType::bytes: return "bytes";
    case OptionType::probability: return "probability";
    case OptionType::number: return "number";
    case OptionType::choice: return "choice";
    case OptionType::flag: return "flag";
    case OptionType::kinds: return "list of message kinds";
    case OptionType::replicas: return "replicas";
    case OptionType::bandwidth: return "bandwidth";
    case OptionType::text: return "text";
    case OptionType::views: return "range of views";
    case OptionType::selector: return "selector";
    case OptionType::sides: return "list of sides";
    case OptionType::links: return "links";
    case OptionType::behavior: return "behavior";
  }
  return "?";
}

/// Reads `text` by `parse`, then compares it with the two ends of `range`.
template <class Parse>
std::optional<std::string> read_number(const OptionSpec& spec, std::string_view text, Parse parse,
                                       OptionValue& out) {
  const auto value = parse(text);
  if (!value) return value.reason() + (value.hint().empty() ? "" : "; " + value.hint());
  if (const auto dots = spec.range.find(".."); dots != std::string_view::npos) {
    const auto low = parse(spec.range.substr(0, dots));
    const auto high = parse(spec.range.substr(dots + 2));
    if (!low || !high) throw std::logic_error("bad range of option " + std::string(spec.name));
    if (*value < *low || *high < *value)
      return "`" + std::string(text) + "` is outside " + std::string(spec.range);
  }
  out = *value;
  return std::nullopt;
}

std::optional<std::string> read_choice(const OptionSpec& spec, std::string_view text,
                                       OptionValue& out) {
  for (std::size_t at = 0; at <= spec.range.size();) {
    const std::size_t end = std::min(spec.range.find('|', at), spec.range.size());
    if (spec.range.substr(at, end - at) == text) {
      out = std::string(text);
      return std::nullopt;
    }
    at = end + 1;
  }
  return "`" + std::string(text) + "` is none of " + std::string(spec.range);
}

/// Letters, digits and underscores, apart by spaces and commas; kept as "A, B".
std::optional<std::string> read_names(std::string_view text, OptionValue& out) {
  std::string list;
  bool in_word = false;
  for (const char c : text) {
    const bool letter =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!letter && c != ' ' && c != ',')
      return "`" + std::string(text) + "` is no list of names; write them as `A, B`";
    if (letter && !in_word && !list.empty()) list += ", ";
    if (letter) list += c;
    in_word = letter;
  }
  out = std::move(list);
  return std::nullopt;
}

/// "3", "3..7", or nothing.
std::optional<std::pair<std::uint64_t, std::uint64_t>> parse_views(std::string_view text) {
  const std::size_t dots = text.find("..");
  const auto first = parse_count(text.substr(0, dots));
  const auto last = dots == std::string_view::npos ? first : parse_count(text.substr(dots + 2));
  if (!first || !last || *last < *first) return std::nullopt;
  return std::pair{*first, *last};
}

std::optional<std::string> read_views(std::string_view text, OptionValue& out) {
  if (text.empty()) {
    out = std::string();
    return std::nullopt;
  }
  const auto range = parse_views(text);
  if (!range) return "`" + std::string(text) + "` is no range of views; write `3` or `3..7`";
  out = std::to_string(range->first) + ".." + std::to_string(range->second);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> parse_option(const OptionSpec& spec, std::string_view text,
                                        OptionValue& out) {
  switch (spec.type) {
    case OptionType::duration: return read_number(spec, text, parse_duration, out);
    case OptionType::count: return read_number(spec, text, parse_count, out);
    case OptionType::bytes: return read_number(spec, text, parse_bytes, out);
    case OptionType::probability: return read_number(spec, text, parse_probability, out);
    case OptionType::number: return read_number(spec, text, parse_number, out);
    case OptionType::choice: return read_choice(spec, text, out);
    case OptionType::flag:
      if (text != "true" && text != "false") return "write true or false";
      out = text == "true";
      return std::nullopt;
    case OptionType::kinds: return read_names(text, out);
    case OptionType::bandwidth: return read_number(spec, text, parse_bandwidth, out);
    case OptionType::text: out = std::string(text); return std::nullopt;
    case OptionType::views: return read_views(text, out);
    case OptionType::selector:
    case OptionType::sides:
    case OptionType::links:
    case OptionType::behavior: return "who that is, is known only during a run";
    case OptionType::replicas:
      if (!text.empty()) return "a selector is resolved by the scenario";
      out = std::vector<ReplicaId>{};
      return std::nullopt;
  }
  return "unknown type";
}

Options::Options(std::span<const OptionSpec> specs) : specs_(specs), values_(specs.size()) {
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (specs[i].required || is_resolved_by_the_run(specs[i].type)) continue;
    if (const auto wrong = parse_option(specs[i], specs[i].default_text, values_[i]))
      throw std::logic_error("default of option " + std::string(specs[i].name) + ": " + *wrong);
  }
}

Duration Options::duration(std::string_view name) const {
  return read<Duration>(name, OptionType::duration);
}
std::uint64_t Options::count(std::string_view name) const {
  return read<std::uint64_t>(name, OptionType::count);
}
std::uint64_t Options::bytes(std::string_view name) const {
  return read<std::uint64_t>(name, OptionType::bytes);
}
double Options::probability(std::string_view name) const {
  return read<double>(name, OptionType::probability);
}
double Options::number(std::string_view name) const {
  return read<double>(name, OptionType::number);
}
std::string_view Options::choice(std::string_view name) const {
  return read<std::string>(name, OptionType::choice);
}
std::string_view Options::kinds(std::string_view name) const {
  return read<std::string>(name, OptionType::kinds);
}
std::uint64_t Options::bandwidth(std::string_view name) const {
  return read<std::uint64_t>(name, OptionType::bandwidth);
}
std::string_view Options::words(std::string_view name) const {
  return read<std::string>(name, OptionType::text);
}
std::optional<std::pair<View, View>> Options::views(std::string_view name) const {
  const auto range = parse_views(read<std::string>(name, OptionType::views));
  if (!range) return std::nullopt;
  return std::pair{View(range->first), View(range->second)};
}
bool Options::has(std::string_view name) const {
  return std::ranges::find(specs_, name, &OptionSpec::name) != specs_.end();
}
bool Options::flag(std::string_view name) const { return read<bool>(name, OptionType::flag); }
std::span<const ReplicaId> Options::replicas(std::string_view name) const {
  return read<std::vector<ReplicaId>>(name, OptionType::replicas);
}

Options Options::with(std::string_view name, std::string_view text) const {
  Options changed = *this;
  if (const auto wrong = changed.set(name, text))
    throw std::invalid_argument("option " + std::string(name) + ": " + *wrong);
  return changed;
}

std::optional<std::string> Options::set(std::string_view name, std::string_view text) {
  const std::size_t i = index_of(name);
  OptionValue value;
  if (auto wrong = parse_option(specs_[i], text, value)) return wrong;
  values_[i] = std::move(value);
  return std::nullopt;
}

void Options::copy(std::string_view name, const Options& from) {
  values_[index_of(name)] = from.values_[from.index_of(name)];
}

void Options::set_replicas(std::string_view name, std::vector<ReplicaId> members) {
  const std::size_t i = index_of(name);
  if (specs_[i].type != OptionType::replicas)
    throw std::logic_error("option " + std::string(name) + " names no replicas");
  values_[i] = std::move(members);
}

std::string Options::text(std::string_view name) const {
  const std::size_t i = index_of(name);
  const OptionValue& value = values_[i];
  switch (specs_[i].type) {
    case OptionType::duration: return duration_text(std::get<Duration>(value));
    case OptionType::count: return std::to_string(std::get<std::uint64_t>(value));
    case OptionType::bytes: return bytes_text(std::get<std::uint64_t>(value));
    case OptionType::probability:
    case OptionType::number: return number_text(std::get<double>(value));
    case OptionType::bandwidth: return bandwidth_text(std::get<std::uint64_t>(value));
    case OptionType::choice:
    case OptionType::kinds:
    case OptionType::text:
    case OptionType::views: return std::get<std::string>(value);
    case OptionType::selector:
    case OptionType::sides:
    case OptionType::links:
    case OptionType::behavior: return "";
    case OptionType::flag: return std::get<bool>(value) ? "true" : "false";
    case OptionType::replicas: break;
  }
  std::string list;
  for (ReplicaId r : std::get<std::vector<ReplicaId>>(value))
    list += (list.empty() ? "r" : ", r") + std::to_string(r.value);
  return "[" + list + "]";
}

std::size_t Options::index_of(std::string_view name) const {
  for (std::size_t i = 0; i < specs_.size(); ++i)
    if (specs_[i].name == name) return i;
  throw std::logic_error("no option " + std::string(name));
}

template <class T>
const T& Options::read(std::string_view name, OptionType type) const {
  const std::size_t i = index_of(name);
  if (specs_[i].type != type)
    throw std::logic_error("option " + std::string(name) + " is a " +
                           std::string(type_name(specs_[i].type)));
  return std::get<T>(values_[i]);
}

}  // namespace byzlab
