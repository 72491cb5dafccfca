// Every code a scenario file can be answered with, and its page.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace byzlab::scenario {

struct CodeSpec {
  std::string_view code;                    // "E101"
  std::string_view title;                   // a few words
  std::string_view page;                    // why it is an error, and what to do
  std::string_view wrong = {}, right = {};  // one line each
};

std::span<const CodeSpec> codes();
/// nullptr if there is no such code.
const CodeSpec* find_code(std::string_view code);

/// The page of one code, for `byzlab explain E131`.
std::string code_text(const CodeSpec& code);

/// docs/error-codes.md
std::string error_codes_page();

}  // namespace byzlab::scenario
