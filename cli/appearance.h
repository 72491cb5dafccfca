// How this process's terminal looks.
#pragma once

#include "cli/arguments.h"
#include "observe/style.h"

namespace byzlab {

/// Colour only on a terminal that wants it.
Style style_for_stdout(const Appearance& look);
bool stderr_is_terminal();
/// Columns of the terminal behind stderr, 80 when there is none.
std::size_t terminal_columns();

}  // namespace byzlab
