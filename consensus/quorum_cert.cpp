#include "consensus/quorum_cert.h"

namespace byzlab {

CertifiedVotes* VoteCollector::find(Context& ctx, ReplicaId from, const Vote& vote, Slot& slot,
                                    VoteFate& fate) {
  if (slot.view != vote.view) {
    slot.view = vote.view;
    slot.first.vote = vote;
    slot.first.votes.clear();
    slot.others.clear();
    return &slot.first.votes;
  }
  Ballot* found = nullptr;
  int others = 0;
  const auto look_at = [&](Ballot& ballot) {
    if (ballot.vote == vote) {
      found = &ballot;
    } else if (ballot.vote.phase == vote.phase && ballot.votes.contains(from)) {
      ++others;
    }
  };
  look_at(slot.first);
  for (Ballot& ballot : slot.others) look_at(ballot);
  if (others > 0) {
    ctx.note(Milestone::equivocation, vote.view, from.value, vote.block);
    fate = VoteFate::invalid;
  }
  if (others > 1) return nullptr;
  if (found == nullptr) found = &slot.others.emplace_back(Ballot{.vote = vote, .votes = {}});
  return &found->votes;
}

Qc VoteCollector::certificate(const Vote& vote, const CertifiedVotes& votes) {
  return Qc(QuorumCert{.phase = vote.phase,
                       .view = vote.view,
                       .height = vote.height,
                       .block = vote.block,
                       .votes = votes.aggregate()});
}

}  // namespace byzlab
