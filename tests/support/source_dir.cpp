#include "tests/support/source_dir.h"

namespace byzlab {

std::filesystem::path source_dir() { return BYZLAB_SOURCE_DIR; }

}  // namespace byzlab
