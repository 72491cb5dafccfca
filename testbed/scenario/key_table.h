// Every key of the language, described once. The checker, `explain`, the JSON Schema and the
// reference page are all made from this table.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "consensus/options.h"

namespace byzlab::scenario {

enum class ValueType : std::uint8_t {
  duration,     // 500ms
  count,        // 100
  bytes,        // 256 B
  bandwidth,    // 100 Mbit/s
  rate,         // 200 tx/s
  probability,  // 0.1% or 0.001
  number,       // 0.6
  choice,       // one of `range`: a|b|c
  flag,         // true false
  text,         // anything
  names,        // A, B or a list of names
  name,         // letters, digits, _ - .
  selector,     // r0..r3
  links,        // "r0 -> all"
  window,       // the label of a timeline entry, or a built-in one
  seeds,        // 1..200
  special,      // a form of its own, told in `doc`
  section,      // a map with keys of its own
  list,         // a list of maps or names
};

struct KeySpec {
  std::string_view
      section;  // "" is the top level; "timeline" and "expect" are the keys of one entry
  std::string_view name;
  ValueType type = ValueType::text;
  std::string_view default_text = {};  // "" is none
  std::string_view range = {};         // "low..high" inclusive, or choices "a|b|c"
  std::string_view doc = {};
  bool required = false;
  std::string_view since = "0.1";
};

/// The keys of one section, in the order of the reference. Empty if there is no such section.
std::span<const KeySpec> keys_of(std::string_view section);

/// All sections, in the order of the reference; each with a sentence.
struct SectionSpec {
  std::string_view name;
  std::string_view doc;
};
std::span<const SectionSpec> sections();

/// A table of options as keys, for the same checks.
std::vector<KeySpec> keys_of_options(std::span<const OptionSpec> options, std::string_view section);

/// Keys and names that the language reserves and this version does not have: a clear error, no
/// guess.
struct LaterSpec {
  std::string_view section, name;
};
bool is_later(std::string_view section, std::string_view name);

/// "a duration", "one of open, closed", …
std::string_view type_words(ValueType type);

/// Actions of a timeline entry and properties of an expectation: keys of which an entry has exactly
/// one.
bool is_action(std::string_view key);
bool is_property(std::string_view key);

}  // namespace byzlab::scenario
