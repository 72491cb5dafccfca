// Where the sources are: scenarios, goldens and docs that tests read or write.
#pragma once

#include <filesystem>

namespace byzlab {

/// The project's root, absolute.
std::filesystem::path source_dir();

}  // namespace byzlab
