// What PBFT's replicas say to each other (Castro & Liskov, Practical Byzantine Fault Tolerance,
// OSDI 1999; sections are cited as §). The paper's sequence number n is called seq here, because n
// is the number of replicas everywhere else.
//
// Where a message differs from the paper's:
//  - a set of 2f matching, signed messages travels as one AggregateSignature over their payload;
//  - the members of NEW-VIEW's O are PRE-PREPARE messages of their own, sent right behind it with
//  the
//    batch (the paper's are without); NEW-VIEW itself lists their digests.
#pragma once

#include <vector>

#include "base/block.h"
#include "base/message.h"
#include "base/signature.h"

namespace byzlab::pbft {

/// Equality without a call of memcmp, for votes.
constexpr bool same(const Digest& a, const Digest& b) {
  return ((a.words[0] ^ b.words[0]) | (a.words[1] ^ b.words[1]) | (a.words[2] ^ b.words[2]) |
          (a.words[3] ^ b.words[3])) == 0;
}

/// What virtual time hashes of ⟨v, n, d⟩: one word, because it is hashed for every vote.
template <class Hash>
constexpr void absorb_place(Hash& hash, View view, Height seq, const Digest& d) {
  hash.word(view.value * 0x9E3779B97F4A7C15ull + seq.value * 0xD1342543DE82EF95ull +
            d.words[0] * 0xBF58476D1CE4E5B9ull + d.words[1] * 0x94D049BB133111EBull +
            d.words[2] * 0xFF51AFD7ED558CCDull + d.words[3] * 0xC4CEB9FE1A85EC53ull);
}

/// ⟨v, n, d⟩: which batch is meant for which place, according to which primary.
struct Place {
  View view{};
  Height seq{};
  Digest digest{};
  template <class Hash>
  constexpr void absorb_into(Hash& hash) const {
    absorb_place(hash, view, seq, digest);
  }
};
BOOST_DESCRIBE_STRUCT(Place, (), (view, seq, digest))

/// ⟨⟨PRE-PREPARE, v, n, d⟩σp, m⟩ (§4.2). The batch is not signed: d stands for it.
struct PrePrepare {
  static constexpr MessageKind kKind{1};
  View view{};
  Height seq{};
  Digest digest{};
  BlockPayload block{};
  Place signed_part() const { return {view, seq, digest}; }
};
BOOST_DESCRIBE_STRUCT(PrePrepare, (), (view, seq, digest, block))

/// ⟨PREPARE, v, n, d, i⟩σi (§4.2).
struct Prepare {
  static constexpr MessageKind kKind{2};
  View view{};
  Height seq{};
  Digest digest{};
  template <class Hash>
  constexpr void absorb_into(Hash& hash) const {
    absorb_place(hash, view, seq, digest);
  }
};
BOOST_DESCRIBE_STRUCT(Prepare, (), (view, seq, digest))

/// ⟨COMMIT, v, n, D(m), i⟩σi (§4.2).
struct Commit {
  static constexpr MessageKind kKind{3};
  View view{};
  Height seq{};
  Digest digest{};
  template <class Hash>
  constexpr void absorb_into(Hash& hash) const {
    absorb_place(hash, view, seq, digest);
  }
};
BOOST_DESCRIBE_STRUCT(Commit, (), (view, seq, digest))

/// ⟨CHECKPOINT, n, d, i⟩σi (§4.3): d is the end of the hash chain over the batches executed so far.
struct Checkpoint {
  static constexpr MessageKind kKind{4};
  Height seq{};
  Digest state{};
};
BOOST_DESCRIBE_STRUCT(Checkpoint, (), (seq, state))

/// Proof that the checkpoint at seq is stable: a quorum of CHECKPOINT messages (§4.3). At seq 0
/// nothing is to be proven.
struct StableCheckpoint {
  static constexpr MessageKind kKind{5};
  Height seq{};
  Digest state{};
  AggregateSignature votes{};
};
BOOST_DESCRIBE_STRUCT(StableCheckpoint, (), (seq, state, votes))

/// P_m (§4.4): a valid PRE-PREPARE, without the batch, and matching PREPAREs from backups.
struct Prepared {
  View view{};
  Height seq{};
  Digest digest{};
  Signature pre_prepare{};
  AggregateSignature prepares{};
};
BOOST_DESCRIBE_STRUCT(Prepared, (), (view, seq, digest, pre_prepare, prepares))

/// ⟨VIEW-CHANGE, v+1, n, C, P, i⟩σi (§4.4): n and C are `stable`, P is ascending in seq.
struct ViewChange {
  static constexpr MessageKind kKind{6};
  View view{};
  StableCheckpoint stable{};
  std::vector<Prepared> prepared{};
};
BOOST_DESCRIBE_STRUCT(ViewChange, (), (view, stable, prepared))

/// A VIEW-CHANGE inside a NEW-VIEW.
struct SignedViewChange {
  ReplicaId from{};
  Signature signature{};
  ViewChange content{};
};
BOOST_DESCRIBE_STRUCT(SignedViewChange, (), (from, signature, content))

/// ⟨NEW-VIEW, v+1, V, O⟩σp (§4.4). V is ascending in from; O[k] is the digest for min-s + 1 + k.
struct NewView {
  static constexpr MessageKind kKind{7};
  View view{};
  std::vector<SignedViewChange> view_changes{};
  std::vector<Digest> digests{};
};
BOOST_DESCRIBE_STRUCT(NewView, (), (view, view_changes, digests))

/// What a replica that makes no progress has, so that others send again what it lacks. Castro's
/// thesis (2001) retransmits like this; OSDI 1999 leaves it to the channel. Bit k is seq
/// executed+1+k.
struct Status {
  static constexpr MessageKind kKind{8};
  static constexpr std::uint64_t kSpan = 64;
  View view{};
  bool active = false;  ///< false between VIEW-CHANGE and NEW-VIEW
  Height stable{};
  Height executed{};
  std::uint64_t pre_prepared = 0;
  std::uint64_t prepared = 0;
  std::uint64_t committed = 0;
  std::uint32_t round = 0;  ///< picks who answers at length
  bool answer = false;      ///< an answer is not answered
  ReplicaSet joined{};      ///< between views: whose VIEW-CHANGEs for view it has
};
BOOST_DESCRIBE_STRUCT(Status, (),
                      (view, active, stable, executed, pre_prepared, prepared, committed, round,
                       answer, joined))

/// Proof of committed(m, v, n) (§4.2): a quorum of COMMITs, and the batch.
struct Decided {
  static constexpr MessageKind kKind{9};
  View view{};
  Height seq{};
  Digest digest{};
  AggregateSignature commits{};
  BlockPayload block{};
};
BOOST_DESCRIBE_STRUCT(Decided, (), (view, seq, digest, commits, block))

/// Asks for executed batches, from `last` downwards and not below `above` (exclusive).
struct FetchState {
  static constexpr MessageKind kKind{10};
  Height above{};
  Height last{};
};
BOOST_DESCRIBE_STRUCT(FetchState, (), (above, last))

/// Executed batches first, first+1, …; `before` is the hash chain's value at first-1, so that
/// whoever knows its value at the last one can check them without anything else.
struct StatePart {
  static constexpr MessageKind kKind{11};
  Height first{};
  Digest before{};
  std::vector<BlockPayload> blocks{};
};
BOOST_DESCRIBE_STRUCT(StatePart, (), (first, before, blocks))

/// Asks for the batch a new primary has to propose again and never saw (§4.4, last paragraph).
struct FetchBatch {
  static constexpr MessageKind kKind{12};
  Height seq{};
  Digest digest{};
};
BOOST_DESCRIBE_STRUCT(FetchBatch, (), (seq, digest))

struct Batch {
  static constexpr MessageKind kKind{13};
  BlockPayload block{};
};
BOOST_DESCRIBE_STRUCT(Batch, (), (block))

}  // namespace byzlab::pbft
