// Checkpoints and garbage collection (§4.3), and state transfer to a replica that fell behind.
//
// The state is the sequence of executed batches, its digest a hash chain. A replica that knows a
// proven chain value at some sequence number fetches batches from there downwards: each part is
// checked against the value above it and proves the value below it, so no part needs to be trusted
// and parts may come from anybody.
#include <algorithm>

#include "consensus/pbft/pbft.h"

namespace byzlab::pbft {
namespace {
constexpr std::size_t kCandidates = 64;  // checkpoints being voted on at once, beside n
constexpr std::size_t kPartBlocks = 64;  // of one STATE-PART
constexpr std::uint32_t kPartBytes = 512 * 1024;

struct Link {
  Digest before;
  Digest batch;
  /// In virtual time a digest is a word made wide.
  template <class Hash>
  constexpr void absorb_into(Hash& hash) const {
    hash.word(before.words[0]);
    hash.word(batch.words[0]);
  }
};
BOOST_DESCRIBE_STRUCT(Link, (), (before, batch))
}  // namespace

Digest Pbft::link(Context& ctx, const Digest& before, const Block& batch) {
  return ctx.crypto().digest(Link{.before = before, .batch = batch.digest});
}

/// §4.3: a checkpoint is taken when a sequence number divisible by K is executed.
void Pbft::take_checkpoint(Context& ctx) {
  own_.push_back({.seq = executed_, .state = chain_});
  ctx.broadcast(Checkpoint(own_.back()));
  if (target_.seq == executed_ && target_.state == chain_) make_stable(ctx, target_);
}

/// §4.3: 2f+1 matching CHECKPOINTs are the proof that a checkpoint is stable.
void Pbft::on(Context& ctx, ReplicaId from, const Checkpoint& c, const Message& m) {
  settle(ctx);
  if (c.seq <= stable_.seq || c.seq <= target_.seq) return;
  Candidate* k = candidate_for(from, c);
  if (!k) {
    ++ignored_.overflow;
    return;
  }
  if (!k->votes.add(ctx.committee(), ctx.crypto(), from, m) || k->votes.power() < quorum_) return;
  learn_stable(ctx, {.seq = c.seq, .state = c.state, .votes = k->votes.aggregate()});
}

/// Where a CHECKPOINT counts; null: nowhere. One state a replica and sequence number, so that there
/// are at most n at each; of too many those next to h stay. Liars cannot push out what everybody
/// says of the next checkpoints.
Pbft::Candidate* Pbft::candidate_for(ReplicaId from, const Checkpoint& c) {
  if (c.seq.value % checkpoint_interval_ != 0) return nullptr;
  Candidate* found = nullptr;
  for (Candidate& k : candidates_) {
    if (k.at.seq != c.seq) continue;
    if (k.at.state == c.state) {
      found = &k;
    } else if (k.votes.aggregate().signers.contains(from)) {
      return nullptr;
    }
  }
  if (found) return found;
  if (candidates_.size() >= kCandidates + n_) {
    const auto furthest =
        std::ranges::max_element(candidates_, {}, [](const Candidate& k) { return k.at.seq; });
    if (furthest->at.seq <= c.seq) return nullptr;
    candidates_.erase(furthest);
  }
  return &candidates_.emplace_back(Candidate{.at = c, .votes = {}});
}

void Pbft::on(Context& ctx, ReplicaId, const StableCheckpoint& c, const Message& m) {
  settle(ctx);
  if (c.seq <= stable_.seq || c.seq <= target_.seq) return;
  if (!m.checked([&] { return validity(ctx).stable(c); })) {
    ++ignored_.invalid;
    return;
  }
  learn_stable(ctx, c);
  if (target_.seq > executed_ && !transferring()) request_state(ctx);
}

/// `c` is proven. A replica that has not executed so far may be about to: it asks for the state
/// only when the log cannot get it there, or when it stands still (tick).
void Pbft::learn_stable(Context& ctx, const StableCheckpoint& c) {
  if (c.seq <= stable_.seq) return;
  if (c.seq <= executed_) {
    make_stable(ctx, c);
    propose(ctx);  // the high watermark moved
    return;
  }
  if (c.seq <= target_.seq) return;
  target_ = c;
  std::erase_if(candidates_, [&](const Candidate& k) { return k.at.seq <= target_.seq; });
  start_ticking(ctx);
  if (!in_window(c.seq) && !transferring()) request_state(ctx);
}

/// §4.3: discards everything with sequence number at most n and moves the watermarks. In a new view
/// this happens also without having the state (§4.4), which is fetched then.
void Pbft::make_stable(Context& ctx, StableCheckpoint c) {
  if (c.seq > executed_) {
    release_claims();
    if (c.seq > target_.seq) target_ = c;
  }
  stable_ = std::move(c);
  std::erase_if(own_, [&](const Checkpoint& k) { return k.seq <= stable_.seq; });
  std::erase_if(candidates_, [&](const Candidate& k) { return k.at.seq <= stable_.seq; });
  ctx.note(Milestone::checkpoint, view_, stable_.seq.value, stable_.state);
  persist_snapshot(ctx);
  if (stable_.seq > executed_ && !transferring()) request_state(ctx);
}

// State transfer.

/// Asks one of those who signed the checkpoint for the next part.
void Pbft::request_state(Context& ctx) {
  if (target_.seq <= executed_) {
    transferring_ = false;
    return;
  }
  if (!transferring()) {
    transferring_ = true;
    goal_ = target_.seq;
    goal_chain_ = target_.state;
    fetched_.clear();
  }
  std::vector<ReplicaId> sources;
  target_.votes.signers.for_each([&](ReplicaId r) {
    if (r != self_) sources.push_back(r);
  });
  if (sources.empty()) return;
  // Replicas start at different places of the list.
  asked_ = sources[(source_ + self_.value) % sources.size()];
  ctx.send(asked_, FetchState{.above = executed_, .last = goal_});
  start_ticking(ctx);
}

void Pbft::on(Context& ctx, ReplicaId from, const FetchState& f, const Message&) {
  settle(ctx);
  if (f.last > executed_ || f.last <= f.above) {
    ++ignored_.outside;
    return;
  }
  const auto batch = [&](Height seq) { return history_[seq.value - 1]; };
  Height first = f.last;
  std::uint32_t bytes = batch(first)->bytes;
  while (first.value > f.above.value + 1 && f.last.value - first.value + 1 < kPartBlocks) {
    const Height lower(first.value - 1);
    bytes += batch(lower)->bytes;
    if (bytes > kPartBytes) break;
    first = lower;
  }
  StatePart part{.first = first, .before = chain_at(ctx, Height(first.value - 1))};
  for (Height seq = first; seq <= f.last; ++seq) part.blocks.push_back({batch(seq)});
  ctx.send(from, std::move(part));
}

void Pbft::on(Context& ctx, ReplicaId from, const StatePart& p, const Message&) {
  settle(ctx);
  if (!transferring() || p.blocks.empty() || p.first.value == 0 ||
      p.first.value + p.blocks.size() - 1 != goal_.value) {
    ++ignored_.outside;
    return;
  }
  Digest chain = p.before;
  bool heights = true;
  for (std::size_t k = 0; k < p.blocks.size(); ++k) {
    heights = heights && p.blocks[k].ref && p.blocks[k]->height == p.first.plus(k);
    if (!heights) break;
    chain = link(ctx, chain, *p.blocks[k]);
  }
  if (!heights || chain != goal_chain_) {
    ++ignored_.invalid;
    if (from != asked_) return;
    ++source_;
    request_state(ctx);
    return;
  }
  for (auto b = p.blocks.rbegin(); b != p.blocks.rend(); ++b) fetched_.push_back(b->ref);
  goal_ = Height(p.first.value - 1);
  goal_chain_ = p.before;
  if (goal_ <= executed_) {
    install_state(ctx);
  } else {
    request_state(ctx);
  }
}

void Pbft::install_state(Context& ctx) {
  transferring_ = false;
  const Height before = executed_;
  for (; !fetched_.empty(); fetched_.pop_back()) {
    if (fetched_.back()->height == executed_.next()) append(ctx, fetched_.back(), false, false);
  }
  if (executed_ == before) return;
  ctx.persist(Tagged<ExecutedRecord>{RecordKind::executed, {executed_}});
  ctx.note(Milestone::state_transfer, view_, executed_.value);
  if (target_.seq > stable_.seq && target_.seq <= executed_) make_stable(ctx, target_);
  progressed(ctx);
  execute(ctx);
  if (target_.seq > executed_) {
    request_state(ctx);
  } else {
    send_status(ctx, std::nullopt, false);  // asks for what was committed since the checkpoint
  }
}

/// The hash chain's value at seq, which is executed.
Digest Pbft::chain_at(Context& ctx, Height seq) const {
  if (seq == executed_) return chain_;
  const std::uint64_t anchor = seq.value / kAnchor;
  Digest chain = anchor == 0 ? Digest{} : anchors_[anchor - 1];
  for (std::uint64_t k = anchor * kAnchor; k < seq.value; ++k)
    chain = link(ctx, chain, *history_[k]);
  return chain;
}

}  // namespace byzlab::pbft
