// What chance can do where finality is a matter of depth, so that it is blamed for no more.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace byzlab::luck {

/// Rosenfeld (2014) eq. 1; Grunspan and Pérez-Marco (2017) §3: the chance that a branch started
/// below a block with z confirmations ever overtakes, q being the attacker's share of the power.
double reversal(double q, std::uint64_t z);

/// The chance that honest miners alone grow two branches z blocks long: each further block of
/// either must be made before its maker heard of the last. `delay` is how long a block is on its
/// way, `interval` the mean time between two.
double fork(Duration delay, Duration interval, std::uint64_t z);

/// At least once in `tries`.
double ever(double chance, double tries);

/// Rarer than this nobody will see it by chance.
inline constexpr double kPlausible = 1e-6;

}  // namespace byzlab::luck
