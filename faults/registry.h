// Which faults and behaviors exist. Adding one is one file and one row of registry.cpp.
//
// Not all behaviors are carried out alike, `kind` says how:
//   wrapper         behaviors around the honest engine (byzantine.h); make() gives one
//   twins           a second process under the member's identity (twins.h)
//   engine_variant  the member runs the engine `variant` in place of its protocol's; the options of
//   the
//                   same names are passed on to it
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "faults/behavior.h"
#include "faults/fault.h"

namespace byzlab {

enum class BehaviorKind : std::uint8_t { wrapper, twins, engine_variant };

/// One row of the registry.
struct BehaviorInfo {
  std::string_view name;  ///< as scenarios write it
  std::string_view doc;   ///< one sentence
  std::span<const OptionSpec> options;
  BehaviorKind kind = BehaviorKind::wrapper;
  std::string_view variant = {};  ///< of an engine_variant: the engine's name
  std::unique_ptr<Behavior> (*make)(const Options&) = nullptr;  ///< of a wrapper
};

/// In the order in which lists and manuals have them.
std::span<const FaultInfo> all_faults();
/// Null when there is none of that name.
const FaultInfo* find_fault(std::string_view name);

std::span<const BehaviorInfo> all_behaviors();
/// Null when there is none of that name.
const BehaviorInfo* find_behavior(std::string_view name);

}  // namespace byzlab
