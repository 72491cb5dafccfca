// Small questions about text that several files of the loader ask.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace byzlab::scenario {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string_view trimmed(std::string_view text);

/// Lines without their line ends.
std::vector<std::string_view> split_lines(std::string_view text);

/// The parts between `separator`, trimmed.
std::vector<std::string> split(std::string_view text, char separator);

std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// At most `length` bytes, with "..." if something is missing and nothing but printable characters.
std::string cut(std::string_view text, std::size_t length);

/// Fit for a terminal: control characters, and those that hide or turn round what stands beside
/// them (bidirectional, of no width), as `\u{1b}`.
std::string visible(std::string_view text);

/// "`text`", cut.
std::string ticked(std::string_view text);

/// A JSON string with its quotes.
std::string json_quoted(std::string_view text);

/// Characters of UTF-8 text.
std::uint32_t code_points(std::string_view text);

/// Offset of the first byte that is no UTF-8 text: control characters other than tab and line ends,
/// or a broken sequence.
std::optional<std::size_t> first_non_text_byte(std::string_view text);

/// Letters, digits, '_', '-' and '.', the first a letter or digit: safe as the name of a file.
bool is_name(std::string_view text);

}  // namespace byzlab::scenario
