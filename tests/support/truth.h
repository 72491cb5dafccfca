// Published measurements that tests are held against. They are not part of this repository.
#pragma once

#include <cstdlib>
#include <filesystem>

#include "tests/support/source_dir.h"

namespace byzlab::testing {

/// The folder that BYZLAB_TRUTH names, or shared/truth beside any folder above the source; empty
/// when there is none: the test says so and checks nothing.
inline std::filesystem::path truth_folder() {
  if (const char* named = std::getenv("BYZLAB_TRUTH")) return named;
  for (std::filesystem::path folder = source_dir(); folder.has_relative_path();
       folder = folder.parent_path()) {
    if (exists(folder.parent_path() / "shared" / "truth")) {
      return folder.parent_path() / "shared" / "truth";
    }
  }
  return {};
}

}  // namespace byzlab::testing
