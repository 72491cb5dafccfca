// Ctrl-C: the first one asks the runs to stop and keep what they have, the second one kills.
#pragma once

#include <atomic>

namespace byzlab {

void install_interrupt();
/// True once the user has asked; handed to run().
const std::atomic<bool>& interrupted();

}  // namespace byzlab
