// YAML as a tree of our own: positions of keys and values, aliases copied in, nothing unbounded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "testbed/scenario/diagnostics.h"
#include "testbed/scenario/scenario.h"

namespace byzlab::scenario {

struct YamlNode {
  enum class Kind : std::uint8_t { null, scalar, sequence, map } kind = Kind::null;
  bool quoted = false;       // a scalar in quotes or in a block: text, whatever it looks like
  std::string text = {};     // of a scalar
  Position at = {};          // of its first character
  std::uint32_t length = 1;  // columns to underline
  std::vector<YamlNode> keys = {};  // of a map, in order, parallel to items; duplicates are kept
  std::vector<YamlNode> items = {};

  bool is_map() const { return kind == Kind::map; }
  bool is_sequence() const { return kind == Kind::sequence; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_null() const { return kind == Kind::null; }
  /// The first entry with this key; nullptr if there is none.
  const YamlNode* find(std::string_view key) const;
};

/// What one file may cost, whatever is in it.
inline constexpr std::size_t kMaxFileBytes = 1'000'000;
inline constexpr std::size_t kMaxNodes = 50'000;
inline constexpr std::size_t kMaxDepth = 32;

/// Where the text's first character stands, for text that is a part of something else.
struct Origin {
  bool from_set = false;
  std::uint32_t line = 1, column = 1;
};

/// The document's root; nothing, and an error in `findings`, if the text is not exactly one strict
/// document.
std::optional<YamlNode> parse_yaml(std::string_view text, Findings& findings, Origin origin = {});

/// What no map and no scalar of a scenario may be, wherever it stands: duplicate keys, merge keys,
/// keys that are no names, on/off/yes/no, octal-looking numbers. Contents of `x-` keys are left
/// alone.
void check_strictness(const YamlNode& root, Findings& findings);

}  // namespace byzlab::scenario
