// What plan.json says a sweep was to do: enough to do it again elsewhere, or the rest of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"

namespace byzlab {

struct RecordedSweep {
  std::string text, file;
  std::vector<scenario::VariedKey> vary;
  std::vector<std::string> sets;
  scenario::Runs seeds;
  World world = World::sim;
  std::uint64_t max_events = 0;

  void apply_to(RunArguments& arguments) const;
};

/// None when it is the plan of something else.
std::optional<RecordedSweep> read_sweep(const std::string& plan);

}  // namespace byzlab
