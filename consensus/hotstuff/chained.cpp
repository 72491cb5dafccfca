// Chained HotStuff (§5, Algorithm 3; locks as in §6, Algorithm 4).
#include "consensus/hotstuff/hotstuff.h"

namespace byzlab::hotstuff {

// Algorithm 3 line 16: votes go to the leader of the next view.
ReplicaId Chained::collector(const Context& ctx, View view) const {
  return pacemaker_.leader(ctx, view.next());
}

// safeNode (Algorithm 1 lines 25-27): extends lockedQC.node (safety rule), or has a justify higher
// than lockedQC (liveness rule).
bool Chained::safe(BlockId parent, const QuorumCert& justify) const {
  return justify.view > view_of(locked_) || tree().extends(parent, locked_);
}

// update (Algorithm 4 lines 4-12) for whatever node carries `qc`: b'' is what it certifies.
void Chained::update(Context& ctx, BlockId b2, const Qc& qc) {
  raise_high(ctx, b2, qc);  // line 7, pre-commit phase on b''
  const BlockId b1 = tree().parent(b2);
  if (b1 == kNoBlock) return;
  if (view_of(b1) > view_of(locked_)) locked_ = b1;  // lines 8-9, commit phase on b'
  const BlockId b = tree().parent(b1);
  if (b == kNoBlock) return;
  // lines 10-12, decide phase on b: direct parents, so consecutive views
  if (view_of(b2) == view_of(b1).next() && view_of(b1) == view_of(b).next()) commit(ctx, b);
}

// Algorithm 3 lines 8 and 24-26: the QC of the view before, or else what n - f replicas have.
bool Chained::ready(Context& ctx) {
  return qc_high_->view.next() == pacemaker_.view() || pacemaker_.heard_quorum(ctx);
}

}  // namespace byzlab::hotstuff
