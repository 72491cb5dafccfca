// Draws of link rules: one word a destination, which depends on the transmission and the
// destination and on nothing else. Two transmissions, or one to fewer, never change each other's
// luck.
#pragma once

#include <cstdint>

#include "network/link.h"

namespace byzlab::links {

/// 64 random bits for the packet to `to`. The key's half of the hash is the same for all
/// destinations, so that a loop pays for one mix each.
inline std::uint64_t draw(Rng key, ProcessId to) { return key.fork(to.value).key(); }

/// The same for a copy beside the packet, told apart by when it would arrive.
inline std::uint64_t draw(Rng key, const Fates::Copy& copy) {
  return mix(draw(key, copy.to), static_cast<std::uint64_t>(nanoseconds(copy.arrival)));
}

/// A duration in [0, most], uniform, from 64 random bits.
inline Duration up_to(std::uint64_t bits, Duration most) {
  const auto steps = static_cast<unsigned __int128>(most.count()) + 1;
  return Duration{static_cast<std::int64_t>((steps * bits) >> 64)};
}

}  // namespace byzlab::links
