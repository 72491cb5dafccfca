// The faulty power of a moment: how much of what the fault model allows is used
// up.
//
// It is the least power of a set of replicas that holds every faulty one
// (Byzantine, down, without its disk) and one end of every link that is worse
// than the model allows: a minimum weighted vertex cover. Whatever is wrong
// with the links of one replica is so no worse than that replica's being down.
// The rest can talk with each other, and must hold a quorum in one piece of the
// graph of links: a sparse overlay may fall apart although few are down.
//
// Exact for up to kExact replicas; beyond that what bounds can tell, which is
// all there is to tell when a cut is that of a partition or of all links of
// some replicas.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "consensus/committee.h"

namespace byzlab {

/// Replicas and links at a moment. A link is a pair; which way it is impaired
/// does not matter.
struct Wiring {
  explicit Wiring(std::span<const Power> power) : power(power.begin(), power.end()) {
    faulty.assign(power.size(), false);
    silent.assign(power.size(), false);
    impaired.resize(power.size());
  }
  std::uint32_t n() const { return static_cast<std::uint32_t>(power.size()); }
  /// Once a pair. Between replicas that have a link.
  void impair(std::uint32_t a, std::uint32_t b) {
    impaired[a].push_back(b);
    impaired[b].push_back(a);
  }

  std::vector<Power> power;
  std::vector<bool> faulty;                          ///< must be in the set
  std::vector<bool> silent;                          ///< passes nothing on
  std::vector<std::vector<std::uint32_t>> impaired;  ///< by replica, with whom
  /// By replica, with whom it has a link at all; empty: everybody with
  /// everybody.
  std::vector<std::vector<std::uint32_t>> links;
};

/// The least faulty power lies between the two; they are equal where it is
/// known.
struct FaultyPower {
  Power least = 0;
  Power most = 0;
  std::vector<bool> set;  ///< of power `most`
  bool is_exact() const { return least == most; }
};
FaultyPower faulty_power(const Wiring&);

struct PowerStanding {
  enum class Kind : std::uint8_t {
    within,       ///< some set of at most the allowed power leaves a quorum in one
                  ///< piece
    too_faulty,   ///< every set has more power than is allowed
    fell_apart,   ///< some have not, and leave no quorum in one piece
    cannot_tell,  ///< too many replicas to know
  } kind = Kind::within;
  FaultyPower faulty;
  /// The most power in one piece of the graph, without whom the set holds; an
  /// upper bound.
  Power connected = 0;
};
PowerStanding standing(const Wiring&, Power allowed, Power quorum);

/// Up to so many replicas everything is exact.
inline constexpr std::uint32_t kExact = 32;

/// The pieces into which the graph falls without its silent replicas and
/// impaired links: by replica the number of its piece, or kNoPiece.
inline constexpr std::uint32_t kNoPiece = ~std::uint32_t{0};
std::vector<std::uint32_t> pieces(const Wiring&);

}  // namespace byzlab
