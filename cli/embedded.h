// Scenarios inside the binary: for `demo`, and the templates of `new`.
#pragma once

#include <span>
#include <string_view>

namespace byzlab {

struct EmbeddedScenario {
  std::string_view name, summary, yaml;
};

/// By protocol: pbft, streamlet, nakamoto.
std::span<const EmbeddedScenario> demos();
/// By what happens: partition, crash, equivocation, double-spend, loss. `NAME` stands for the new
/// scenario's name.
std::span<const EmbeddedScenario> templates();

}  // namespace byzlab
