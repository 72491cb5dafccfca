// Loading scenarios for a command: what is wrong is printed, all of it, before anything runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "testbed/scenario/load.h"

namespace byzlab {

/// A scenario that can be run, for any seed.
class Prepared {
 public:
  Prepared(std::string text, std::string name, scenario::LoadOptions options,
           scenario::Scenario first);

  const scenario::Scenario& first() const { return first_; }
  /// The scenario as it is for this seed, loaded again if it draws from it: alone, or as one of
  /// `seeds` that are judged together.
  scenario::Scenario at_seed(std::uint64_t seed,
                             std::optional<scenario::Runs> seeds = std::nullopt) const;

  const std::string& text() const { return text_; }
  const std::string& file() const { return name_; }
  const std::vector<std::string>& sets() const { return options_.sets; }

 private:
  std::string text_, name_;
  scenario::LoadOptions options_;
  scenario::Scenario first_;
};

/// How errors are printed, and how warnings count.
struct PrepareOptions {
  std::vector<std::string> sets;
  std::optional<std::uint64_t> seed;
  bool strict = false;
  Format format = Format::text;
};

/// "6 errors in 1 file. Nothing was run. Check again: byzlab check pbft.yaml"
std::string error_count(const scenario::Diagnostics& diagnostics, std::size_t files,
                        const std::string& file);

/// One scenario from a file, or the diagnostics, printed to stderr.
std::optional<Prepared> prepare_file(const std::filesystem::path& file, const PrepareOptions& how);
/// The same from memory.
std::optional<Prepared> prepare_text(std::string_view yaml, const std::string& name,
                                     const PrepareOptions& how);

}  // namespace byzlab
