// The selector grammar: text or a YAML list to a Selector.
//
//   selector  = "r3" | "r0..r3" | "[" selector { "," selector } "]" | group | "region:" name |
//   "role:leader"
//             | "role:next_leader" | "honest" | "byzantine" | "all" | "rest" | "any(" quantity
//             [".." quantity]
//             [" of " selector] ")"
//   quantity  = number | "f" | "f+1" | "f-1" | "n/3" | "33%"
//   links     = selector "->" selector | selector "<->" selector
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "testbed/scenario/scenario.h"
#include "testbed/scenario/section.h"

namespace byzlab::scenario {

/// Nothing, and an error, if it is no selector. `path` names the draws of any(...). Names are
/// checked later.
std::optional<Selector> parse_selector(Loading& loading, const YamlNode& node,
                                       const std::string& path);
std::optional<Links> parse_links(Loading& loading, const YamlNode& node, const std::string& path);
/// One text, or a list of them.
std::optional<std::vector<Links>> parse_link_list(Loading& loading, const YamlNode& node,
                                                  const std::string& path);

/// True if a group may not have this name: it means something already.
bool is_reserved_selector(std::string_view name);

}  // namespace byzlab::scenario
