// From what a user writes to scenario files: a path, a glob, or a name below scenarios/.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace byzlab {

struct FoundScenarios {
  std::vector<std::filesystem::path> files;  ///< in the order of the arguments, globs sorted
  std::vector<std::string> errors;           ///< one for each argument that means nothing
};

/// A word with '/' or ending in .yaml is a path (which need not exist: loading it says why not);
/// with
/// '*', '?' or '[' a glob; anything else a name, unique below scenarios/.
FoundScenarios find_scenarios(const std::vector<std::string>& words);

/// All files below scenarios/, sorted. The folder is looked for in the working directory, above it
/// and above the program.
std::vector<std::filesystem::path> all_scenarios();

}  // namespace byzlab
