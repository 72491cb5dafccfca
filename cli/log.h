// Logs, on stderr: "byzlab: …". stdout belongs to results.
#pragma once

#include <string_view>

namespace byzlab {

enum class Loudness { quiet, normal, verbose };
void set_loudness(Loudness loudness);

void log_debug(std::string_view text);
void log_info(std::string_view text);
void log_warning(std::string_view text);
void log_error(std::string_view text);

}  // namespace byzlab
