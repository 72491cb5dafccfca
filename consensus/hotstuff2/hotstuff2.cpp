#include "consensus/hotstuff2/hotstuff2.h"

#include <algorithm>

namespace byzlab::hotstuff2 {

HotStuff2::HotStuff2(const Options& options)
    : LinearBft(options), wait_(2 * options.duration("delta")) {}

// The pipelined form: the second phase of a block is the first of the next leader's.
ReplicaId HotStuff2::collector(const Context& ctx, View view) const {
  return pacemaker_.leader(ctx, view.next());
}

// Vote: "ranked no lower than the locked block".
bool HotStuff2::safe(BlockId, const QuorumCert& justify) const {
  return justify.view >= view_of(locked_);
}

// Lock: with the vote, on the certificate that the proposal shows.
void HotStuff2::promise(BlockId parent) {
  if (view_of(parent) > view_of(locked_)) locked_ = parent;
}

// Commit: certificates of two consecutive views, the second block on the first.
void HotStuff2::update(Context& ctx, BlockId second, const Qc& qc) {
  raise_high(ctx, second, qc);
  const BlockId first = tree().parent(second);
  if (first != kNoBlock && view_of(second) == view_of(first).next()) commit(ctx, first);
}

// Propose: at once with the certificate of the view before; else when all locks must have come.
bool HotStuff2::ready(Context& ctx) {
  if (qc_high_->view.next() == pacemaker_.view()) return true;
  return waited_ == pacemaker_.view() && pacemaker_.heard_quorum(ctx);
}

// Enter: who comes by a timeout has told the leader what it has. Who comes by a certificate that
// the leader did not show it tells the leader now.
void HotStuff2::entered(Context& ctx, ReplicaId from) {
  const View view = pacemaker_.view();
  const ReplicaId leader = pacemaker_.leader(ctx, view);
  if (qc_high_->view == View(0) && view == View(1)) return;
  if (leader == ctx.self()) {
    if (qc_high_->view.next() == view) return;
    ctx.set_timer({.owner = 0, .id = kWaitTimer, .payload = view.value}, wait_);
  } else if (from != leader && pacemaker_.entry({}).qc) {
    send_new_view(ctx, leader);
  }
}

void HotStuff2::on_other_timer(Context& ctx, Timer timer) {
  waited_ = std::max(waited_, View(timer.payload));
  try_propose(ctx);
}

}  // namespace byzlab::hotstuff2
