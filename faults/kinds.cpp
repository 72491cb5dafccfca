#include "faults/kinds.h"

#include <array>

namespace byzlab {
namespace {

constexpr std::array<std::string_view, 5> kVotes{"Vote", "Prepare", "Commit", "Prevote",
                                                 "Precommit"};
constexpr std::array<std::string_view, 4> kProposals{"Propose", "Proposal", "PrePrepare",
                                                     "NewBlock"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  for (auto n : names) {
    if (n == name) return true;
  }
  return false;
}

bool means(std::string_view word, std::string_view kind) {
  if (word == "votes") return contains(kVotes, kind);
  if (word == "proposals") return contains(kProposals, kind);
  return word == kind;
}

std::uint32_t mask_of(std::string_view word, const MessageTable& protocol) {
  std::uint32_t mask = 0;
  for (std::size_t k = 0; k < protocol.size(); ++k) {
    if (protocol[k] != nullptr && means(word, protocol[k]->name)) mask |= std::uint32_t{1} << k;
  }
  return mask;
}

/// Calls f(word) for each word of "A, B".
template <class F>
void for_each_word(std::string_view names, F&& f) {
  while (!names.empty()) {
    const auto begin = names.find_first_not_of(", ");
    if (begin == std::string_view::npos) return;
    names.remove_prefix(begin);
    const auto end = std::min(names.find_first_of(", "), names.size());
    f(names.substr(0, end));
    names.remove_prefix(end);
  }
}

}  // namespace

std::uint32_t kinds_mask(std::string_view names, const MessageTable& protocol) {
  std::uint32_t mask = 0;
  bool any = false;
  for_each_word(names, [&](std::string_view word) {
    mask |= mask_of(word, protocol);
    any = true;
  });
  return any ? mask : ~std::uint32_t{0};
}

std::vector<std::string> unknown_kinds(std::string_view names, const MessageTable& protocol) {
  std::vector<std::string> unknown;
  for_each_word(names, [&](std::string_view word) {
    if (mask_of(word, protocol) == 0) unknown.emplace_back(word);
  });
  return unknown;
}

}  // namespace byzlab
