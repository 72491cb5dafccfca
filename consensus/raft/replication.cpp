// Raft's log: replication, repair and commit (§5.3, §5.4.2).
#include <algorithm>

#include "consensus/raft/raft.h"

namespace byzlab::raft {

void Raft::on_request(Context& ctx) {
  settled_ = commit_index_;
  if (role_ == Role::leader) propose(ctx);
}

/// Figure 2, Leaders: "if command received from client: append entry to local log".
void Raft::propose(Context& ctx) {
  while (last_log_index().value - commit_index_.value < pipeline_ && ctx.has_requests()) {
    // Neither what is in the log already nor what this call committed, of which the mempool will
    // hear.
    std::vector<Request> requests = ctx.batch(limit_, std::span(log_).subspan(settled_.value));
    if (requests.empty()) return;
    append_and_send(ctx, std::move(requests));
  }
}

/// One record for all who have everything before it. The others get it in their turn.
void Raft::append_and_send(Context& ctx, std::vector<Request> requests) {
  const Index index = last_log_index().next();
  const BlockRef block =
      ctx.crypto().make_block({.parent = log_.empty() ? genesis_->digest : log_.back()->digest,
                               .height = index,
                               .view = ballot_.current_term,
                               .proposer = ctx.self(),
                               .requests = std::move(requests)});
  log_.push_back(block);
  ctx.note(Milestone::proposed, block->view, index.value, block->digest, block);

  const auto in_step = [&](const Follower& f) { return !f.probing && f.next_index == index; };
  followers_[ctx.self().value].next_index = index;
  if (ctx.n() > 1) {
    const auto ready = std::ranges::count_if(followers_, in_step);
    if (ready == ctx.n()) {
      ctx.broadcast(entries_from(index, 1));
      for (Follower& f : followers_) f.next_index = index.next();
      idle_ = false;
    } else if (ready > 1) {
      const Message& record = *ctx.store().make(ctx.self(), entries_from(index, 1));
      for (std::uint32_t r = 0; r < ctx.n(); ++r) {
        if (ReplicaId(r) == ctx.self() || !in_step(followers_[r])) continue;
        followers_[r].next_index = index.next();
        ctx.relay(ReplicaId(r), record);
      }
    }
    if (ready > 1) told_commit_ = commit_index_;
  }
  held_.push_back(0);
  acknowledge(ctx, ctx.committee().power(ctx.self()), Index(index.value - 1), index);
}

/// Figure 2, Leaders: "if last log index ≥ nextIndex for a follower: send AppendEntries RPC with
/// log entries starting at nextIndex".
void Raft::send_entries(Context& ctx, ReplicaId to) {
  Follower& f = followers_[to.value];
  if (f.next_index > last_log_index()) return;
  AppendEntries message = entries_from(f.next_index, kBatchEntries);
  if (!f.probing) f.next_index = f.next_index.plus(message.entries.size());
  ctx.send(to, std::move(message));
}

AppendEntries Raft::entries_from(Index first, std::size_t limit) const {
  const Index prev(first.value - 1);
  AppendEntries message{.term = ballot_.current_term,
                        .prev_log_index = prev,
                        .prev_log_term = term_at(prev),
                        .leader_commit = commit_index_};
  std::uint64_t bytes = 0;
  for (Index i = first; i <= last_log_index() && message.entries.size() < limit; ++i) {
    bytes += entry(i)->bytes;
    if (!message.entries.empty() && bytes > kBatchBytes) break;
    message.entries.push_back({entry(i)});
  }
  return message;
}

/// §5.2: "leaders send periodic heartbeats". Its consistency check is at the commit index: who
/// passes it learns that everything up to there is committed, who does not lacks entries and says
/// so.
void Raft::heartbeat(Context& ctx) {
  if (ctx.n() == 1) return;
  told_commit_ = commit_index_;
  ctx.broadcast(Heartbeat{.term = ballot_.current_term,
                          .prev_log_index = commit_index_,
                          .prev_log_term = term_at(commit_index_),
                          .leader_commit = commit_index_});
}

/// §5.3: "if followers crash or run slowly, or if network packets are lost, the leader retries
/// AppendEntries RPCs indefinitely".
void Raft::retry(Context& ctx) {
  for (std::uint32_t r = 0; r < ctx.n(); ++r) {
    Follower& f = followers_[r];
    const bool behind = f.probing || f.match_index < last_log_index();
    if (ReplicaId(r) == ctx.self() || std::exchange(f.heard, false) || !behind) continue;
    if (!f.probing) f.next_index = f.match_index.next();
    f.probing = true;
    send_entries(ctx, ReplicaId(r));
  }
}

/// Figure 2, AppendEntries RPC, receiver implementation.
void Raft::on(Context& ctx, ReplicaId from, const AppendEntries& append, const Message& m) {
  // Inside the fault model every message is well formed; bytes of a liar may be anything.
  const bool well_formed = m.checked([&] {
    Index at = append.prev_log_index;
    return std::ranges::all_of(append.entries, [&](const BlockPayload& e) {
      return e->height == ++at && e->view <= append.term;
    });
  });
  // 1. Refuse if term < currentTerm (§5.1).
  const bool over = append.term < ballot_.current_term;
  if (!well_formed || !from_leader(ctx, from, append.term)) {
    return tally(ctx, from, append, over ? ProposalFate::late : ProposalFate::rejected);
  }
  known_commit_ = std::max(known_commit_, append.leader_commit);
  if (append.prev_log_index > last_log_index() && hold_early(ctx, m)) return;
  take(ctx, from, append);
  if (!early_.empty()) take_early(ctx, from);
}

void Raft::take(Context& ctx, ReplicaId from, const AppendEntries& append) {
  // 2. Refuse if the log has no entry at prevLogIndex of prevLogTerm (§5.3).
  if (!matches(ctx, from, append.prev_log_index, append.prev_log_term)) {
    return tally(ctx, from, append, ProposalFate::rejected);
  }
  bool taken = false;
  for (const BlockPayload& payload : append.entries) {
    const BlockRef& block = payload.ref;
    if (block->height <= last_log_index()) {
      if (term_at(block->height) == block->view) continue;
      // 3. An entry that conflicts goes, and all that follow it (§5.3). No committed one ever does
      // (§5.4.3): that would be a lie.
      if (block->height <= commit_index_) {
        return tally(ctx, from, append, ProposalFate::rejected);
      }
      log_.resize(block->height.value - 1);
    }
    // 4. What is not in the log is appended.
    log_.push_back(block);
    taken = true;
  }
  matched_ = true;
  const Index last_new = append.prev_log_index.plus(append.entries.size());
  tally(ctx, from, append, taken ? ProposalFate::accepted : ProposalFate::late);
  ctx.send(from, AppendEntriesReply{.term = ballot_.current_term, .index = last_new});
  // 5. commitIndex follows leaderCommit as far as this message proves the logs to match.
  apply(ctx, std::min(append.leader_commit, last_new));
}

/// Entries are what a leader proposes; a message without any is a probe.
void Raft::tally(Context& ctx, ReplicaId from, const AppendEntries& append, ProposalFate fate) {
  if (!append.entries.empty()) ctx.tally(from, fate);
}

/// What is missing before it is on its way, or lost: that shows in time. Only a log that agreed
/// with this leader's before has a gap; another may differ, and the leader must know at once.
bool Raft::hold_early(Context& ctx, const Message& m) {
  if (!matched_ || early_.size() == kEarly) return false;
  if (early_.empty()) ctx.set_timer(kGap, heartbeat_interval_ / 2);
  early_.emplace_back(ctx.store(), m);
  return true;
}

void Raft::take_early(Context& ctx, ReplicaId from) {
  for (std::size_t i = 0; i < early_.size();) {
    if (early_[i]->as<AppendEntries>().prev_log_index > last_log_index()) {
      ++i;
      continue;
    }
    const HeldMessage m = std::move(early_[i]);
    early_.erase(early_.begin() + static_cast<std::ptrdiff_t>(i));
    take(ctx, from, m->as<AppendEntries>());
    i = 0;
  }
}

void Raft::on(Context& ctx, ReplicaId from, const Heartbeat& beat, const Message&) {
  if (!from_leader(ctx, from, beat.term)) return;
  known_commit_ = std::max(known_commit_, beat.leader_commit);
  if (!matches(ctx, from, beat.prev_log_index, beat.prev_log_term)) return;
  apply(ctx, std::min(beat.leader_commit, beat.prev_log_index));
}

/// A refusal tells the first index of the conflicting term (§5.3), or of what is not committed:
/// what is does not conflict.
void Raft::refuse(Context& ctx, ReplicaId to, Index prev) {
  Index conflict = std::min(prev, last_log_index().next());
  if (prev <= last_log_index()) {
    while (conflict > commit_index_.next() && term_at(Index(conflict.value - 1)) == term_at(prev)) {
      conflict = Index(conflict.value - 1);
    }
  }
  ctx.send(to,
           AppendEntriesReply{.term = ballot_.current_term, .index = prev, .conflict = conflict});
}

/// Figure 2, Leaders. An answer of another term is about a log that may be gone.
void Raft::on(Context& ctx, ReplicaId from, const AppendEntriesReply& reply, const Message&) {
  if (!in_term(ctx, reply.term) || role_ != Role::leader || from == ctx.self()) {
    if (reply.success()) ctx.tally(from, kAppends, VoteFate::late);
    return;
  }
  settled_ = commit_index_;
  if (!reply.success()) return refused(ctx, from, reply);
  if (reply.index > last_log_index()) return ctx.tally(from, kAppends, VoteFate::invalid);
  const bool repeated = reply.index <= followers_[from.value].match_index;
  ctx.tally(from, kAppends,
            repeated                       ? VoteFate::duplicate
            : reply.index <= commit_index_ ? VoteFate::late
                                           : VoteFate::accepted);
  accepted(ctx, from, reply.index);
}

/// "If successful: update nextIndex and matchIndex for follower" (§5.3). Answers may come in any
/// order: matchIndex never falls.
void Raft::accepted(Context& ctx, ReplicaId from, Index match) {
  Follower& f = followers_[from.value];
  f.heard = true;
  const Index before = f.match_index;
  f.match_index = std::max(before, match);
  if (f.next_index <= f.match_index) {  // what a probe asks for is known
    f.probing = false;
    f.next_index = f.match_index.next();
  }
  if (!f.probing) send_entries(ctx, from);
  acknowledge(ctx, ctx.committee().power(from), before, f.match_index);
}

/// "If AppendEntries fails because of log inconsistency: decrement nextIndex and retry" (§5.3), all
/// entries of the conflicting term at a time. Only a refusal of what was sent last counts; while a
/// follower keeps up, any message that found a gap.
void Raft::refused(Context& ctx, ReplicaId from, const AppendEntriesReply& reply) {
  Follower& f = followers_[from.value];
  const bool current = f.probing ? reply.index.next() == f.next_index : reply.index < f.next_index;
  if (!current || reply.index == Index(0)) return;
  f.heard = f.probing = true;
  f.next_index = std::clamp(reply.conflict, Index(1), reply.index);
  send_entries(ctx, from);
}

/// Figure 2, Leaders, the last rule: commitIndex becomes the highest N that a majority of
/// matchIndex[i] has reached, if log[N] is of currentTerm (§5.3, §5.4). So power is counted for
/// entries of the own term only; it never grows from one entry to the next.
void Raft::acknowledge(Context& ctx, Power power, Index after, Index upto) {
  for (Index i = std::max(after.next(), held_from_); i <= upto; ++i) {
    held_[i.value - held_from_.value] += power;
  }
  const Index before = held_from_;
  while (!held_.empty() && held_.front() >= ctx.committee().quorum()) {
    held_.pop_front();
    ++held_from_;
  }
  if (held_from_ == before) return;
  apply(ctx, Index(held_from_.value - 1));
  propose(ctx);
  if (told_commit_ < commit_index_) heartbeat(ctx);  // no entry carried the news
}

void Raft::apply(Context& ctx, Index upto) {
  while (commit_index_ < upto) {
    ++commit_index_;
    ctx.commit(entry(commit_index_));
  }
}

}  // namespace byzlab::raft
