// Basic HotStuff (§4, Algorithm 2).
//
// The replica's four waits are one function here: a certificate of the present view, whoever shows
// it, is what the next phase waits for. The leader shows them; in a view without its leader nobody
// collects the votes.
#include "consensus/hotstuff/hotstuff.h"

namespace byzlab::hotstuff {

// Lines 10, 18 and 26: votes go to leader(curView).
ReplicaId Basic::collector(const Context& ctx, View view) const {
  return pacemaker_.leader(ctx, view);
}

// safeNode (Algorithm 1 lines 25-27). A block is proposed once, so a QC's view is its block's.
bool Basic::safe(BlockId parent, const QuorumCert& justify) const {
  return justify.view > view_of(locked_) || tree().extends(parent, locked_);
}

void Basic::update(Context& ctx, BlockId b, const Qc& qc) {
  switch (qc->phase) {
    case Phase::generic: break;
    case Phase::prepare:  // lines 15-18
      raise_high(ctx, b, qc);
      vote_again(ctx, b, Phase::pre_commit);
      break;
    case Phase::pre_commit:  // lines 23-26
      if (view_of(b) > view_of(locked_)) locked_ = b;
      vote_again(ctx, b, Phase::commit);
      break;
    case Phase::commit: commit(ctx, b); break;  // lines 31-34
  }
}

/// The vote of a later phase: once a phase and view, and none after giving up the view.
void Basic::vote_again(Context& ctx, BlockId b, Phase phase) {
  const View view = view_of(b);  // the QC's, too: a block is proposed once
  if (view != pacemaker_.view() || voted_ > view) return;
  if (voted_ == view && voted_phase_ >= phase) return;
  cast(ctx, phase, b, tree()[b]);
}

// Lines 11-14, 19-22, 27-30: the leader has n - f votes and shows their certificate to all.
void Basic::collected(Context& ctx, const Qc& qc) {
  if (pacemaker_.leader(ctx, qc->view) == ctx.self()) {
    ctx.broadcast(Announce{.view = qc->view, .qc = qc});
  }
}

void Basic::on_message(Context& ctx, ReplicaId from, const Message& m) {
  if (m.kind() != Announce::kKind) return LinearBft::on_message(ctx, from, m);
  begin_call();
  const auto& announce = m.as<Announce>();
  const bool good = m.checked([&] {
    return announce.qc->view == announce.view && from == pacemaker_.leader(ctx, announce.view) &&
           byzlab::valid(ctx, announce.qc);
  });
  if (good) learn(ctx, from, announce.qc);
}

// nextView: a prepareQC or precommitQC of a view shows that a quorum is in it, a commitQC that it
// is over.
View Basic::next_view(const QuorumCert& qc) const {
  return qc.phase == Phase::commit ? qc.view.next() : qc.view;
}

// Finally (lines 35-36), after a decision; after a timeout, the timeout says the same. Who enters
// by a certificate of the view itself (after a restart, say) votes on it now: it was not its view
// yet.
void Basic::entered(Context& ctx, ReplicaId) {
  const Qc qc = pacemaker_.entry({}).qc;
  if (!qc) return;
  if (qc->phase == Phase::commit) {
    return send_new_view(ctx, pacemaker_.leader(ctx, pacemaker_.view()));
  }
  const BlockId block = tree().find(qc->block);
  if (block != kNoBlock) update(ctx, block, qc);
}

// Lines 3-4: n - f new-view messages; "we assume special new-view messages from view 0".
bool Basic::ready(Context& ctx) {
  return pacemaker_.view() == View(1) || pacemaker_.heard_quorum(ctx);
}

}  // namespace byzlab::hotstuff
