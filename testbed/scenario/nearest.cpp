// The nearest right name for a wrong one: optimal string alignment, three rows. PBFT is near pbft.
#include "testbed/scenario/nearest.h"

#include <algorithm>
#include <vector>

namespace byzlab::scenario {
namespace {

std::string lower(std::string_view text) {
  std::string low(text);
  for (char& c : low) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return low;
}

}  // namespace

std::optional<std::string> nearest(std::string_view wrong,
                                   std::span<const std::string> candidates) {
  if (wrong.empty() || wrong.size() > 64) return std::nullopt;
  std::size_t best = std::max<std::size_t>(1, wrong.size() / 3) + 1;
  const std::string low = lower(wrong);
  const std::string* found = nullptr;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > 64) continue;
    const std::size_t distance = edit_distance(low, lower(candidate));
    // A one-letter word is one edit away from every other: no guess.
    if (distance < best && distance < std::max(wrong.size(), candidate.size())) {
      best = distance;
      found = &candidate;
    }
  }
  return found ? std::optional(*found) : std::nullopt;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

}  // namespace byzlab::scenario
