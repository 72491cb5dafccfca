// How text looks on a terminal: colour and character set. Meaning never depends on either.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace byzlab {

struct Style {
  bool colour = false;
  bool ascii = false;  ///< nothing beyond ASCII: "ok", "FAIL" and "?" for the three marks
};

enum class Tone : std::uint8_t { plain, good, bad, doubtful, dim, strong };

/// `text` in the tone's colour, or as it is.
std::string painted(std::string_view text, Tone tone, const Style& style);

/// UTF-8 to ASCII: "±" becomes "+-", "≤" becomes "<=", what has no equivalent "?".
std::string to_ascii(std::string_view text);

/// Columns a terminal needs for UTF-8 text: characters, colour sequences not counted.
std::size_t width(std::string_view text);

/// `text` filled up with spaces to `columns`, on the right or on the left.
std::string padded(std::string_view text, std::size_t columns);
std::string padded_left(std::string_view text, std::size_t columns);

}  // namespace byzlab
