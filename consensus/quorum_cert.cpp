#include "consensus/quorum_cert.h"

namespace byzlab {

Qc VoteCollector::add(Context& ctx, ReplicaId from, const Vote& vote, const Message& m, View now) {
  const auto refused = [&](VoteFate fate) {
    ctx.tally(from, static_cast<std::size_t>(vote.phase), fate);
    return Qc();
  };
  if (vote.view.plus(kBehind) < now) return refused(VoteFate::late);
  if (vote.view > now.plus(kAhead)) return refused(VoteFate::early);
  Slot& slot = slots_[vote.view.value % slots_.size()];
  if (slot.view != vote.view) {
    slot.view = vote.view;
    slot.ballots.clear();
  }
  Ballot* found = nullptr;
  int others = 0;
  for (Ballot& ballot : slot.ballots) {
    if (ballot.vote == vote) {
      found = &ballot;
    } else if (ballot.vote.phase == vote.phase && ballot.votes.contains(from)) {
      ++others;
    }
  }
  if (others > 0) ctx.note(Milestone::equivocation, vote.view, from.value, vote.block);
  if (others > 1) return refused(VoteFate::invalid);
  if (found == nullptr) found = &slot.ballots.emplace_back(Ballot{.vote = vote, .votes = {}});
  CertifiedVotes& votes = found->votes;
  const VoteFate counted = others > 0 ? VoteFate::invalid : VoteFate::accepted;
  if (votes.quorum(ctx.committee())) {
    return refused(votes.contains(from) ? VoteFate::duplicate : VoteFate::late);
  }
  if (!votes.add(ctx.committee(), ctx.crypto(), from, m)) return refused(VoteFate::duplicate);
  ctx.tally(from, static_cast<std::size_t>(vote.phase), counted);
  if (!votes.quorum(ctx.committee())) return {};
  return Qc(QuorumCert{.phase = vote.phase,
                       .view = vote.view,
                       .height = vote.height,
                       .block = vote.block,
                       .votes = votes.aggregate()});
}

}  // namespace byzlab
