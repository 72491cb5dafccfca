// Votes of protocols that decide one height after the other, each in rounds: Tendermint and the
// Istanbul family.
//
//   RoundVotes  what the replicas said in one step of one round: how much power voted at all, and
//               the votes behind each choice, ready to become a certificate
//   RoundRing   a protocol's state of the rounds around the current one; a liar that speaks of
//               round 2^40 costs nothing
//   RoundClaims how far ahead the others say they are: where f+1 of them are, an honest one is
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/digest.h"
#include "consensus/quorum.h"
#include "consensus/tallies.h"

namespace byzlab {

class RoundVotes {
 public:
  enum class Added : std::uint8_t {
    fresh,        ///< counted
    repeated,     ///< the same again, or from outside the committee
    conflicting,  ///< this voter has chosen something else: not counted
  };
  /// `m` is the vote being handled: authentic, from `r`, for `choice`. A replica's first vote
  /// counts, so no liar makes more than one choice stand here.
  Added add(const Committee& committee, const Crypto& crypto, ReplicaId r, const Digest& choice,
            const Message& m) {
    if (!voters_.add(committee, r)) return chose(r, choice) ? Added::repeated : Added::conflicting;
    votes_of(choice).add(committee, crypto, r, m);
    return Added::fresh;
  }
  /// Power that voted, for whatever.
  Power total() const { return voters_.power(); }
  Power power(const Digest& choice) const {
    const CertifiedVotes* votes = find(choice);
    return votes == nullptr ? 0 : votes->power();
  }
  /// Null when nobody chose it.
  const CertifiedVotes* find(const Digest& choice) const {
    for (std::size_t i = 0; i < used_; ++i) {
      if (choices_[i].what == choice) return &choices_[i].votes;
    }
    return nullptr;
  }
  void clear() {
    voters_.clear();
    used_ = 0;
  }

 private:
  struct Choice {
    Digest what;
    CertifiedVotes votes;
  };

  bool chose(ReplicaId r, const Digest& choice) const {
    const CertifiedVotes* votes = find(choice);
    return !voters_.contains(r) || (votes != nullptr && votes->aggregate().signers.contains(r));
  }
  CertifiedVotes& votes_of(const Digest& choice) {
    for (std::size_t i = 0; i < used_; ++i) {
      if (choices_[i].what == choice) return choices_[i].votes;
    }
    if (used_ == choices_.size()) choices_.emplace_back();
    Choice& fresh = choices_[used_++];
    fresh.what = choice;
    fresh.votes.clear();
    return fresh.votes;
  }

  VoteSet voters_;
  std::vector<Choice> choices_;  // the first used_; the others keep their memory
  std::size_t used_ = 0;
};

constexpr VoteFate fate_of(RoundVotes::Added added) {
  switch (added) {
    case RoundVotes::Added::fresh: return VoteFate::accepted;
    case RoundVotes::Added::repeated: return VoteFate::duplicate;
    case RoundVotes::Added::conflicting: return VoteFate::invalid;
  }
  return VoteFate::invalid;
}

/// State of the rounds from kBehind before the current one to kAhead after it. State has
/// begin(View), which empties it.
template <class State>
class RoundRing {
 public:
  static constexpr std::uint64_t kBehind = 3;
  static constexpr std::uint64_t kAhead = 4;

  static bool covers(View current, View round) {
    return round.value + kBehind >= current.value && round.value <= current.value + kAhead;
  }
  /// The round's state, empty at first; `covers` must be true of it, which keeps slots apart.
  State& at(View round) {
    Slot& slot = slots_[round.value % kSlots];
    if (slot.named != round.value + 1) [[unlikely]] {
      slot.state.begin(round);
      slot.named = round.value + 1;
    }
    return slot.state;
  }
  /// A new height: all rounds begin anew.
  void clear() {
    for (Slot& slot : slots_) slot.named = 0;
  }

 private:
  static constexpr std::uint64_t kSlots = kBehind + 1 + kAhead;
  struct Slot {
    std::uint64_t named = 0;  // the round + 1; 0: none
    State state;
  };
  std::array<Slot, kSlots> slots_;
};

class RoundClaims {
 public:
  /// `r` has said something in `round`, beyond `current`. The highest round above `current` such
  /// that more than the faulty power is there or above; nothing while there is none.
  std::optional<View> add(const Committee& committee, ReplicaId r, View round, View current) {
    if (!committee.contains(r)) return std::nullopt;
    claims_.resize(committee.n());
    if (claims_[r.value] >= round) return std::nullopt;
    claims_[r.value] = round;
    order_.clear();
    for (std::uint32_t i = 0; i < committee.n(); ++i) {
      if (claims_[i] > current) order_.push_back(ReplicaId(i));
    }
    std::ranges::sort(order_, [&](ReplicaId a, ReplicaId b) {
      return claims_[a.value] > claims_[b.value] || (claims_[a.value] == claims_[b.value] && a < b);
    });
    Power there = 0;
    for (const ReplicaId i : order_) {
      there += committee.power(i);
      if (there > committee.fault_bound()) return claims_[i.value];
    }
    return std::nullopt;
  }
  void clear() { claims_.clear(); }
  /// Whether `r` has said something in this round or a later one, when it was beyond the current.
  bool reached(ReplicaId r, View round) const {
    return r.value < claims_.size() && claims_[r.value] >= round;
  }

 private:
  std::vector<View> claims_;  // highest round of each replica; empty when nobody was ahead
  std::vector<ReplicaId> order_;
};

}  // namespace byzlab
