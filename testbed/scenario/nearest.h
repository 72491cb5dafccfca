// The nearest right name for a wrong one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace byzlab::scenario {

/// The candidate with the smallest Damerau-Levenshtein distance, whatever the case of the letters,
/// if that is at most max(1, length / 3). On a tie the first one.
std::optional<std::string> nearest(std::string_view wrong, std::span<const std::string> candidates);

/// Insertions, deletions, substitutions and swaps of neighbours that turn one text into the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace byzlab::scenario
