// What a replica thought of the proposals and votes that others sent it, counted by itself.
//
// Plain counts, not events: neither the trace nor anything a replica does depends on them, and
// where nobody looks (Context::Environment::tallies is null) they are not even counted. A message
// to itself does not count. One that is kept for a later view or height counts when its time comes,
// so that every message counts once; what fails its signature reaches no engine and counts nowhere.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace byzlab {

enum class ProposalFate : std::uint8_t {
  accepted,  ///< taken in, in time
  rejected,  ///< breaks a rule, or contradicts the one accepted
  late,      ///< its view or height is over, or has this proposal already
  early,     ///< too far ahead of this replica, or (proof of work) its parent is missing
};
inline constexpr std::size_t kProposalFates = 4;

enum class VoteFate : std::uint8_t {
  accepted,   ///< counted
  duplicate,  ///< counted before
  late,       ///< its view or height is over, or had its quorum without it
  invalid,    ///< breaks a rule, or contradicts its sender's other vote
  early,      ///< too far ahead of this replica to be kept
};
inline constexpr std::size_t kVoteFates = 5;

struct Tallies {
  static constexpr std::size_t kPhases = 4;  ///< of a protocol's votes, and of its timers, at most

  std::array<std::uint64_t, kProposalFates> proposals{};
  std::array<std::array<std::uint64_t, kVoteFates>, kPhases> votes{};
  std::array<std::uint64_t, kPhases> timeouts{};

  std::uint64_t of(ProposalFate fate) const { return proposals[static_cast<std::size_t>(fate)]; }
  std::uint64_t of(std::size_t phase, VoteFate fate) const {
    return votes[phase][static_cast<std::size_t>(fate)];
  }
};

}  // namespace byzlab
