// Every key of the language, described once. The checker, `explain`, the JSON Schema and the
// reference page are all made from this table.
#pragma once

#include <cstdint>
#include <span>
#include <string>
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
  name,         // letters, digits, _ - .
  selector,     // r0..r3
  links,        // "r0 -> all", or a list of such
  window,       // the label of a timeline entry, or a built-in one
  seeds,        // 1..200
  sides,        // a list of selectors, or `halves`
  kinds,        // names of messages
  views,        // 3..7
  behavior,     // a name, or a map of one name to its options
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

struct Catalogue;
struct FaultEntry;

/// The keys of one section, in the order of the reference. Empty if there is no such section. A
/// fault of the catalogue is a key of `timeline` and, where it takes a map, a section of its own;
/// both refer to the catalogue's texts.
std::vector<KeySpec> keys_of(std::string_view section, const Catalogue& catalogue);

/// All sections, in the order of the reference; each with a sentence.
struct SectionSpec {
  std::string name;
  std::string doc;
};
std::vector<SectionSpec> sections(const Catalogue& catalogue);

/// "a probability, or a map": what stands behind a fault's key.
std::string form_text(const FaultEntry& fault);
ValueType value_type(OptionType type);

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

/// Properties of an expectation: keys of which it has exactly one.
bool is_property(std::string_view key);

}  // namespace byzlab::scenario
