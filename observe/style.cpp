// Colours (ANSI), ASCII fallbacks and column counting.
#include "observe/style.h"

#include <array>
#include <utility>

namespace byzlab {
namespace {

std::string_view escape_of(Tone tone) {
  switch (tone) {
    case Tone::plain: return "";
    case Tone::good: return "\x1b[32m";
    case Tone::bad: return "\x1b[1;31m";
    case Tone::doubtful: return "\x1b[33m";
    case Tone::dim: return "\x1b[2m";
    case Tone::strong: return "\x1b[1m";
  }
  return "";
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 19> kAscii{{
    {"±", "+-"}, {"≤", "<="},  {"≥", ">="}, {"≠", "!="}, {"≈", "~"}, {"²", "2"}, {"→", "->"},
    {"×", "x"},  {"…", "..."}, {"·", "."},  {"–", "-"},  {"—", "-"}, {"µ", "u"}, {"’", "'"},
    {"“", "\""}, {"”", "\""},  {"✓", "ok"}, {"✗", "x"},  {"█", "#"},
}};

}  // namespace

std::string painted(std::string_view text, Tone tone, const Style& style) {
  const auto escape = escape_of(tone);
  if (!style.colour || escape.empty() || text.empty()) return std::string(text);
  return std::string(escape) + std::string(text) + "\x1b[0m";
}

std::string to_ascii(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    if (byte < 0x80) {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    bool known = false;
    for (const auto& [from, to] : kAscii) {
      if (!text.starts_with(from)) continue;
      out += to;
      text.remove_prefix(from.size());
      known = true;
      break;
    }
    if (known) continue;
    out += '?';
    text.remove_prefix(1);
    while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xC0) == 0x80)
      text.remove_prefix(1);
  }
  return out;
}

std::size_t width(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      while (i < text.size() && text[i] != 'm') ++i;
      continue;
    }
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) ++columns;
  }
  return columns;
}

std::string padded(std::string_view text, std::size_t columns) {
  std::string out(text);
  const auto w = width(text);
  if (w < columns) out.append(columns - w, ' ');
  return out;
}

std::string padded_left(std::string_view text, std::size_t columns) {
  const auto w = width(text);
  return std::string(w < columns ? columns - w : 0, ' ') + std::string(text);
}

}  // namespace byzlab
