// Votes and quorum certificates as the HotStuff family has them: a QC over ⟨type, viewNumber, node⟩
// combines the signatures of n - f replicas on the same tuple (Yin et al. 2019, §4.2).
#pragma once

#include <array>
#include <boost/describe.hpp>
#include <vector>

#include "base/shared_part.h"
#include "consensus/engine.h"
#include "consensus/quorum.h"

namespace byzlab {

/// The tuple's type. Chained protocols have one, because a vote serves in all phases at once.
enum class Phase : std::uint8_t { generic, prepare, pre_commit, commit };
BOOST_DESCRIBE_ENUM(Phase, generic, prepare, pre_commit, commit)

/// voteMsg(): a signed vote for a block. The height is the block's: it tells whoever lacks the
/// block how far behind it is.
struct Vote {
  static constexpr MessageKind kKind{2};
  Phase phase{};
  View view{};
  Height height{};
  Digest block{};
  bool operator==(const Vote&) const = default;
};
BOOST_DESCRIBE_STRUCT(Vote, (), (phase, view, height, block))

/// QC(V): votes of a quorum. Genesis has one by definition, without votes, of view 0.
struct QuorumCert {
  Phase phase{};
  View view{};
  Height height{};
  Digest block{};
  AggregateSignature votes{};
  Vote vote() const { return {.phase = phase, .view = view, .height = height, .block = block}; }
  bool operator==(const QuorumCert&) const = default;
};
BOOST_DESCRIBE_STRUCT(QuorumCert, (), (phase, view, height, block, votes))
using Qc = Shared<QuorumCert>;

/// tverify: enough power signed exactly this tuple. Asked once a certificate.
inline bool valid(Context& ctx, const Qc& qc) {
  return qc.checked([&] {
    const Vote vote = qc->vote();
    if (vote.view == View(0)) {
      return vote.height == Height(0) && vote.block == ctx.crypto().genesis()->digest;
    }
    return certifies(ctx.committee(), ctx.crypto(), vote, qc->votes, ctx.committee().quorum());
  });
}

/// Collects votes until a quorum agrees. Votes of views far from `now` do not count, and of a
/// replica that votes for several blocks two do, so that liars cannot fill the memory.
class VoteCollector {
 public:
  /// How many views on either side of the present one are open.
  static constexpr std::uint64_t kBehind = 3;
  static constexpr std::uint64_t kAhead = 4;

  /// The certificate that this vote completes, or null.
  Qc add(Context& ctx, ReplicaId from, const Vote& vote, const Message& m, View now);

 private:
  struct Ballot {
    Vote vote;
    CertifiedVotes votes;
  };
  struct Slot {
    View view{};
    Ballot first{};                // mostly everybody's
    std::vector<Ballot> others{};  // further phases, and what liars vote for
  };
  /// Where a vote that does not agree with all before it counts; null: nowhere.
  [[gnu::noinline]] static CertifiedVotes* find(Context&, ReplicaId from, const Vote&, Slot&,
                                                VoteFate&);
  static Qc refused(Context& ctx, ReplicaId from, const Vote& vote, VoteFate fate) {
    ctx.tally(from, static_cast<std::size_t>(vote.phase), fate);
    return {};
  }
  [[gnu::noinline]] static Qc certificate(const Vote&, const CertifiedVotes&);

  std::array<Slot, kBehind + 1 + kAhead> slots_;
};

inline Qc VoteCollector::add(Context& ctx, ReplicaId from, const Vote& vote, const Message& m,
                             View now) {
  if (vote.view.plus(kBehind) < now) return refused(ctx, from, vote, VoteFate::late);
  if (vote.view > now.plus(kAhead)) return refused(ctx, from, vote, VoteFate::early);
  Slot& slot = slots_[vote.view.value % slots_.size()];
  VoteFate fate = VoteFate::accepted;
  CertifiedVotes* votes = &slot.first.votes;
  if (slot.view != vote.view || slot.first.vote != vote || !slot.others.empty()) {
    votes = find(ctx, from, vote, slot, fate);
    if (votes == nullptr) return refused(ctx, from, vote, VoteFate::invalid);
  }
  if (votes->quorum(ctx.committee())) {
    return refused(ctx, from, vote, votes->contains(from) ? VoteFate::duplicate : VoteFate::late);
  }
  if (!votes->add(ctx.committee(), ctx.crypto(), from, m)) {
    return refused(ctx, from, vote, VoteFate::duplicate);
  }
  ctx.tally(from, static_cast<std::size_t>(vote.phase), fate);
  if (!votes->quorum(ctx.committee())) return {};
  return certificate(vote, *votes);
}

}  // namespace byzlab
