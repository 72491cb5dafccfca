// What IBFT's replicas say to each other (H. Moniz, "The Istanbul BFT Consensus Algorithm", arXiv
// 2002.03613). λ, the paper's instance, is the height. Rounds begin at 0, as in QBFT; the paper's
// begin at 1.
//
// As in the QBFT specification, a message carries what justifies it, so that nobody must have
// received the same messages as its sender: ROUND-CHANGE the quorum of PREPAREs for its prepared
// value, and the value; PRE-PREPARE the quorum of ROUND-CHANGEs, signed by their senders, and the
// PREPAREs of the highest prepared one.
#pragma once

#include <optional>
#include <vector>

#include "base/block.h"
#include "base/message.h"
#include "base/signature.h"

namespace byzlab::ibft {

/// ⟨PREPARE, λ, r, value⟩
struct Prepare {
  static constexpr MessageKind kKind{2};
  Height height{};
  View round{};
  Digest value{};
};
BOOST_DESCRIBE_STRUCT(Prepare, (), (height, round, value))

/// ⟨COMMIT, λ, r, value⟩
struct Commit {
  static constexpr MessageKind kKind{3};
  Height height{};
  View round{};
  Digest value{};
};
BOOST_DESCRIBE_STRUCT(Commit, (), (height, round, value))

/// ⟨ROUND-CHANGE, λ, r, pr, pv⟩: what its sender signs. No prepared round: ⊥.
struct RoundChangeContent {
  Height height{};
  View round{};
  std::optional<View> prepared_round{};
  Digest prepared_value{};
};
BOOST_DESCRIBE_STRUCT(RoundChangeContent, (), (height, round, prepared_round, prepared_value))

/// The same with the prepared block and the PREPAREs that prove it; these are not signed.
struct RoundChange {
  static constexpr MessageKind kKind{4};
  View round{};  ///< the content's, for rules that match on it
  RoundChangeContent content{};
  std::optional<BlockPayload> block{};
  AggregateSignature prepares{};
  RoundChangeContent signed_part() const { return content; }
};
BOOST_DESCRIBE_STRUCT(RoundChange, (), (round, content, block, prepares))

/// Somebody's ROUND-CHANGE inside a PRE-PREPARE.
struct SignedRoundChange {
  ReplicaId from{};
  RoundChangeContent content{};
  Signature signature{};
};
BOOST_DESCRIBE_STRUCT(SignedRoundChange, (), (from, content, signature))

/// ⟨PRE-PREPARE, λ, r, value⟩ and its justification: none in round 0.
struct PrePrepare {
  static constexpr MessageKind kKind{1};
  Height height{};
  View round{};
  BlockPayload value{};
  std::vector<SignedRoundChange> round_changes{};
  AggregateSignature prepares{};
};
BOOST_DESCRIBE_STRUCT(PrePrepare, (), (height, round, value, round_changes, prepares))

}  // namespace byzlab::ibft
