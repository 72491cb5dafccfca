// Retransmission. The paper assumes channels that deliver in the end; links here may lose. As in
// Castro's thesis (2001), a replica that makes no progress says what it has and others send what it
// lacks. Nothing is sent while everything moves, so a good case costs what the paper says.
#include <algorithm>

#include "consensus/pbft/pbft.h"

namespace byzlab::pbft {
namespace {
constexpr std::uint64_t kSlotsPerAnswer = 16;
constexpr std::uint32_t kBackOff = 2;    // the period doubles this often while nothing helps
constexpr std::uint32_t kHelpers = 4;    // at most so many answer at length
constexpr std::int64_t kStandstill = 4;  // times the timeout: patience of who stood still itself
}  // namespace

/// Runs every retransmit_after_ while something is outstanding, less often while nothing helps.
void Pbft::tick(Context& ctx) {
  if (!outstanding(ctx)) {
    attempt_ = 0;
    oldest_since_ = kNever;
    return;
  }
  const bool moved = executed_ != executed_at_tick_ || goal_ != goal_at_tick_;
  executed_at_tick_ = executed_;
  goal_at_tick_ = goal_;
  if (!moved && target_.seq > executed_) {
    if (transferring()) ++source_;
    request_state(ctx);
  }
  // Who moves because others help goes on asking, until it moves by itself.
  const bool helped = attempt_ > 0;
  attempt_ = moved ? 0 : attempt_ + 1;
  if (attempt_ >= 2) follow(ctx);
  if (!moved || helped || behind_ || catching_up_) ask(ctx);
  suspect_censorship(ctx, helped || !moved);
  start_ticking(ctx);
}

/// §4.5.2: f+1 replicas in later views take this one along. What their VIEW-CHANGEs said is lost
/// when they are active again and have restarted; their STATUSes say it too. Without this a primary
/// of an older view, which no timer moves, could wait for ever.
void Pbft::follow(Context& ctx) {
  Power ahead = 0;
  View smallest(~std::uint64_t{0});
  for (std::uint32_t i = 0; i < n_; ++i) {
    if (known_views_[i] <= view_) continue;
    ahead += ctx.committee().power(ReplicaId(i));
    smallest = std::min(smallest, known_views_[i]);
  }
  if (ahead > ctx.committee().fault_bound()) start_view_change(ctx, smallest);
}

/// Tells everybody what this replica has: they send what it lacks, and say what they have, which it
/// sends to those who lack it. So what is large (a VIEW-CHANGE, a NEW-VIEW) is not sent for
/// nothing.
void Pbft::ask(Context& ctx) {
  behind_ = false;
  ++asked_rounds_;
  send_status(ctx, std::nullopt, false);
  propose_again(ctx);
}

/// §4.4: the timer is about the requests a backup waits for, whatever else executes. The request
/// that waits longest is next at an honest primary. A replica that stood still in between may have
/// itself to blame, and is more patient: not without end, or a slow primary could leave out what it
/// likes.
void Pbft::suspect_censorship(Context& ctx, bool stuck) {
  if (!active_ || self_ == primary_) return;
  const auto oldest = target_.seq > executed_ ? std::vector<Request>() : ctx.batch({.requests = 1});
  if (oldest.empty()) {
    oldest_since_ = kNever;
    return;
  }
  if (oldest_since_ == kNever || oldest.front().id != oldest_) {
    oldest_ = oldest.front().id;
    oldest_since_ = ctx.now();
    moving_since_ = kNever;
  }
  if (stuck) {
    moving_since_ = kNever;
  } else if (moving_since_ == kNever) {
    moving_since_ = ctx.now();
  }
  const bool passed_over = moving_since_ != kNever && ctx.now() - moving_since_ >= patience();
  if (passed_over || ctx.now() - oldest_since_ >= kStandstill * patience()) {
    ctx.note(Milestone::timeout, view_);
    ctx.tally_timeout(kRequestTimer);
    start_view_change(ctx, view_.next());
  }
}

bool Pbft::outstanding(Context& ctx) const {
  return !active_ || catching_up_ || behind_ || target_.seq > executed_ || waiting(ctx);
}

void Pbft::start_ticking(Context& ctx) {
  if (ticking_) return;
  ticking_ = true;
  executed_at_tick_ = executed_;
  ctx.set_timer(kTick, retransmit_after_ * (std::int64_t{1} << std::min(attempt_, kBackOff)));
}

void Pbft::send_status(Context& ctx, std::optional<ReplicaId> to, bool answer) {
  Status status{.view = view_,
                .active = active_,
                .stable = stable_.seq,
                .executed = executed_,
                .round = asked_rounds_,
                .answer = answer};
  for (std::uint32_t i = 0; !active_ && i < n_; ++i) {
    const HeldMessage& vc = view_changes_[i];
    if (vc && vc->as<ViewChange>().view == view_) status.joined.insert(ReplicaId(i));
  }
  for (std::uint64_t k = 0; k < Status::kSpan; ++k) {
    const Slot* s = slots_.find(executed_.plus(1 + k));
    if (!s) continue;
    const std::uint64_t bit = std::uint64_t{1} << k;
    const bool here = s->view == view_;
    if (s->decided || (here && s->pre_prepare)) status.pre_prepared |= bit;
    if (s->decided || (here && s->prepared)) status.prepared |= bit;
    if (s->decided) status.committed |= bit;
  }
  if (!answer) executed_at_ask_ = executed_;
  if (to) {
    ctx.send(*to, status);
  } else {
    ctx.broadcast(status);
  }
}

void Pbft::on(Context& ctx, ReplicaId from, const Status& s, const Message&) {
  settle(ctx);
  if (from == self_) return;
  known_views_[from.value] = std::max(known_views_[from.value], s.view);
  wait_for_new_view(ctx);
  if (s.answer) {
    if (!active_) help_with_view(ctx, from, s, false);
    // Restarted: caught up when a quorum, with us, is not ahead of us.
    if (catching_up_ && s.executed <= executed_ && (s.view <= view_ || !s.active)) {
      heard_.insert(from);
      heard_.insert(self_);
      if (power_of(ctx.committee(), heard_) >= quorum_) catching_up_ = false;
    }
    if (s.executed > executed_) {
      helper_ = from;
      helper_at_ = s.executed;
      ask_on(ctx);
    }
    return;
  }
  // Who answers at length changes from round to round: f+1 of the others, so that one is honest, or
  // a few where that would be many.
  const std::uint32_t others = n_ - 1;
  const std::uint32_t helpers = std::min(others, std::clamp((n_ + 2) / 3, 3u, kHelpers));
  const std::uint32_t place = (self_.value + n_ - from.value - 1) % n_;  // 0 … others - 1
  const std::uint32_t first = static_cast<std::uint32_t>(std::uint64_t{s.round} * helpers % others);
  const bool at_length = (place + others - first) % others < helpers;
  help_with_view(ctx, from, s, at_length);
  help_with_state(ctx, from, s, at_length);
  if (s.view == view_ && s.active && active_) help_with_slots(ctx, from, s, at_length);
  send_status(ctx, from, true);
}

/// Whoever had more and was of use is asked for the next part at once.
void Pbft::ask_on(Context& ctx) {
  if (helper_at_ <= executed_ || executed_ <= executed_at_ask_) return;
  const Slot* next = slots_.find(executed_.next());
  if (next && next->decided) return;
  send_status(ctx, helper_, false);
}

/// For who is in an older view, or does not know that this one began. A NEW-VIEW holds a quorum of
/// VIEW-CHANGEs and may take its sender's uplink seconds (43 VIEW-CHANGEs of 300 kB to each of 64):
/// who asks may have one on its way, and gets the next after T, 2T, 4T …
void Pbft::help_with_view(Context& ctx, ReplicaId to, const Status& s, bool at_length) {
  if (s.view > view_ || (s.view == view_ && s.active)) return;
  if (active_) {
    if (!new_view_ || !(self_ == primary_ || at_length)) return;
    NewViewSent& sent = new_view_sent_[to.value];
    if (ctx.now() < sent.enough_until) return;
    sent.enough_until =
        ctx.now() + new_view_patience_ * (std::int64_t{1} << std::min(sent.times, 16u));
    ++sent.times;
    ctx.relay(to, *new_view_);
  } else if (view_changes_[self_.value] && !(s.view == view_ && s.joined.contains(self_))) {
    ctx.relay(to, *view_changes_[self_.value]);
  }
}

/// For who has executed less: the proof of a checkpoint, or what was committed above it.
void Pbft::help_with_state(Context& ctx, ReplicaId to, const Status& s, bool at_length) {
  for (const Checkpoint& c : own_) {
    if (c.seq > s.stable) ctx.send(to, c);
  }
  if (!at_length) return;
  if (s.stable < stable_.seq) ctx.send(to, stable_);
  const Height first(std::max(s.executed.value, stable_.seq.value) + 1);
  for (Height seq = first; seq <= executed_ && seq < first.plus(kSlotsPerAnswer); ++seq) {
    const Slot* slot = slots_.find(seq);
    if (!slot || !slot->decided) continue;
    const std::uint64_t k = seq.value - s.executed.value - 1;
    if (k < Status::kSpan && (s.committed >> k & 1) != 0) continue;
    if (slot->proof) {
      ctx.relay(to, *slot->proof);
    } else if (const auto p = slot->commit_proof()) {
      ctx.send(to, Decided{.view = p->place.view,
                           .seq = seq,
                           .digest = p->place.digest,
                           .commits = *p->commits,
                           .block = {p->block}});
    }
  }
}

/// For who is in the same view: this replica's own messages again, and the primary's pre-prepare.
void Pbft::help_with_slots(Context& ctx, ReplicaId to, const Status& s, bool at_length) {
  std::uint64_t helped = 0;
  for (std::uint64_t k = 0; k < Status::kSpan && helped < kSlotsPerAnswer; ++k) {
    const Height seq = s.executed.plus(1 + k);
    const Slot* slot = in_window(seq) ? slots_.find(seq) : nullptr;
    if (!slot || slot->view != view_ || !slot->accepted) continue;
    const auto lacks = [&](std::uint64_t bits) { return (bits >> k & 1) == 0; };
    if (!lacks(s.committed)) continue;
    ++helped;
    if (lacks(s.pre_prepared) && slot->pre_prepare && (self_ == primary_ || at_length)) {
      ctx.relay(to, *slot->pre_prepare);
    }
    if (lacks(s.prepared) && self_ != primary_) {
      ctx.send(to, Prepare{.view = view_, .seq = seq, .digest = slot->digest});
    }
    if (slot->said_commit())
      ctx.send(to, Commit{.view = view_, .seq = seq, .digest = slot->digest});
  }
}

/// A proof of committed(m, v, n) is good in any view (§4.5.1): no other batch can be committed at
/// n.
void Pbft::on(Context& ctx, ReplicaId, const Decided& d, const Message& m) {
  settle(ctx);
  if (d.seq <= executed_ || !in_window(d.seq)) {
    ++ignored_.outside;
    return;
  }
  Slot& s = slots_.at(view_, d.seq, stable_.seq);
  if (s.decided) return;
  if (!m.checked([&] { return validity(ctx).decided(d); })) {
    ++ignored_.invalid;
    return;
  }
  s.decided = d.block.ref;
  s.proof = HeldMessage(ctx.store(), m);
  execute(ctx);
  if (executed_.value >= executed_at_ask_.value + kSlotsPerAnswer) ask_on(ctx);
}

}  // namespace byzlab::pbft
