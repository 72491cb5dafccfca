// PBFT's normal case (§4.2) and its timers (§4.4, §4.5.2).
#include "consensus/pbft/pbft.h"

#include <algorithm>
#include <cassert>

namespace byzlab::pbft {

namespace {

/// L: at least K, or no checkpoint would ever be taken.
std::uint64_t window(const Options& options) {
  const std::uint64_t interval = options.count("checkpoint_interval");
  const std::uint64_t wanted = options.count("window");
  return wanted == 0 ? 2 * interval : std::max(wanted, interval);
}

}  // namespace

Pbft::Pbft(const Options& options)
    : slots_(window(options)),
      window_(window(options)),
      view_timeout_(options.duration("view_timeout")),
      view_timeout_limit_(std::max(view_timeout_, options.duration("view_timeout_limit"))),
      retransmit_after_(options.duration("retransmit_after").count() == 0
                            ? view_timeout_ / 2
                            : options.duration("retransmit_after")),
      limit_{.requests = static_cast<std::uint32_t>(options.count("batch_size")),
             .bytes = options.bytes("max_block_size")},
      checkpoint_interval_(options.count("checkpoint_interval")),
      pipeline_(options.count("pipeline")) {}

void Pbft::start(Context& ctx) {
  committee_ = &ctx.committee();
  n_ = ctx.n();
  self_ = ctx.self();
  quorum_ = quorum(ctx.committee());
  primary_ = primary(view_);
  primary_power_ = ctx.committee().power(primary_);
  next_ = Height(1);
  view_changes_.resize(n_);
  known_views_.resize(n_);
  new_view_sent_.resize(n_);
  early_of_.assign(n_, {});
  if (ctx.recovered().empty()) {
    ctx.enter_view(view_, primary_);
  } else {
    recover(ctx);
    resume(ctx);
  }
  if (ctx.has_requests()) {
    watch(ctx);
    propose(ctx);
  }
}

void Pbft::on_request(Context& ctx) {
  if (settle_) {
    // What executed in the last call may have been all there was: wait for this request anew.
    settle(ctx);
    timing_ = timing_ && !active_;
  }
  watch(ctx);
  propose(ctx);
}

/// §4.2: the primary assigns the next sequence number to a batch and multicasts PRE-PREPARE. It
/// does so once it has proposed what its view began with, and knows what that executed.
void Pbft::propose(Context& ctx) {
  if (!active_ || self_ != primary_ || next_ < end_of_o()) return;
  while (next_.value <= executed_.value + pipeline_ && in_window(next_) && executed_ >= min_s()) {
    if (!ctx.has_requests()) return;
    auto requests = ctx.batch(limit_, in_flight_);
    std::erase_if(requests, [&](const Request& r) {
      return ordered_.contains(r.id) || !ctx.crypto().authentic(r);
    });
    if (requests.empty()) return;
    send_pre_prepare(
        ctx,
        ctx.crypto().make_block(
            {.height = next_, .view = view_, .proposer = self_, .requests = std::move(requests)}));
    ctx.note(Milestone::proposed, view_, next_.value, in_flight_.back()->digest, in_flight_.back());
    ++next_;
  }
}

void Pbft::send_pre_prepare(Context& ctx, BlockRef block) {
  persist_accepted(ctx, {.view = view_, .seq = next_, .digest = block->digest}, block);
  in_flight_.push_back(block);
  ctx.broadcast(PrePrepare{
      .view = view_, .seq = next_, .digest = block->digest, .block = {std::move(block)}});
}

/// §4.2, the four conditions: signed (the host), in view v, no other digest for (v, seq), between
/// the watermarks; and d is the digest of the batch.
void Pbft::on(Context& ctx, ReplicaId from, const PrePrepare& p, const Message& m) {
  settle(ctx);
  Slot* s = slot_for(ctx, p.view, p.seq, m);
  if (!s) return;
  const auto within_bytes = [&](const Block& block) {
    std::uint64_t bytes = 0;
    for (const Request& request : block.requests) bytes += request.wire_size();
    return bytes <= limit_.bytes;
  };
  const auto well_formed = [&] {
    return p.block.ref && p.block->height == p.seq && p.block->digest == p.digest &&
           p.block->requests.size() <= limit_.requests && within_bytes(*p.block) &&
           std::ranges::all_of(p.block->requests,
                               [&](const Request& r) { return ctx.crypto().authentic(r); });
  };
  if (from != primary_ || !m.checked(well_formed)) {
    ++ignored_.invalid;
    ctx.tally(from, ProposalFate::rejected);
  } else if (!s->accepted) {
    if (admissible(*s, p)) {
      ctx.tally(from, ProposalFate::accepted);
      accept(ctx, *s, p, m);
    } else {
      ++ignored_.inadmissible;
      ctx.tally(from, ProposalFate::rejected);
    }
  } else if (s->digest != p.digest) {
    ctx.tally(from, ProposalFate::rejected);
    ctx.note(Milestone::equivocation, view_, from.value, p.digest);
  } else {
    ctx.tally(from, ProposalFate::late);
    if (s->pre_prepare) return;
    s->pre_prepare = HeldMessage(ctx.store(), m);
    try_prepared(ctx, *s);
  }
}

/// §4.4: where the new view proposes again it must propose what O says. Elsewhere the batch is new,
/// is this primary's, and repeats no request that is executed or in flight.
bool Pbft::admissible(Slot& s, const PrePrepare& p) {
  if (p.seq < end_of_o()) {
    if (o_[p.seq.value - o_first_.value] != p.digest) return false;
    s.claimed = p.seq > executed_ && ordered_.claim(*p.block);
    return true;
  }
  if (p.block->view != view_ || p.block->proposer != primary_) return false;
  s.claimed = !p.block->requests.empty() && p.seq > executed_ && ordered_.claim(*p.block);
  return s.claimed;
}

void Pbft::accept(Context& ctx, Slot& s, const PrePrepare& p, const Message& m) {
  const bool renamed = s.named && s.digest != p.digest;
  if (renamed) {
    s.prepares.clear();
    s.commits.clear();
  }
  s.named = s.accepted = true;
  s.digest = p.digest;
  s.block = p.block.ref;
  s.pre_prepare = HeldMessage(ctx.store(), m);
  accepted_ = std::max(accepted_, p.seq);
  if (self_ != primary_) {
    persist_accepted(ctx, p.signed_part(), s.block);
    ctx.broadcast(Prepare{.view = p.view, .seq = p.seq, .digest = p.digest});
  }
  watch(ctx);
  try_prepared(ctx, s);
  if (renamed) replay_early(ctx);  // last: may move the slots
}

void Pbft::on(Context& ctx, ReplicaId from, const Prepare& p, const Message& m) {
  settle(ctx);
  Slot* s = slot_for(ctx, p.view, p.seq, m);
  // The primary's prepare would count it twice: its pre-prepare stands for it (§4.2).
  if (!s) return;
  if (from == primary_) return ctx.tally(from, kPrepares, VoteFate::invalid);
  if (s->prepared) return tally_extra(ctx, from, kPrepares, s->prepares);
  if (!matches(ctx, *s, p.digest, m)) return;
  const bool fresh = s->prepares.add(ctx.committee(), ctx.crypto(), from, m);
  ctx.tally(from, kPrepares, fresh ? VoteFate::accepted : VoteFate::duplicate);
  if (fresh) try_prepared(ctx, *s);
}

void Pbft::on(Context& ctx, ReplicaId from, const Commit& c, const Message& m) {
  settle(ctx);
  Slot* s = slot_for(ctx, c.view, c.seq, m);
  if (!s) return;
  if (s->committed) return tally_extra(ctx, from, kCommits, s->commits);
  if (!matches(ctx, *s, c.digest, m)) return;
  const bool fresh = s->commits.add(ctx.committee(), ctx.crypto(), from, m);
  ctx.tally(from, kCommits, fresh ? VoteFate::accepted : VoteFate::duplicate);
  if (fresh) try_committed(ctx, *s);
}

/// A vote that came after the quorum it was for.
void Pbft::tally_extra(Context& ctx, ReplicaId from, std::size_t phase,
                       const CertifiedVotes& votes) {
  ctx.tally(from, phase, votes.contains(from) ? VoteFate::duplicate : VoteFate::late);
}

/// A pre-prepare or a vote that has no place here: its view or checkpoint is over, or it is too far
/// ahead.
void Pbft::tally_misplaced(Context& ctx, const Message& m, bool over) {
  if (m.kind() == PrePrepare::kKind) {
    ctx.tally(m.from(), over ? ProposalFate::late : ProposalFate::early);
  } else if (m.kind() == Prepare::kKind || m.kind() == Commit::kKind) {
    ctx.tally(m.from(), m.kind() == Prepare::kKind ? kPrepares : kCommits,
              over ? VoteFate::late : VoteFate::early);
  }
}

/// §4.2: votes are accepted in the current view and between the watermarks. Null: not now.
Slot* Pbft::slot_for(Context& ctx, View view, Height seq, const Message& m) {
  if (view != view_ || !active_) [[unlikely]] {
    if (view < view_) {
      ++ignored_.old_view;
      tally_misplaced(ctx, m, true);
    } else {
      keep_early(ctx, view, m);
    }
    return nullptr;
  }
  if (!in_window(seq)) [[unlikely]] {
    ++ignored_.outside;
    tally_misplaced(ctx, m, seq <= stable_.seq);
    if (seq > stable_.seq) {  // we may be the one who is behind
      behind_ = true;
      start_ticking(ctx);
    }
    return nullptr;
  }
  return &slots_.at(view, seq, stable_.seq);
}

/// Votes that overtake their pre-prepare are counted for the digest that the first of them names;
/// the pre-prepare tells whether that was right, until then other digests wait.
bool Pbft::matches(Context& ctx, Slot& s, const Digest& digest, const Message& m) {
  if (s.named) [[likely]] {
    if (same(s.digest, digest)) [[likely]]
      return true;
    if (!s.accepted) {
      keep_early(ctx, view_, m);
    } else {
      ctx.tally(m.from(), m.kind() == Commit::kKind ? kCommits : kPrepares, VoteFate::invalid);
    }
    return false;
  }
  s.named = true;
  s.digest = digest;
  return true;
}

/// §4.2: prepared(m, v, n, i) is the pre-prepare and 2f matching prepares from different backups.
void Pbft::try_prepared(Context& ctx, Slot& s) {
  if (!s.accepted || s.prepared || s.prepares.power() + primary_power_ < quorum_) return;
  if (!s.pre_prepare) return;
  s.prepared = true;
  ctx.persist(Tagged<PreparedWriter>{RecordKind::prepared,
                                     {.place = {.view = s.view, .seq = s.seq, .digest = s.digest},
                                      .pre_prepare = s.pre_prepare->signature(),
                                      .prepares = s.prepares.aggregate()}});
  ctx.note(Milestone::certified, view_, s.seq.value, s.digest);
  ctx.broadcast(Commit{.view = s.view, .seq = s.seq, .digest = s.digest});
  try_committed(ctx, s);
}

/// §4.2: committed-local(m, v, n, i) is prepared and 2f+1 matching commits.
void Pbft::try_committed(Context& ctx, Slot& s) {
  if (!s.prepared || s.committed || s.commits.power() < quorum_) return;
  s.committed = true;
  if (!s.decided) s.decided = s.block;
  if (s.seq == executed_.next()) execute(ctx);
}

/// §4.2: executed after committed-local, when all lower sequence numbers are executed.
void Pbft::execute(Context& ctx) {
  const Height before = executed_;
  for (Slot* s = slots_.find(executed_.next()); s && s->decided;
       s = slots_.find(executed_.next())) {
    const auto proof = s->commit_proof();
    assert(proof);
    ctx.persist(Tagged<CommittedWriter>{RecordKind::committed, {proof->place, *proof->commits}});
    const bool same = s->block && s->block->digest == s->decided->digest;
    const bool claimed = s->claimed && same;
    append(ctx, s->decided, claimed, same && s->accepted && s->view == view_);
    if (claimed) s->claimed = false;
  }
  if (executed_ != before) progressed(ctx);
}

/// Executes one batch. `claimed`: none of its requests can be a repetition. `persisted`: it is the
/// last batch that the host has made durable at this height.
void Pbft::append(Context& ctx, BlockRef block, bool claimed, bool persisted) {
  BlockRef certified;  // where less is executed
  if (!claimed) {
    BlockRef unique = without_repeats(ctx, block);
    persisted = persisted && unique == block;
    if (unique != block) certified = std::move(block);
    block = std::move(unique);
    if (self_ == primary_) in_flight_.push_back(block);  // until the mempool knows
  }
  if (!persisted) ctx.persist_block(block);
  ++executed_;
  chain_ = link(ctx, chain_, *block);
  if (executed_.value % kAnchor == 0) anchors_.push_back(chain_);
  history_.push_back(block);
  certified ? ctx.commit(block, certified) : ctx.commit(block);
  if (executed_.value % checkpoint_interval_ == 0) take_checkpoint(ctx);
}

/// §4.2 discards a request whose timestamp is not above its client's last: each executes once. A
/// batch that repeats executed requests executes without them; what was executed is the same
/// everywhere, so the rest is too. A view change can bring such a batch back without anybody's
/// fault.
BlockRef Pbft::without_repeats(Context& ctx, const BlockRef& block) {
  release_claims();
  if (ordered_.claim(*block)) return block;
  BlockBody rest = *block;
  std::erase_if(rest.requests, [&](const Request& r) {
    const bool repeated = ordered_.contains(r.id);
    ordered_.insert(r.id);
    return repeated;
  });
  return ctx.crypto().make_block(std::move(rest));
}

/// After this, ordered_ holds the executed requests and nothing else.
void Pbft::release_claims() {
  for (Height seq = executed_.next(); seq <= accepted_; ++seq) {
    Slot* s = slots_.find(seq);
    if (s && std::exchange(s->claimed, false)) ordered_.release(*s->block);
  }
}

/// Keeps a message of a view to come. What a sender may have here is bounded in number and in
/// bytes, and only for views that may be near: whoever is left behind further is shown the
/// NEW-VIEW, and then what it lacks (status.cpp). §4.2: no PRE-PREPARE counts but of the primary of
/// its view.
void Pbft::keep_early(Context& ctx, View view, const Message& m) {
  Early& kept = early_of_[m.from().value];
  const bool useless = view.value > view_.value + kEarlyViews ||
                       (m.kind() == PrePrepare::kKind && m.from() != primary(view));
  if (useless || kept.messages >= 2 * window_ + 8 ||
      kept.bytes + m.bytes() > kEarlyBatches * limit_.bytes) {
    ++ignored_.overflow;
    tally_misplaced(ctx, m, false);
    return;
  }
  ++kept.messages;
  kept.bytes += m.bytes();
  early_.emplace_back(ctx.store(), m);
}

std::uint64_t Pbft::early_bytes() const {
  std::uint64_t bytes = 0;
  for (const Early& kept : early_of_) bytes += kept.bytes;
  return bytes;
}

void Pbft::replay_early(Context& ctx) {
  const auto early = std::exchange(early_, {});
  early_of_.assign(n_, {});
  for (const HeldMessage& m : early) on_message(ctx, m->from(), *m);
}

// Timers.

void Pbft::on_timer(Context& ctx, Timer timer) {
  settle(ctx);
  if (timer.same_key(kTick)) {
    ticking_ = false;
    tick(ctx);
    return;
  }
  if (!timer.same_key(kProgress) || !timing_) return;
  timing_ = false;
  // §4.4: in an active view only a backup that waits for a request suspects the primary. §4.5.2:
  // between views, this view's NEW-VIEW has not come.
  if (active_) {
    if (self_ == primary_ || !waiting(ctx)) return;
    if (transferring() && goal_ != goal_at_timer_) {
      start_timer(ctx);  // it is this replica's own lag, and that shrinks
      return;
    }
    if (!std::exchange(asked_already_, true)) {
      // Something may only have been lost: ask for it while there is time.
      ask(ctx);
      timing_ = true;
      ctx.set_timer(kProgress, patience() - std::min(retransmit_after_, patience() / 2));
      return;
    }
  }
  ctx.note(Milestone::timeout, view_);
  ctx.tally_timeout(active_ ? kRequestTimer : kNewViewTimer);
  start_view_change(ctx, view_.next());
}

/// Is there a request that waits for its execution, as far as this replica knows?
bool Pbft::waiting(Context& ctx) const {
  return accepted_ > executed_ || end_of_o().value > executed_.value + 1 || ctx.has_requests();
}

/// §4.4: a backup starts its timer when it waits for a request and the timer is not running.
void Pbft::watch(Context& ctx) {
  if (active_ && !timing_ && self_ != primary_) start_timer(ctx);
  start_ticking(ctx);
}

/// The timer runs in two parts: at the end of the first the replica asks for what it may have lost.
void Pbft::start_timer(Context& ctx) {
  timing_ = true;
  asked_already_ = false;
  goal_at_timer_ = goal_;
  ctx.set_timer(kProgress, std::min(retransmit_after_, patience() / 2));
}

/// §4.4: stops the timer when it no longer waits for a request, restarts it if there is another.
/// The mempool learns what a call executed after the call: settle() looks whether the restart was
/// right.
void Pbft::progressed(Context& ctx) {
  settle_ = true;
  if (active_) {
    attempts_ = 0;
    if (self_ != primary_) start_timer(ctx);
  }
  propose(ctx);
}

void Pbft::settle_now(Context& ctx) {
  settle_ = false;
  std::erase_if(in_flight_, [&](const BlockRef& b) { return b->height <= executed_; });
  if (active_ && timing_ && !waiting(ctx)) {
    timing_ = false;
    ctx.cancel_timer(kProgress);
  }
}

/// §4.5.2: T, doubled with every view change that brought nothing, up to a limit: a network that
/// was bad for hours is not waited for as long when it is good again.
Duration Pbft::patience() const {
  Duration t = view_timeout_;
  for (unsigned i = 1; i < attempts_ && t < view_timeout_limit_; ++i) t *= 2;
  return std::min(t, view_timeout_limit_);
}

}  // namespace byzlab::pbft
