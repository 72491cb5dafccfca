// The adversary: one mind behind all Byzantine replicas of a run.
//
// Its members know each other and share one key, so that they can choose alike without a message:
// who draws from mind() with the same name gets the same word, whichever member asks.
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "base/rng.h"
#include "base/signature.h"

namespace byzlab {

class Adversary {
 public:
  Adversary(std::uint64_t seed, ReplicaSet members)
      : key_(mix(seed, 0xAD0E25A127)), members_(std::move(members)) {}

  const ReplicaSet& members() const { return members_; }
  bool is_member(ReplicaId r) const { return members_.contains(r); }
  /// A replica turns during the run.
  void join(ReplicaId r) { members_.insert(r); }

  /// Randomness all members share: a joint choice called `name`.
  Rng mind(std::uint64_t name) const { return key_.fork(name); }
  /// Randomness of one member alone.
  Rng of(ReplicaId member) const { return key_.fork(~std::uint64_t{member.value}); }

 private:
  Rng key_;
  ReplicaSet members_;
};

}  // namespace byzlab
