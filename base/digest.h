// Digests: what a block, a batch or a state is called by. 256 bits in both worlds.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>

namespace byzlab {

struct Digest {
  std::array<std::uint64_t, 4> words{};

  constexpr auto operator<=>(const Digest&) const = default;
  // Spelled out: the default one of an array is a call of memcmp.
  constexpr bool operator==(const Digest& other) const {
    return words[0] == other.words[0] && words[1] == other.words[1] && words[2] == other.words[2] &&
           words[3] == other.words[3];
  }
  constexpr bool is_zero() const { return *this == Digest{}; }
  /// The first 24 bits as hex digits: how reports and logs name a block.
  std::string short_hex() const;
  std::string hex() const;
};

/// How digests are computed: a fast keyless hash in virtual time (nobody there searches for
/// collisions), BLAKE2b-256 where real bytes leave the process.
enum class HashScheme : std::uint8_t { modelled, blake2b };

}  // namespace byzlab

template <>
struct std::hash<byzlab::Digest> {
  std::size_t operator()(const byzlab::Digest& d) const noexcept { return d.words[0]; }
};
