// Loading a scenario: strict, all errors at once, never throws, bounded time and memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "testbed/scenario/catalogue.h"
#include "testbed/scenario/diagnostics.h"
#include "testbed/scenario/scenario.h"

namespace byzlab::scenario {

struct LoadOptions {
  std::vector<std::string> sets = {};      // "protocol.replicas=16": --set, laid over the file
  std::optional<std::uint64_t> seed = {};  // --seed: replaces the file's
  bool strict = false;                     // warnings are errors
};

struct LoadResult {
  std::optional<Scenario> scenario;  // none if there is an error
  Diagnostics diagnostics;           // errors and warnings, by position
  std::string source;                // the file's text, for to_text(diagnostics, source, sets)
};

/// `name` is the file's name for messages. Ranges and any(k) are drawn from options.seed, else the
/// file's seed, else the first of its runs, else 1 (Scenario::seed is then empty: draw one and load
/// again).
LoadResult load_text(std::string_view yaml, std::string_view name, const Catalogue& catalogue,
                     const LoadOptions& options = {});

/// Reads at most 1 MB; a missing file, a folder, a binary or an oversized file is a diagnostic like
/// any other.
LoadResult load_file(const std::filesystem::path& path, const Catalogue& catalogue,
                     const LoadOptions& options = {});

}  // namespace byzlab::scenario
