// A scenario with one more entry in its timeline: what a click on a live page means, and "fork from
// here".
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"
#include "testbed/scenario/scenario.h"

namespace byzlab {

/// crash, restart, isolate, become; heal ends what cuts the replica off.
struct FaultCommand {
  std::string what;
  std::uint32_t replica = 0;
  std::string behavior = "silent";  ///< of become
};

/// The scenario, and the entry as the file has it.
struct ForkedScenario {
  scenario::Scenario scenario;
  std::string yaml;  ///< "- { at: 3412ms, label: live-1, crash: r2 }"
};

/// `base` with the command as an entry that begins at `at`; it went through the loader, as if it
/// had been in the file. Throws std::invalid_argument with a sentence for the reader.
ForkedScenario with_fault(const scenario::Scenario& base, std::uint64_t seed, Time at,
                          const FaultCommand& command);

}  // namespace byzlab
