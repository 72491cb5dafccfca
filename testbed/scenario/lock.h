// scenario.lock.yaml: a scenario with nothing left open, which loads to the same scenario again.
#pragma once

#include <string>

#include "testbed/scenario/scenario.h"

namespace byzlab::scenario {

/// All defaults, the seed and everything drawn are written out. `runs` is not: a lock is one run. A
/// latency file becomes an absolute path, because the lock moves to another folder.
std::string lock_text(const Scenario& scenario);

}  // namespace byzlab::scenario
