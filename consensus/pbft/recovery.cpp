// What a PBFT replica writes down, and how it comes back after a crash.
//
// Written before the message that it stands for leaves: the view, accepted pre-prepares, prepared
// certificates, how far it executed. So a restarted replica never says two things about one (v, n),
// and reports in P all that it may have helped to commit. Proofs of what it executed are written
// for the others: when all who executed have restarted, one who did not can still be helped.
#include <algorithm>

#include "consensus/pbft/pbft.h"

namespace byzlab::pbft {
namespace {

/// The batch that was certified where less was executed; null when that is the same, or is not
/// known any more.
BlockRef certified_in(const SnapshotRecord& all, const std::vector<BlockRef>& blocks,
                      const Block& executed) {
  for (const CommittedRecord& c : all.committed) {
    if (c.place.seq != executed.height || c.place.digest == executed.digest) continue;
    const auto batch =
        std::ranges::find(blocks, c.place.digest, [](const BlockRef& b) { return b->digest; });
    if (batch != blocks.end()) return *batch;
  }
  return {};
}

}  // namespace

void Pbft::persist_view(Context& ctx) {
  ctx.persist(Tagged<ViewRecord>{RecordKind::view, view_record()});
}

ViewRecord Pbft::view_record() const {
  return {.view = view_, .active = active_, .o_first = o_first_, .o = o_};
}

void Pbft::persist_accepted(Context& ctx, const Place& place, const BlockRef& block) {
  ctx.persist(Tagged<AcceptedRecord>{RecordKind::accepted, place});
  if (place.seq > executed_) {
    ctx.persist_block(block);
  } else if (const BlockRef& executed = history_[place.seq.value - 1];
             executed->digest != block->digest) {
    ctx.persist_block(block);
    ctx.persist_block(executed);  // the last one at a height is the executed one
  }
}

/// At a stable checkpoint the log below is forgotten (§4.3).
void Pbft::persist_snapshot(Context& ctx) {
  SnapshotRecord snapshot{.view = view_record(), .stable = stable_, .executed = executed_};
  Prepared current;
  for (Height seq = stable_.seq.next(); in_window(seq); ++seq) {
    const Slot* s = slots_.find(seq);
    if (!s) continue;
    if (s->accepted && s->view == view_) {
      snapshot.accepted.push_back({.view = s->view, .seq = seq, .digest = s->digest});
    }
    if (const Prepared* p = s->best_prepared(current)) snapshot.prepared.push_back(*p);
    if (const auto p = s->commit_proof()) snapshot.committed.push_back({p->place, *p->commits});
  }
  // A primary's pre-prepares that are on their way to itself: signed, and in no slot yet.
  for (const BlockRef& b : in_flight_) {
    if (b->height > accepted_ && b->height > executed_) {
      snapshot.accepted.push_back({.view = view_, .seq = b->height, .digest = b->digest});
    }
  }
  ctx.persist_only(Tagged<SnapshotRecord>{RecordKind::snapshot, snapshot});
}

void Pbft::recover(Context& ctx) {
  SnapshotRecord all{
      .view = {.active = true, .o_first = Height(1)}};  // as nobody has written it yet
  for (const auto bytes : ctx.recovered().records) read_record(bytes, ctx, all);

  // What was executed: the last batch written at each height up to there.
  const auto& blocks = ctx.recovered().blocks;
  history_.resize(all.executed.value);
  for (const BlockRef& b : blocks) {
    if (b->height.value != 0 && b->height <= all.executed) history_[b->height.value - 1] = b;
  }
  // It is committed again, and said to be certified: the application starts from nothing, too, and
  // a torn disk may have kept what nobody had been told.
  for (const CommittedRecord& c : all.committed) {
    ctx.note(Milestone::certified, c.place.view, c.place.seq.value, c.place.digest);
  }
  for (const BlockRef& b : history_) {
    if (!b) break;  // a disk that lost batches: start from what is whole
    ++executed_;
    const BlockRef certified = certified_in(all, blocks, *b);
    certified ? ctx.commit(b, certified) : ctx.commit(b);
    chain_ = link(ctx, chain_, *b);
    if (executed_.value % kAnchor == 0) anchors_.push_back(chain_);
    for (const Request& r : b->requests) ordered_.insert(r.id);
  }
  history_.resize(executed_.value);

  stable_ = target_ = all.stable;
  view_ = all.view.view;
  active_ = all.view.active;
  primary_ = primary(view_);
  primary_power_ = ctx.committee().power(primary_);
  o_first_ = all.view.o_first;
  o_ = all.view.o;
  recover_slots(ctx, all);
}

void Pbft::read_record(std::span<const std::byte> bytes, Context& ctx, SnapshotRecord& all) {
  ByteReader reader(bytes, ctx.crypto().hash_scheme());
  RecordKind kind{};
  if (!decode(reader, kind)) return;
  switch (kind) {
    case RecordKind::view: decode(reader, all.view); break;
    case RecordKind::accepted: decode(reader, all.accepted.emplace_back()); break;
    case RecordKind::prepared: decode(reader, all.prepared.emplace_back()); break;
    case RecordKind::committed:
      decode(reader, all.committed.emplace_back());
      all.executed = all.committed.back().place.seq;
      break;
    case RecordKind::executed: {
      ExecutedRecord record;
      decode(reader, record);
      all.executed = record.executed;
      break;
    }
    case RecordKind::snapshot: decode(reader, all); break;
  }
}

/// Accepted pre-prepares of the current view are accepted again, without the record (the primary's
/// signature) until it comes again. Prepared certificates are kept for P, and all batches for who
/// has to propose them again.
void Pbft::recover_slots(Context& ctx, const SnapshotRecord& all) {
  const auto& blocks = ctx.recovered().blocks;
  const auto batch = [&](Height seq, const Digest& digest) {
    const auto at = std::find_if(blocks.rbegin(), blocks.rend(), [&](const BlockRef& b) {
      return b->height == seq && b->digest == digest;
    });
    return at != blocks.rend() ? *at : find_batch(ctx, seq, digest);
  };
  for (const BlockRef& b : blocks) {
    if (in_window(b->height)) slots_.at(view_, b->height, stable_.seq).remember(b);
  }
  for (const PreparedRecord& p : all.prepared) {
    BlockRef block = batch(p.seq, p.digest);
    if (!in_window(p.seq) || !block) continue;
    Slot& s = slots_.at(view_, p.seq, stable_.seq);
    s.remember(block);
    if (s.earlier->block && s.earlier->certificate.view >= p.view) continue;
    s.earlier->certificate = p;
    s.earlier->block = std::move(block);
  }
  for (const CommittedRecord& c : all.committed) {
    BlockRef block = batch(c.place.seq, c.place.digest);
    if (!in_window(c.place.seq) || !block) continue;
    Slot& s = slots_.at(view_, c.place.seq, stable_.seq);
    s.remember(block);
    s.earlier->commit_view = c.place.view;
    s.earlier->commits = c.commits;
    s.earlier->committed = s.decided = std::move(block);
  }
  if (!active_) return;
  for (const AcceptedRecord& a : all.accepted) {
    if (a.view == view_) accepted_ = std::max(accepted_, a.seq);
    BlockRef block = batch(a.seq, a.digest);
    if (a.view != view_ || !in_window(a.seq) || !block) continue;
    Slot& s = slots_.at(view_, a.seq, stable_.seq);
    if (s.accepted) continue;
    s.named = s.accepted = true;
    s.digest = a.digest;
    s.block = std::move(block);
    s.claimed = a.seq > executed_ && ordered_.claim(*s.block);
  }
}

/// Says again what it said last, and asks what it missed.
void Pbft::resume(Context& ctx) {
  catching_up_ = true;
  for (std::uint64_t seq = stable_.seq.value / checkpoint_interval_ * checkpoint_interval_;
       seq <= executed_.value; seq += checkpoint_interval_) {
    if (seq <= stable_.seq.value) continue;
    own_.push_back({.seq = Height(seq), .state = chain_at(ctx, Height(seq))});
    ctx.broadcast(Checkpoint(own_.back()));
  }
  if (active_) {
    ctx.enter_view(view_, primary_);
    say_slots_again(ctx);
  } else {
    send_view_change(ctx);
  }
  send_status(ctx, std::nullopt, false);
  start_ticking(ctx);
  if (target_.seq > executed_) request_state(ctx);
  if (waiting(ctx)) watch(ctx);
}

void Pbft::say_slots_again(Context& ctx) {
  next_ = std::max(o_first_, stable_.seq.next());
  for (Height seq = stable_.seq.next(); in_window(seq) && seq <= accepted_; ++seq) {
    const Slot* s = slots_.find(seq);
    if (!s || !s->accepted) continue;
    const Place place{.view = view_, .seq = seq, .digest = s->digest};
    if (self_ != primary_) {
      ctx.broadcast(Prepare{.view = place.view, .seq = seq, .digest = place.digest});
    } else if (seq == next_) {
      in_flight_.push_back(s->block);
      ctx.broadcast(
          PrePrepare{.view = place.view, .seq = seq, .digest = place.digest, .block = {s->block}});
      ++next_;
    }
    if (s->said_commit())
      ctx.broadcast(Commit{.view = place.view, .seq = seq, .digest = place.digest});
  }
  propose_again(ctx);
  // Never a second batch for a place, whatever the disk has lost.
  if (next_ >= end_of_o()) next_ = std::max(next_, accepted_.next());
}

}  // namespace byzlab::pbft
