// PBFT's view change (§4.4) and what keeps it live (§4.5.2).
#include "consensus/pbft/view_change.h"

#include <algorithm>

#include "consensus/pbft/pbft.h"

namespace byzlab::pbft {

/// §4.4: multicasts ⟨VIEW-CHANGE, v+1, n, C, P, i⟩; the replica stops accepting messages other than
/// checkpoint, view-change and new-view (the early ones of view v+1 wait).
void Pbft::start_view_change(Context& ctx, View to) {
  if (to <= view_) return;
  ctx.note(Milestone::view_change, view_);
  leave_view(ctx, to);
  active_ = false;
  ++attempts_;
  persist_view(ctx);
  send_view_change(ctx);
  start_ticking(ctx);
  count_view_changes(ctx);
}

/// C proves the stable checkpoint; P has every certificate prepared above it.
void Pbft::send_view_change(Context& ctx) {
  ViewChange vc{.view = view_, .stable = stable_};
  Prepared current;
  for (Height seq = stable_.seq.next(); in_window(seq); ++seq) {
    const Slot* s = slots_.find(seq);
    if (const Prepared* p = s ? s->best_prepared(current) : nullptr) vc.prepared.push_back(*p);
  }
  ctx.broadcast(std::move(vc));
}

void Pbft::leave_view(Context& ctx, View to) {
  release_claims();
  in_flight_.clear();
  if (timing_) ctx.cancel_timer(kProgress);
  timing_ = false;
  announced_ = false;
  view_ = to;
  primary_ = primary(to);
  primary_power_ = ctx.committee().power(primary_);
  accepted_ = Height();
  o_first_ = stable_.seq.next();
  o_.clear();
  new_view_ = HeldMessage();
  new_view_sent_.assign(n_, {});
  attempt_ = 0;
  oldest_since_ = kNever;
  joined_ = ahead_ = 0;
  for (std::uint32_t i = 0; i < n_; ++i) {
    const HeldMessage& vc = view_changes_[i];
    if (!vc) continue;
    const View view = vc->as<ViewChange>().view;
    if (view == view_) joined_ += ctx.committee().power(ReplicaId(i));
    if (view > view_) ahead_ += ctx.committee().power(ReplicaId(i));
  }
}

void Pbft::on(Context& ctx, ReplicaId from, const ViewChange& vc, const Message& m) {
  settle(ctx);
  HeldMessage& latest = view_changes_[from.value];
  const View before = latest ? latest->as<ViewChange>().view : View();
  if (vc.view <= before || vc.view < view_ || (active_ && vc.view == view_)) {
    ++ignored_.old_view;
    return;
  }
  if (!m.checked([&] { return validity(ctx).view_change(vc); })) {
    ++ignored_.invalid;
    return;
  }
  const Power power = ctx.committee().power(from);
  if (latest && before == view_) joined_ -= power;
  if (latest && before > view_) ahead_ -= power;
  (vc.view == view_ ? joined_ : ahead_) += power;
  latest = HeldMessage(ctx.store(), m);
  known_views_[from.value] = std::max(known_views_[from.value], vc.view);
  learn_stable(ctx, vc.stable);
  count_view_changes(ctx);
}

/// §4.5.2: f+1 VIEW-CHANGEs for greater views make this replica join the smallest of them; a quorum
/// for its own view starts the timer, and at the new primary the view (§4.4).
void Pbft::count_view_changes(Context& ctx) {
  if (ahead_ > ctx.committee().fault_bound()) {
    View smallest(~std::uint64_t{0});
    for (const HeldMessage& vc : view_changes_) {
      if (vc && vc->as<ViewChange>().view > view_) {
        smallest = std::min(smallest, vc->as<ViewChange>().view);
      }
    }
    start_view_change(ctx, smallest);
    return;
  }
  if (active_) return;
  if (joined_ + ahead_ >= quorum_) wait_for_new_view(ctx);
  if (joined_ >= quorum_ && self_ == primary_ && !announced_) send_new_view(ctx);
}

/// §4.5.2: the timer for NEW-VIEW starts when a quorum is in this view, so that nobody runs ahead.
/// Who is in a later view, or says so in a STATUS, counts too: VIEW-CHANGEs may be lost, and those
/// of who has entered the view and restarted are.
void Pbft::wait_for_new_view(Context& ctx) {
  if (active_ || timing_) return;
  if (joined_ + ahead_ < quorum_) {
    Power power = 0;
    for (std::uint32_t i = 0; i < n_; ++i) {
      if (i == self_.value || known_views_[i] >= view_)
        power += ctx.committee().power(ReplicaId(i));
    }
    if (power < quorum_) return;
  }
  timing_ = asked_already_ = true;
  ctx.set_timer(kProgress, patience());
}

/// §4.4: ⟨NEW-VIEW, v+1, V, O⟩. The primary enters the view, as all do, when it receives this.
void Pbft::send_new_view(Context& ctx) {
  announced_ = true;
  NewView nv{.view = view_};
  for (std::uint32_t i = 0; i < n_; ++i) {
    const HeldMessage& vc = view_changes_[i];
    if (!vc || vc->as<ViewChange>().view != view_) continue;
    nv.view_changes.push_back(
        {.from = ReplicaId(i), .signature = vc->signature(), .content = vc->as<ViewChange>()});
  }
  nv.digests = reproposals(ctx.crypto(), nv.view_changes).digests;
  new_view_patience_ = patience();
  new_view_sent_.assign(n_, {.enough_until = ctx.now() + new_view_patience_, .times = 1});
  ctx.broadcast(std::move(nv));
}

void Pbft::on(Context& ctx, ReplicaId from, const NewView& nv, const Message& m) {
  settle(ctx);
  if (nv.view < view_ || (active_ && nv.view == view_)) {
    ++ignored_.old_view;
    return;
  }
  // §4.4: a backup verifies V and that O follows from it.
  if (from != primary(nv.view) || !m.checked([&] { return validity(ctx).new_view(nv); })) {
    ++ignored_.invalid;
    return;
  }
  enter(ctx, nv, m);
}

/// §4.4: enters the view; takes over the checkpoint of min-s; the primary proposes O.
void Pbft::enter(Context& ctx, const NewView& nv, const Message& m) {
  const bool timing = timing_ && nv.view == view_;
  if (nv.view != view_) leave_view(ctx, nv.view);
  active_ = true;
  new_view_ = HeldMessage(ctx.store(), m);
  new_view_patience_ = patience();
  const StableCheckpoint* min_s = &nv.view_changes.front().content.stable;
  for (const SignedViewChange& vc : nv.view_changes) {
    if (vc.content.stable.seq > min_s->seq) min_s = &vc.content.stable;
  }
  o_first_ = min_s->seq.next();
  o_ = nv.digests;
  if (min_s->seq > stable_.seq) {
    make_stable(ctx, *min_s);  // writes the view too
  } else {
    persist_view(ctx);
  }
  next_ = std::max(o_first_, stable_.seq.next());
  ctx.note(Milestone::new_view, view_);
  ctx.enter_view(view_, primary_);

  // §4.5.2: the timer that waited for NEW-VIEW goes on until a request executes in this view.
  if (self_ == primary_ || !waiting(ctx)) {
    if (timing) ctx.cancel_timer(kProgress);
    timing_ = false;
  } else {
    watch(ctx);
  }
  if (waiting(ctx)) start_ticking(ctx);
  propose_again(ctx);
  replay_early(ctx);
  propose(ctx);
}

/// §4.4: the primary multicasts a pre-prepare of its view for every member of O. Its batch it may
/// have to fetch first.
void Pbft::propose_again(Context& ctx) {
  if (!active_ || self_ != primary_) return;
  for (; next_ < end_of_o(); ++next_) {
    const Digest& digest = o_[next_.value - o_first_.value];
    BlockRef block = find_batch(ctx, next_, digest);
    if (!block) {
      fetch_batch(ctx, {.seq = next_, .digest = digest});
      return;
    }
    send_pre_prepare(ctx, std::move(block));
  }
}

BlockRef Pbft::find_batch(Context& ctx, Height seq, const Digest& digest) const {
  if (const Slot* s = slots_.find(seq)) {
    if (BlockRef block = s->batch(digest)) return block;
  }
  if (seq <= executed_ && history_[seq.value - 1]->digest == digest) return history_[seq.value - 1];
  BlockRef null = null_batch(ctx.crypto(), seq);
  return null->digest == digest ? null : BlockRef();
}

/// Who has the batch: those whose P has it prepared, and the backups whose prepares prove it. Of
/// the first all may lie, of the second an honest one has accepted the batch and kept it. A few are
/// asked, twice as many the next time.
void Pbft::fetch_batch(Context& ctx, const FetchBatch& wanted) {
  std::vector<ReplicaId> sources;
  ReplicaSet known;
  const auto add = [&](ReplicaId r) {
    if (r != self_ && known.insert(r)) sources.push_back(r);
  };
  const Prepared* proof = nullptr;
  if (new_view_) {
    for (const SignedViewChange& vc : new_view_->as<NewView>().view_changes) {
      const auto p = std::ranges::find_if(vc.content.prepared, [&](const Prepared& p) {
        return p.seq == wanted.seq && p.digest == wanted.digest;
      });
      if (p == vc.content.prepared.end()) continue;
      proof = &*p;
      add(vc.from);
    }
  }
  if (!proof) {
    ctx.broadcast(wanted);
    return;
  }
  proof->prepares.signers.for_each(add);
  const std::size_t asked = std::min(std::size_t{2} << std::min(attempt_, 16u), sources.size());
  for (std::size_t k = 0; k < asked; ++k) ctx.send(sources[k], wanted);
}

void Pbft::on(Context& ctx, ReplicaId from, const FetchBatch& f, const Message&) {
  settle(ctx);
  if (from == self_ || f.seq.value == 0) return;
  if (BlockRef block = find_batch(ctx, f.seq, f.digest)) ctx.send(from, Batch{{std::move(block)}});
}

void Pbft::on(Context& ctx, ReplicaId, const Batch& b, const Message&) {
  settle(ctx);
  if (!active_ || self_ != primary_ || next_ >= end_of_o() || !b.block.ref ||
      b.block->height != next_ || b.block->digest != o_[next_.value - o_first_.value]) {
    ++ignored_.outside;
    return;
  }
  send_pre_prepare(ctx, b.block.ref);
  ++next_;
  propose_again(ctx);
  propose(ctx);
}

Validity Pbft::validity(Context& ctx) const {
  return {
      .committee = ctx.committee(), .crypto = ctx.crypto(), .quorum = quorum_, .window = window_};
}

}  // namespace byzlab::pbft
