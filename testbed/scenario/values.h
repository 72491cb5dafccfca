// One value of the language: from its text, checked against type and range, or drawn from a range.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/time.h"
#include "testbed/scenario/key_table.h"

namespace byzlab::scenario {

using Value = std::variant<Duration, std::uint64_t, double, bool, std::string>;

/// The value, or the code, the words and the advice of the error.
struct ValueResult {
  std::optional<Value> value = {};
  bool drawn = false;  // from a range such as 5s..20s
  std::string code = {}, message = {}, hint = {};
};

/// `random` decides if `text` is a range. An empty `allowed` is unlimited.
ValueResult read_value(ValueType type, std::string_view text, std::string_view allowed,
                       std::uint64_t random);

/// The text that reads back to the same value.
std::string value_text(ValueType type, const Value& value);

/// Random bits of one place in a scenario: they depend on the seed and on nothing else in the file.
std::uint64_t bits_for(std::uint64_t seed, std::string_view path);

}  // namespace byzlab::scenario
