// IBFT, the corrected Istanbul BFT, known as QBFT: H. Moniz, "The Istanbul BFT Consensus
// Algorithm", arXiv 2002.03613; cited are its algorithms and their lines (2:4 is Algorithm 2, line
// 4). Where messages carry their justification it follows the QBFT specification (EEA, 2021), and
// so in counting rounds from 0.
//
// One block a height, in rounds; the leader of (height, round) is each replica in turn. A quorum is
// ⌊(n + f) / 2⌋ + 1 = ⌈2n/3⌉, whatever n:
//
//   Pre-prepare   the leader of round 0 proposes a block (1:17–18); everybody's timer runs t(r)
//   Prepare       a justified proposal of this round (2:1–3)
//   Commit        a quorum of PREPAREs makes the value prepared (2:4–7)
//   Decide        a quorum of COMMITs of whatever round (2:8–10)
//   Round change  who waited t(r) goes on to r + 1 and says what it has prepared (3:1–4); f + 1 who
//                 are ahead take it along (3:5–10); a quorum justifies the leader's next proposal,
//                 which must be the value of the highest prepared round among them (3:11–16,
//                 4:1–11)
//
// t(r) = round_timeout · 2^r, at most round_timeout_limit. The paper knows no limit: rounds grow
// until all honest replicas meet in one. At the limit they would not, if one is ahead; so nobody
// leaves a round at the limit before a quorum has come to it, when its time begins anew (as PBFT's
// timer waits for a quorum of VIEW-CHANGEs, Castro & Liskov 1999 §4.5.2). Safe always, live after
// GST. A good case costs (n-1)(2n+1) messages a decision and three message delays.
//
// Links may lose messages before GST. A replica that makes no progress for resend_after says again
// what it said last in this round, its ROUND-CHANGE and its Status; who has decided the height
// shows proof (3:17–18, decided_chain.h). No vote of an earlier round is needed again: what was
// prepared travels in ROUND-CHANGEs. A PRE-PREPARE of a later round is accepted at once, because
// the quorum of ROUND-CHANGEs in it would take us there (3:5).
//
// An honest replica that restarts must not vote twice nor forget what it prepared: all of State is
// durable before a vote leaves, and so is the prepared block. Nor may a leader forget what it
// proposed, which is all that it may propose in that round: it says the same again.
#pragma once

#include <optional>

#include "consensus/block_limit.h"
#include "consensus/decided_chain.h"
#include "consensus/ibft/messages.h"
#include "consensus/protocol.h"
#include "consensus/registry.h"
#include "consensus/round_votes.h"

namespace byzlab::ibft {

/// The paper's variables (1:1–10) and what was said.
struct State {
  Decided last{};                        ///< proves the block below, and by its parents all
  Height height{1};                      ///< λ_i
  View round{};                          ///< r_i
  std::optional<View> prepared_round{};  ///< pr_i
  Digest prepared_value{};               ///< of pv_i
  AggregateSignature prepares{};         ///< a quorum, which prove the two
  bool proposed = false;                 ///< PRE-PREPARE was sent in this round
  Digest prepared{};                     ///< PREPARE was sent in this round for it; zero: none
  Digest committed{};                    ///< COMMIT was sent in this round for it; zero: none
};
BOOST_DESCRIBE_STRUCT(State, (),
                      (last, height, round, prepared_round, prepared_value, prepares, proposed,
                       prepared, committed))

/// A PRE-PREPARE that was sent in the round of State, but for its block.
struct Said {
  Digest value{};
  std::vector<SignedRoundChange> round_changes{};
  AggregateSignature prepares{};
};
BOOST_DESCRIBE_STRUCT(Said, (), (value, round_changes, prepares))

/// The durable record.
struct Record {
  State state{};
  std::optional<Said> said{};  ///< with State::proposed
};
BOOST_DESCRIBE_STRUCT(Record, (), (state, said))

/// The steps it votes in, and those it has progress timers for: see EngineInfo.
inline constexpr std::string_view kVotePhases[] = {"prepare", "commit"};
inline constexpr std::size_t kPrepares = 0, kCommits = 1;
inline constexpr std::string_view kTimerPhases[] = {"round"};

inline constexpr OptionSpec kOptions[] = {
    {.name = "round_timeout",
     .type = OptionType::duration,
     .default_text = "250ms",
     .range = "1us..1h",
     .doc = "t(0): how long round 0 may take; each further round may take twice as long"},
    {.name = "round_timeout_limit",
     .type = OptionType::duration,
     .default_text = "16s",
     .range = "1us..10h",
     .doc = "t(r) grows up to this, and then waits for who is behind; the paper knows no limit"},
    kResendAfterOption,
    kMaxBlockRequestsOption,
    kMaxBlockSizeOption,
};

/// A round change, a proposal, PREPAREs and COMMITs in a round at its longest.
inline constexpr ClockNeed kClockNeeds[] = {
    {.option = "round_timeout_limit",
     .reason = "a round takes 4 message delays",
     .delays = 4,
     .longest =
         [](const Options& o) {
           return std::max(o.duration("round_timeout"), o.duration("round_timeout_limit"));
         }},
};

class Ibft : public Protocol<Ibft, Prepare, Commit, PrePrepare, RoundChange, Status, Decided,
                             BlockRequest, BlockResponse> {
 public:
  explicit Ibft(const Options&);

  void start(Context&) override;
  void on_timer(Context&, Timer) override;
  bool syncing() const override { return chain_.syncing(); }
  void save(DurableState&) const override;
  void on(Context&, ReplicaId from, const PrePrepare&, const Message&);
  void on(Context&, ReplicaId from, const Prepare&, const Message&);
  void on(Context&, ReplicaId from, const Commit&, const Message&);
  void on(Context&, ReplicaId from, const RoundChange&, const Message&);
  void on(Context&, ReplicaId from, const Status&, const Message&);
  void on(Context&, ReplicaId from, const Decided&, const Message&);
  void on(Context&, ReplicaId from, const BlockRequest&, const Message&);
  void on(Context&, ReplicaId from, const BlockResponse&, const Message&);

  const State& state() const { return i_; }
  std::size_t early() const { return chain_.early(); }

 protected:
  // What IBFT 1.0 has otherwise. All but the second are functions of the message alone.
  virtual bool justified(Context&, const PrePrepare&) const;
  virtual bool may_prepare(const Block&) const { return true; }
  virtual bool justified(Context&, const RoundChange&) const;
  virtual RoundChange round_change() const;
  virtual PrePrepare proposal(Context&, const std::vector<HeldMessage>& round_changes);

  BlockRef new_block(Context&);

  State i_;
  BlockRef prepared_block_;  // pv_i

 private:
  /// What is known of one round.
  struct Round {
    View number;
    BlockRef proposal;
    RoundVotes prepares;
    RoundVotes commits;
    VoteSet asking;                          // who sent a ROUND-CHANGE
    std::vector<HeldMessage> round_changes;  // of those
    void begin(View);
  };

  void begin_height(Context&);
  void enter_round(Context&, View);
  void expire(Context&);
  void change_round(Context&, View);
  void say_round_change(Context&);
  void try_propose(Context&);
  void send_proposal(Context&, PrePrepare);
  void remember_proposal(Context&, const Said&);
  void try_prepare(Context&, Round&);
  void try_commit(Context&, Round&);
  bool try_decide(Context&, const Round&);

  void new_height(Context&);
  Round* round_of(Context&, ReplicaId from, Height, View, const Message&);
  void is_in_round(Context&, ReplicaId from, View);
  VoteFate count(Context&, RoundVotes&, ReplicaId from, View, const Digest&, const Message&);
  void tick(Context&);
  void say_again(Context&);
  void recover(Context&);
  void start_timer(Context&);
  Duration timeout() const;
  bool at_limit() const;
  bool quorum_came(Context&);
  bool valid(Context&, ReplicaId from, const PrePrepare&) const;
  bool valid(Context&, const RoundChange&) const;
  std::uint64_t here() const { return mix(i_.height.value, i_.round.value); }

  Duration round_timeout_, round_timeout_limit_;
  Duration resend_after_;
  BatchLimit limit_;

  DecidedChain chain_;
  RoundRing<Round> rounds_;
  RoundClaims claims_;
  HeldMessage my_proposal_;  // of this round
  HeldMessage my_round_change_;
  std::uint64_t at_tick_ = 0;  // where we stood then
};

inline constexpr EngineInfo kInfo{
    .name = "ibft",
    .paper = "H. Moniz: The Istanbul BFT Consensus Algorithm, 2020 (QBFT)",
    .summary = "one block a height; pre-prepare, prepare, commit, with justified round changes",
    .fault_model = FaultModel::byzantine,
    .finality = Finality::immediate,
    .synchrony = Synchrony::partial,
    .fault_bound = byzantine_bound,
    .quorum = byzantine_quorum,
    .options = kOptions,
    .messages = Ibft::messages(),
    .request_driven = false,
    .attacks = "",
    .make = [](const Options& options) -> std::unique_ptr<Engine> {
      return std::make_unique<Ibft>(options);
    },
    .block_interval = [](const Options& o) { return o.duration("round_timeout"); },
    .vote_phases = kVotePhases,
    .timer_phases = kTimerPhases,
    .clock_needs = kClockNeeds,
};

}  // namespace byzlab::ibft
