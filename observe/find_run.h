// What people call a run: a folder, `latest`, a name, the start of an id or of a hash, a seed.
#pragma once

#include <filesystem>
#include <string>

namespace byzlab {

struct FoundRun {
  std::filesystem::path folder;  ///< has a summary.json
  std::string error;             ///< for the user, when there is none: exit code 64

  explicit operator bool() const { return error.empty(); }
};

/// The folder that `word` means, below `results` or anywhere:
///
///   a path                      results/pbft-partition/20261122-143301-s42-9f3c1a7e, or a file in
///   it latest, latest~1, …         the newest, the one before it NAME, NAME/ID               the
///   newest of this scenario; one of its folders 20261122-1433               the start of an id;
///   the one folder that has it 9f3c1a7e                    4 to 16 digits of a trace hash; the
///   newest such run s42 or 42                   a seed; the newest run with it
FoundRun find_run(const std::string& word, const std::filesystem::path& results);

}  // namespace byzlab
