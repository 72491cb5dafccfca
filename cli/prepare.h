// Loading scenarios for a command: what is wrong is printed, all of it, before anything runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "testbed/scenario/load.h"

namespace byzlab {

/// A seed draws values that the file cannot have: r6 of four replicas. what() has code and place.
struct WrongSeed : std::runtime_error {
  WrongSeed(std::uint64_t seed, const scenario::LoadResult& result);
};

/// So many loads are tried before anything runs.
inline constexpr std::uint64_t kSeedsTried = 2000;

/// Says beside each error which seed it is of.
void name_seed(scenario::Diagnostics& diagnostics, std::uint64_t seed);

/// The line of a run that has no scenario.
std::string wrong_seed_line(const WrongSeed& wrong, std::uint64_t seed,
                            std::optional<std::uint64_t> cell);

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
  /// What is wrong in the first of these seeds that draws something the file cannot have: of very
  /// many, the first are tried.
  std::optional<scenario::LoadResult> first_wrong(scenario::Runs seeds) const;

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

/// Whether what every seed draws is right; what is not is printed.
bool are_all_right(const Prepared& prepared, scenario::Runs seeds, Format format);

/// One scenario from a file, or the diagnostics, printed to stderr.
std::optional<Prepared> prepare_file(const std::filesystem::path& file, const PrepareOptions& how);
/// The same from memory.
std::optional<Prepared> prepare_text(std::string_view yaml, const std::string& name,
                                     const PrepareOptions& how);

}  // namespace byzlab
