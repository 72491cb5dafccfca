// Raft: D. Ongaro and J. Ousterhout, "In Search of an Understandable Consensus Algorithm", USENIX
// ATC 2014; cited is the extended version: Figure 2 and sections 5.1 to 5.4, 8, 9.3.
//
// Replicas stop and start; nobody lies. Any minority may be down. In a sentence each:
//  - Terms (§5.1): numbered, at most one leader each; whoever hears of a greater term adopts it and
//    becomes a follower; a request of an older term is refused.
//  - Election (§5.2): a follower that hears of no leader for a time drawn from
//    [election_timeout, 2·election_timeout], anew each time it stands, raises its term, votes for
//    itself and asks all others; a majority of votes makes a leader; a replica votes once a term.
//  - Election restriction (§5.4.1): nobody votes for a candidate whose log is less up to date than
//    its own.
//  - Replication (§5.3): a follower takes entries only behind an entry that matches the leader's in
//    index and term, and drops what conflicts with them; a leader that is refused goes back and
//    tries again.
//  - Commit (§5.3, §5.4.2): an entry of the leader's own term that a majority holds is committed,
//    and everything before it.
//  - currentTerm, votedFor and log[] are durable before any answer leaves (Figure 2, State).
//
// An entry is a block: its height is the log index, its view the term in which it was made, its
// parent the entry before it when it was made. Nobody compares digests: a conflict is what the
// paper says it is, an entry of the same index and another term. So a leader that lies breaks
// agreement, which is what this engine is kept for.
//
// A decision costs 2(n-1) messages: AppendEntries to, and its reply from, every other replica. It
// is committed two message delays after the proposal at the leader, and three at a follower, which
// learns of it from leaderCommit in the next AppendEntries.
//
// What the paper leaves open, and what is done here:
//  - When the commit index moves and no entry is waiting to carry the news, the leader sends a
//    Heartbeat at once; the paper lets it wait for the next one.
//  - Heartbeat is the paper's AppendEntries without entries, with a message type of its own so that
//    it can be counted apart. It is answered only when it is refused: success would say nothing
//    new. Its prevLogIndex is the commit index: all that a follower is to learn from it.
//  - RPCs are messages, and answers may be lost, doubled or late: an answer says which index it is
//    about, and a leader repeats what is not acknowledged within election_timeout / 2 (§5.3,
//    "retries indefinitely").
//  - nextIndex moves on when entries are sent, not when they are acknowledged, as long as a
//    follower keeps up; one that refused or fell silent gets one batch at a time.
//  - A refusal carries the first index of the conflicting term (§5.3, last paragraph but one).
//  - A new leader commits an empty entry first (§8), without which what it took over would wait for
//    the next request.
//  - Messages overtake each other: AppendEntries that come before what they follow are held, eight
//    at most, and refused only when they are more or wait for half a heartbeat_interval.
//  - No snapshots (§7): a log is as long as the run, as every engine's ledger here is; and a leader
//    that lies may fill a follower's, outside the model. No change of membership (§6).
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "consensus/block_limit.h"
#include "consensus/protocol.h"
#include "consensus/quorum.h"
#include "consensus/registry.h"

namespace byzlab::raft {

/// The paper's term, and a place in the log; 0 is before the first of either.
using Term = View;
using Index = Height;

struct RequestVote {
  static constexpr MessageKind kKind{1};
  Term term{};
  Index last_log_index{};
  Term last_log_term{};
};
BOOST_DESCRIBE_STRUCT(RequestVote, (), (term, last_log_index, last_log_term))

struct RequestVoteReply {
  static constexpr MessageKind kKind{2};
  Term term{};
  bool vote_granted = false;
};
BOOST_DESCRIBE_STRUCT(RequestVoteReply, (), (term, vote_granted))

struct AppendEntries {
  static constexpr MessageKind kKind{3};
  Term term{};
  Index prev_log_index{};
  Term prev_log_term{};
  Index leader_commit{};
  std::vector<BlockPayload> entries{};
};
BOOST_DESCRIBE_STRUCT(AppendEntries, (),
                      (term, prev_log_index, prev_log_term, leader_commit, entries))

/// AppendEntries without entries.
struct Heartbeat {
  static constexpr MessageKind kKind{4};
  Term term{};
  Index prev_log_index{};
  Term prev_log_term{};
  Index leader_commit{};
};
BOOST_DESCRIBE_STRUCT(Heartbeat, (), (term, prev_log_index, prev_log_term, leader_commit))

struct AppendEntriesReply {
  static constexpr MessageKind kKind{5};
  Term term{};
  /// Success: the log matches the leader's up to here. Refusal: the prevLogIndex refused.
  Index index{};
  /// Success: 0. Refusal: the first index of the term found at prevLogIndex, or the end of a log
  /// too short.
  Index conflict{};
  bool success() const { return conflict == Index(0); }
};
BOOST_DESCRIBE_STRUCT(AppendEntriesReply, (), (term, index, conflict))

/// What is durable beside the log.
struct Ballot {
  Term current_term{};
  std::optional<ReplicaId> voted_for{};
};
BOOST_DESCRIBE_STRUCT(Ballot, (), (current_term, voted_for))

/// The steps it votes in, and those it has progress timers for: see EngineInfo.
inline constexpr std::string_view kVotePhases[] = {"election", "append"};
inline constexpr std::size_t kElections = 0, kAppends = 1;
inline constexpr std::string_view kTimerPhases[] = {"election"};

inline constexpr OptionSpec kOptions[] = {
    {.name = "election_timeout",
     .type = OptionType::duration,
     .default_text = "500ms",
     .range = "1ms..1h",
     .doc =
         "T: a follower waits for a leader a time drawn from T..2T before it stands for election"},
    {.name = "heartbeat_interval",
     .type = OptionType::duration,
     .default_text = "100ms",
     .range = "1us..1h",
     .doc = "how often an idle leader says that it is there; well below election_timeout"},
    {.name = "batch_size",
     .type = OptionType::count,
     .default_text = "100",
     .range = "1..1000000",
     .doc = "requests an entry at most"},
    kMaxBlockSizeOption,
    {.name = "pipeline",
     .type = OptionType::count,
     .default_text = "8",
     .range = "1..65536",
     .doc = "entries proposed and not committed at most"},
};

/// §5.6: broadcastTime ≪ electionTimeout. A candidate has to hear its votes before it, or somebody
/// else, stands anew.
inline constexpr ClockNeed kClockNeeds[] = {
    {.option = "election_timeout",
     .reason = "a vote takes 2 message delays, there and back",
     .delays = 2,
     .longest = [](const Options& o) { return o.duration("election_timeout"); }},
};

class Raft final : public Protocol<Raft, AppendEntries, AppendEntriesReply, Heartbeat, RequestVote,
                                   RequestVoteReply> {
 public:
  explicit Raft(const Options&);

  void start(Context&) override;
  void on_timer(Context&, Timer) override;
  bool syncing() const override { return known_commit_ > commit_index_; }
  void save(DurableState&) const override;
  void on_request(Context&) override;
  void on(Context&, ReplicaId from, const AppendEntries&, const Message&);
  void on(Context&, ReplicaId from, const AppendEntriesReply&, const Message&);
  void on(Context&, ReplicaId from, const Heartbeat&, const Message&);
  void on(Context&, ReplicaId from, const RequestVote&, const Message&);
  void on(Context&, ReplicaId from, const RequestVoteReply&, const Message&);

  enum class Role : std::uint8_t { follower, candidate, leader };
  Role role() const { return role_; }
  Term current_term() const { return ballot_.current_term; }
  Index commit_index() const { return commit_index_; }
  std::span<const BlockRef> log() const { return log_; }

 private:
  /// What a leader knows of a follower (Figure 2, volatile state on leaders).
  struct Follower {
    Index next_index{};
    Index match_index{};
    bool probing = false;  ///< one batch at a time, until one is accepted
    bool heard = false;    ///< said something new since the last round of retries
  };
  static constexpr Timer kElection{.id = 0};
  static constexpr Timer kHeartbeat{.id = 1};
  static constexpr Timer kRetry{.id = 2};
  static constexpr Timer kGap{.id = 3};
  /// AppendEntries held because something before them is missing.
  static constexpr std::size_t kEarly = 8;
  /// Bounds of one AppendEntries to a follower that is behind.
  static constexpr std::size_t kBatchEntries = 64;
  static constexpr std::uint64_t kBatchBytes = 1'000'000;

  // Elections, raft.cpp.
  void stand_for_election(Context&);
  void become_leader(Context&);
  bool at_least_as_up_to_date(const RequestVote&) const;
  /// Figure 2, All Servers: a greater term is adopted. False for one that is over.
  bool in_term(Context& ctx, Term term) {
    return term == ballot_.current_term || in_other_term(ctx, term);
  }
  bool in_other_term(Context&, Term);
  /// What AppendEntries and heartbeats begin with.
  bool from_leader(Context& ctx, ReplicaId from, Term term) {
    const bool as_before =
        role_ == Role::follower && leader_ == from && term == ballot_.current_term;
    if (!as_before) return from_new_leader(ctx, from, term);
    heard_at_ = ctx.now();
    return true;
  }
  bool from_new_leader(Context&, ReplicaId from, Term);
  void draw_election_timeout(Context&);
  void forget_leader();
  bool waited_in_vain(Context&);
  // Replication, replication.cpp.
  void propose(Context&);
  void append_and_send(Context&, std::vector<Request>);
  void send_entries(Context&, ReplicaId to);
  AppendEntries entries_from(Index first, std::size_t limit) const;
  void heartbeat(Context&);
  void retry(Context&);
  void take(Context&, ReplicaId from, const AppendEntries&);
  static void tally(Context&, ReplicaId from, const AppendEntries&, ProposalFate);
  bool hold_early(Context&, const Message&);
  void take_early(Context&, ReplicaId from);
  void accepted(Context&, ReplicaId from, Index match);
  void refused(Context&, ReplicaId from, const AppendEntriesReply&);
  void acknowledge(Context&, Power, Index after, Index upto);
  /// The consistency check: an entry at `prev` of that term. Answers when there is none.
  bool matches(Context& ctx, ReplicaId from, Index prev, Term prev_term) {
    if (prev <= last_log_index() && term_at(prev) == prev_term) return true;
    refuse(ctx, from, prev);
    return false;
  }
  void refuse(Context&, ReplicaId to, Index prev);
  void apply(Context&, Index upto);
  void recover(Context&);

  Index last_log_index() const { return Index(log_.size()); }
  const BlockRef& entry(Index i) const { return log_[i.value - 1]; }
  Term term_at(Index i) const { return i == Index(0) ? Term(0) : entry(i)->view; }

  // Persistent state (Figure 2): see save().
  Ballot ballot_;
  std::vector<BlockRef> log_;  // log_[i - 1] is entry i

  // Volatile state. What is committed is applied at once: lastApplied is commitIndex.
  Role role_ = Role::follower;
  Index commit_index_;
  std::optional<ReplicaId> leader_;  // of currentTerm, once it has spoken
  Time heard_at_ = kStart;           // of a leader, or a vote granted
  Time looked_at_ = kStart;          // when the election timer was set
  Duration patience_{};              // the election timeout drawn last
  VoteSet votes_;                    // candidate
  BlockRef genesis_;

  // Volatile state on followers.
  bool matched_ = false;            // the log agreed with this leader's once: a gap is on the way
  std::vector<HeldMessage> early_;  // AppendEntries of this leader behind a gap
  Index known_commit_;              // the highest leaderCommit heard

  // Volatile state on leaders.
  std::vector<Follower> followers_;  // by replica
  std::deque<Power> held_;           // power that holds entry held_from_, held_from_ + 1, …
  Index held_from_{1};               // own term only (§5.4.2)
  Index told_commit_;                // the last leaderCommit that all who keep up were sent
  Index settled_;                    // commit index when this call began: the mempool knows of it
  bool idle_ = false;                // nothing went to everybody since the last heartbeat was due

  const Duration election_timeout_;
  const Duration heartbeat_interval_;
  const BatchLimit limit_;
  const std::uint64_t pipeline_;
};

inline constexpr EngineInfo kInfo{
    .name = "raft",
    .paper =
        "D. Ongaro, J. Ousterhout: In Search of an Understandable Consensus Algorithm, USENIX "
        "ATC 2014",
    .summary = "an elected leader replicates its log; a majority of copies commits; nobody lies",
    .fault_model = FaultModel::crash,
    .finality = Finality::immediate,
    .synchrony = Synchrony::partial,
    .fault_bound = minority_bound,
    .quorum = majority_quorum,
    .options = kOptions,
    .messages = Raft::messages(),
    .request_driven = true,
    .attacks = "",
    .make = [](const Options& options) -> std::unique_ptr<Engine> {
      return std::make_unique<Raft>(options);
    },
    .block_interval = [](const Options& o) { return o.duration("election_timeout"); },
    .vote_phases = kVotePhases,
    .timer_phases = kTimerPhases,
    .clock_needs = kClockNeeds,
};

}  // namespace byzlab::raft
