// Raft's terms and elections (§5.1, §5.2, §5.4.1) and what survives a crash.
#include "consensus/raft/raft.h"

namespace byzlab::raft {

Raft::Raft(const Options& options)
    : election_timeout_(options.duration("election_timeout")),
      heartbeat_interval_(options.duration("heartbeat_interval")),
      limit_{.requests = static_cast<std::uint32_t>(options.count("batch_size")),
             .bytes = options.bytes("max_block_size")},
      pipeline_(options.count("pipeline")) {}

void Raft::start(Context& ctx) {
  genesis_ = ctx.crypto().genesis();
  followers_.resize(ctx.n());
  recover(ctx);
  draw_election_timeout(ctx);  // §5.2: "when servers start up, they begin as followers"
}

void Raft::on_timer(Context& ctx, Timer timer) {
  settled_ = commit_index_;
  if (timer.same_key(kElection)) {
    if (!waited_in_vain(ctx)) return;
    ctx.note(Milestone::timeout, ballot_.current_term);
    ctx.tally_timeout(0);
    stand_for_election(ctx);
  } else if (timer.same_key(kHeartbeat)) {
    if (idle_) heartbeat(ctx);
    idle_ = true;
    ctx.set_timer(kHeartbeat, heartbeat_interval_);
  } else if (timer.same_key(kRetry)) {
    retry(ctx);
    ctx.set_timer(kRetry, election_timeout_ / 2);
  } else if (timer.same_key(kGap) && !early_.empty()) {
    refuse(ctx, *leader_, early_.front()->as<AppendEntries>().prev_log_index);
  }
}

/// Figure 2, Candidates: "on conversion to candidate, start election: increment currentTerm, vote
/// for self, reset election timer, send RequestVote RPCs to all other servers".
void Raft::stand_for_election(Context& ctx) {
  role_ = Role::candidate;
  forget_leader();
  ++ballot_.current_term;
  ballot_.voted_for = ctx.self();
  draw_election_timeout(ctx);
  ctx.note(Milestone::view_change, ballot_.current_term);
  votes_.clear();
  votes_.add(ctx.committee(), ctx.self());
  if (votes_.quorum(ctx.committee())) return become_leader(ctx);
  ctx.broadcast(RequestVote{.term = ballot_.current_term,
                            .last_log_index = last_log_index(),
                            .last_log_term = term_at(last_log_index())});
}

/// Figure 2, RequestVote RPC, receiver implementation.
void Raft::on(Context& ctx, ReplicaId from, const RequestVote& request, const Message&) {
  if (from == ctx.self()) return;
  // 1. Refuse if term < currentTerm (§5.1).
  bool granted = in_term(ctx, request.term);
  // 2. Grant if votedFor is null or the candidate, and its log is up to date (§5.2, §5.4).
  granted = granted && role_ == Role::follower && ballot_.voted_for.value_or(from) == from &&
            at_least_as_up_to_date(request);
  if (granted) {
    ballot_.voted_for = from;
    heard_at_ = ctx.now();  // Figure 2, Followers: the timeout starts again with a vote granted
  }
  ctx.send(from, RequestVoteReply{.term = ballot_.current_term, .vote_granted = granted});
}

/// §5.4.1: the log with the later last term is more up to date; of equal terms, the longer one.
bool Raft::at_least_as_up_to_date(const RequestVote& candidate) const {
  const Term own = term_at(last_log_index());
  if (candidate.last_log_term != own) return candidate.last_log_term > own;
  return candidate.last_log_index >= last_log_index();
}

/// Figure 2, Candidates: "if votes received from majority of servers: become leader".
void Raft::on(Context& ctx, ReplicaId from, const RequestVoteReply& reply, const Message&) {
  const bool in_time = in_term(ctx, reply.term) && role_ == Role::candidate;
  if (!reply.vote_granted) return;
  if (!in_time) return ctx.tally(from, kElections, VoteFate::late);
  settled_ = commit_index_;
  const bool fresh = votes_.add(ctx.committee(), from);
  ctx.tally(from, kElections, fresh ? VoteFate::accepted : VoteFate::duplicate);
  if (votes_.quorum(ctx.committee())) become_leader(ctx);
}

/// Figure 2, State and Leaders; §8 for the empty entry, which is also the first heartbeat.
void Raft::become_leader(Context& ctx) {
  role_ = Role::leader;
  leader_ = ctx.self();
  ctx.cancel_timer(kElection);
  ctx.enter_view(ballot_.current_term, ctx.self());
  ctx.note(Milestone::new_view, ballot_.current_term, last_log_index().value);
  for (Follower& f : followers_) f = Follower{.next_index = last_log_index().next()};
  held_.clear();
  held_from_ = last_log_index().next();
  told_commit_ = Index(0);
  idle_ = false;
  ctx.set_timer(kHeartbeat, heartbeat_interval_);
  ctx.set_timer(kRetry, election_timeout_ / 2);
  append_and_send(ctx, {});
  propose(ctx);
}

/// Figure 2, All Servers: "if RPC request or response contains term T > currentTerm: set
/// currentTerm = T, convert to follower".
bool Raft::in_other_term(Context& ctx, Term term) {
  if (term < ballot_.current_term) return false;
  ballot_ = Ballot{.current_term = term};
  forget_leader();
  if (role_ == Role::leader) {
    ctx.cancel_timer(kHeartbeat);
    ctx.cancel_timer(kRetry);
    draw_election_timeout(ctx);
  }
  role_ = Role::follower;
  return true;
}

/// The paper has no second leader in a term (Election Safety), so a leader hears no other.
bool Raft::from_new_leader(Context& ctx, ReplicaId from, Term term) {
  if (from == ctx.self()) return false;
  if (!in_term(ctx, term)) {
    ctx.send(from, AppendEntriesReply{.term = ballot_.current_term, .conflict = Index(1)});
    return false;
  }
  if (role_ == Role::leader) return false;
  role_ = Role::follower;  // Candidates: "if AppendEntries RPC received from new leader"
  heard_at_ = ctx.now();
  if (leader_ != from) {
    forget_leader();
    leader_ = from;
    ctx.enter_view(term, from);
  }
  return true;
}

void Raft::forget_leader() {
  leader_.reset();
  matched_ = false;
  early_.clear();
}

/// §5.2: "election timeouts are chosen randomly from a fixed interval"; anew for each election, so
/// that those who split a vote part ways.
void Raft::draw_election_timeout(Context& ctx) {
  patience_ = ctx.rng().uniform(election_timeout_, 2 * election_timeout_);
  looked_at_ = ctx.now();
  ctx.set_timer(kElection, patience_);
}

/// The timer is not set anew whenever the leader speaks. When it fires it looks whether the leader
/// has spoken since, and waits for the rest of the timeout.
bool Raft::waited_in_vain(Context& ctx) {
  if (heard_at_ <= looked_at_) return true;
  looked_at_ = ctx.now();
  ctx.set_timer(kElection, heard_at_ + patience_ - ctx.now());
  return false;
}

void Raft::save(DurableState& durable) const {
  durable.replace_records(ballot_);
  durable.blocks = log_;
}

void Raft::recover(Context& ctx) {
  ballot_ = last_record(ctx, ballot_);
  log_ = ctx.recovered().blocks;
}

}  // namespace byzlab::raft
