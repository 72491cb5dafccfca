// Counting votes by power, and certificates that prove the count.
#pragma once

#include "base/crypto.h"
#include "base/signature.h"
#include "consensus/committee.h"

namespace byzlab {

/// Replicas that said the same thing, with the running sum of their power.
class VoteSet {
 public:
  /// True if r's vote is new.
  bool add(const Committee& committee, ReplicaId r) {
    if (!committee.contains(r) || !voters_.insert(r)) return false;
    power_ += committee.power(r);
    return true;
  }
  Power power() const { return power_; }
  bool reaches(Power needed) const { return power_ >= needed; }
  bool quorum(const Committee& committee) const { return power_ >= committee.quorum(); }
  bool contains(ReplicaId r) const { return voters_.contains(r); }
  const ReplicaSet& voters() const { return voters_; }
  void clear() {
    power_ = 0;
    voters_.clear();
  }

 private:
  Power power_ = 0;
  ReplicaSet voters_;
};

/// Votes with their signatures, so that a quorum of them becomes a certificate.
class CertifiedVotes {
 public:
  /// `m` is the vote being handled: authentic, from `r`. True if it is new.
  bool add(const Committee& committee, const Crypto& crypto, ReplicaId r, const Message& m) {
    if (!committee.contains(r) || !crypto.add(aggregate_, r, m)) return false;
    power_ += committee.power(r);
    return true;
  }
  Power power() const { return power_; }
  bool quorum(const Committee& committee) const { return power_ >= committee.quorum(); }
  bool contains(ReplicaId r) const { return aggregate_.signers.contains(r); }
  const AggregateSignature& aggregate() const { return aggregate_; }
  void clear() {
    power_ = 0;
    aggregate_.signers.clear();
    aggregate_.sum = 0;
    aggregate_.shares.clear();
  }

 private:
  Power power_ = 0;
  AggregateSignature aggregate_;
};

/// Power behind a set of signers.
inline Power power_of(const Committee& committee, const ReplicaSet& signers) {
  Power total = 0;
  signers.for_each([&](ReplicaId r) { total += committee.power(r); });
  return total;
}

/// True when `aggregate` proves that `needed` power signed exactly `payload`. Costs O(n): in a
/// handler ask through Message::checked so that it is done once a broadcast.
template <Wire M>
bool certifies(const Committee& committee, const Crypto& crypto, const M& payload,
               const AggregateSignature& aggregate, Power needed) {
  return power_of(committee, aggregate.signers) >= needed && crypto.verify(payload, aggregate);
}

}  // namespace byzlab
