// Tendermint: E. Buchman, J. Kwon, Z. Milosevic, "The latest gossip on BFT consensus", arXiv
// 1807.04938v3. Lines are those of its Algorithm 1; h_p, round_p, step_p … are members of State.
//
// One block a height, in rounds; each replica in turn is the proposer of (height, round), where the
// paper rotates in proportion to power. A quorum is the paper's 2f + 1 when n = 3f + 1, and
// ⌊(n + f) / 2⌋ + 1 whatever n:
//
//   Propose    the proposer sends its valid value with the round it became valid in, or a new one
//              (11–21); others wait timeoutPropose(round)
//   Prevote    for the proposal, unless locked on another value; a lock gives way to a value that a
//              quorum prevoted in the locked round or later (22–33); nil after the timeout (57–60)
//   Precommit  for what a quorum prevotes, and lock on it (36–43); nil when a quorum prevotes nil
//              (44–46) or timeoutPrevote(round) after any quorum of prevotes (34–35, 61–64)
//   Decide     what a quorum precommits, in whatever round (49–54)
//   Next round timeoutPrecommit(round) after any quorum of precommits (47–48, 65–67), or at once
//              when f + 1 replicas are ahead (55–56)
//
// timeoutX(round) = timeout_x + round · timeout_x_delta (§III). Safe always, live after GST.
// A good case costs (n-1)(2n+1) messages a decision and three message delays.
//
// What the paper assumes of the network and how it is met. Gossip communication (§II): what one
// correct process has received, all receive before max(t, GST) + Δ. Here votes go from each to all
// over links that may lose them before GST, and nobody relays everything, so a replica says again
// or hands on what others may lack:
//  - who makes no progress for resend_after says again its proposal, its votes of this round and of
//    the one before, and its Status, which counts as a message of its round (55). Of a round it
//    skipped it says nil: a nil vote never harms, and who is still there needs a quorum of them.
//  - a proposal with validRound ≥ 0 carries the quorum of prevotes that line 28 asks for;
//  - who enters line 47 undecided, or a new round, with a valid value shows it (Polka), so that a
//    correct proposer knows the highest lock before it proposes. Without this a liar can let
//    different replicas lock in turn, for ever.
//  - who has decided a height shows proof to whoever is still there (decided_chain.h).
// Line 55 is read as "f + 1 processes in `round` or beyond". Votes of rounds far from ours are not
// kept (round_votes.h); they are said again.
//
// An honest replica that restarts must not vote twice nor forget its lock: all of State is durable
// before a vote leaves, and so is the locked block.
#pragma once

#include <algorithm>
#include <optional>

#include "consensus/block_limit.h"
#include "consensus/decided_chain.h"
#include "consensus/protocol.h"
#include "consensus/registry.h"
#include "consensus/round_votes.h"

namespace byzlab::tendermint {

/// ⟨PREVOTE, h, round, id(v)⟩; the zero digest is nil.
struct Prevote {
  static constexpr MessageKind kKind{2};
  Height height{};
  View round{};
  Digest id{};
};
BOOST_DESCRIBE_STRUCT(Prevote, (), (height, round, id))

/// ⟨PRECOMMIT, h, round, id(v)⟩; the zero digest is nil.
struct Precommit {
  static constexpr MessageKind kKind{3};
  Height height{};
  View round{};
  Digest id{};
};
BOOST_DESCRIBE_STRUCT(Precommit, (), (height, round, id))

/// ⟨PROPOSAL, h, round, v, validRound⟩, with the prevotes of validRound when there is one.
struct Proposal {
  static constexpr MessageKind kKind{1};
  Height height{};
  View round{};
  BlockPayload value{};
  std::optional<View> valid_round{};
  AggregateSignature prevotes{};
};
BOOST_DESCRIBE_STRUCT(Proposal, (), (height, round, value, valid_round, prevotes))

/// A value and the quorum of prevotes that made it valid: what gossip would have carried.
struct Polka {
  static constexpr MessageKind kKind{4};
  Height height{};
  View round{};
  BlockPayload value{};
  AggregateSignature prevotes{};
};
BOOST_DESCRIBE_STRUCT(Polka, (), (height, round, value, prevotes))

enum class Step : std::uint8_t { propose, prevote, precommit };
BOOST_DESCRIBE_ENUM(Step, propose, prevote, precommit)

/// The paper's variables (1–9) and what was said.
struct State {
  Decided last{};  ///< proves decision_p[h_p - 1] and, by its parents, those before
  Height height{1};
  View round{};
  Step step = Step::propose;
  bool proposed = false;                          ///< in this round, by this replica
  Digest prevote{}, precommit{};                  ///< in this round, if step has come so far
  Digest earlier_prevote{}, earlier_precommit{};  ///< in round - 1
  std::optional<View> locked_round{};             ///< lockedRound_p; none is -1
  Digest locked_value{};                          ///< id(lockedValue_p)
  std::optional<View> valid_round{};              ///< validRound_p; none is -1
  Digest valid_value{};                           ///< id(validValue_p)
  AggregateSignature valid_prevotes{};            ///< of validRound_p
};
BOOST_DESCRIBE_STRUCT(State, (),
                      (last, height, round, step, proposed, prevote, precommit, earlier_prevote,
                       earlier_precommit, locked_round, locked_value, valid_round, valid_value,
                       valid_prevotes))

/// A PROPOSAL that was sent in the round of State, but for its block.
struct Said {
  Digest value{};
  std::optional<View> valid_round{};
  AggregateSignature prevotes{};
};
BOOST_DESCRIBE_STRUCT(Said, (), (value, valid_round, prevotes))

/// The durable record. Of what a leader proposed not only the fact: it may propose nothing else in
/// that round, and says the same again.
struct Record {
  State state{};
  std::optional<Said> said{};  ///< with State::proposed
};
BOOST_DESCRIBE_STRUCT(Record, (), (state, said))

/// The steps it votes in, and those it has progress timers for: see EngineInfo.
inline constexpr std::string_view kVotePhases[] = {"prevote", "precommit"};
inline constexpr std::size_t kPrevotes = 0, kPrecommits = 1;
inline constexpr std::string_view kTimerPhases[] = {"propose", "prevote", "precommit"};

inline constexpr OptionSpec kOptions[] = {
    {.name = "timeout_propose",
     .type = OptionType::duration,
     .default_text = "500ms",
     .range = "1us..1h",
     .doc = "initTimeoutPropose: how long round 0 waits for a proposal"},
    {.name = "timeout_propose_delta",
     .type = OptionType::duration,
     .default_text = "250ms",
     .range = "0us..1h",
     .doc = "how much longer each further round waits for it"},
    {.name = "timeout_prevote",
     .type = OptionType::duration,
     .default_text = "250ms",
     .range = "1us..1h",
     .doc = "initTimeoutPrevote: how long round 0 waits for prevotes that agree"},
    {.name = "timeout_prevote_delta",
     .type = OptionType::duration,
     .default_text = "250ms",
     .range = "0us..1h",
     .doc = "how much longer each further round waits for them"},
    {.name = "timeout_precommit",
     .type = OptionType::duration,
     .default_text = "250ms",
     .range = "1us..1h",
     .doc = "initTimeoutPrecommit: how long round 0 waits for precommits that agree"},
    {.name = "timeout_precommit_delta",
     .type = OptionType::duration,
     .default_text = "250ms",
     .range = "0us..1h",
     .doc = "how much longer each further round waits for them"},
    kResendAfterOption,
    kMaxBlockRequestsOption,
    kMaxBlockSizeOption,
};

class Tendermint : public Protocol<Tendermint, Prevote, Precommit, Proposal, Polka, Status, Decided,
                                   BlockRequest, BlockResponse> {
 public:
  explicit Tendermint(const Options&);

  void start(Context&) override;
  void on_timer(Context&, Timer) override;
  bool syncing() const override { return chain_.syncing(); }
  void save(DurableState&) const override;
  void on(Context&, ReplicaId from, const Prevote&, const Message&);
  void on(Context&, ReplicaId from, const Precommit&, const Message&);
  void on(Context&, ReplicaId from, const Proposal&, const Message&);
  void on(Context&, ReplicaId from, const Polka&, const Message&);
  void on(Context&, ReplicaId from, const Status&, const Message&);
  void on(Context&, ReplicaId from, const Decided&, const Message&);
  void on(Context&, ReplicaId from, const BlockRequest&, const Message&);
  void on(Context&, ReplicaId from, const BlockResponse&, const Message&);

  const State& state() const { return p_; }
  std::size_t early() const { return chain_.early(); }

 protected:
  /// A round begins. Amnesia overrides it.
  virtual void enter_round() {}

  State p_;
  BlockRef valid_block_;  // validValue_p

 private:
  struct Timeout {
    Duration initial, delta;
    /// timeoutX(round), which stops growing where nobody would wait any more.
    Duration of(View round) const {
      return initial +
             delta * static_cast<std::int64_t>(std::min(round.value, std::uint64_t{10'000}));
    }
  };
  /// What is known of one round.
  struct Round {
    View number;
    BlockRef proposal;   // the proposer's v
    bool valid = false;  // valid(v)
    std::optional<View> valid_round;
    RoundVotes prevotes;
    RoundVotes precommits;
    BlockRef polka;  // what a quorum prevoted, and these prevotes
    AggregateSignature polka_votes;
    bool learned = false;  // lines 36, 34, 47: "for the first time"
    bool prevote_timer = false;
    bool precommit_timer = false;
    void begin(View);
  };

  void start_round(Context&, View);
  void propose(Context&);
  void remember_proposal(Context&, const Said&);
  void prevote(Context&, Digest);
  void precommit(Context&, Digest);
  void apply_rules(Context&);
  void try_prevote(Context&, Round&);
  void after_prevotes(Context&, Round&);
  void lock_and_precommit(Context&, Round&);
  void update_valid(Context&, View, const BlockRef&, const AggregateSignature& prevotes);
  void after_precommits(Context&, Round&);
  bool try_decide(Context&, const Round&);
  void on_timeout_propose(Context&);
  void on_timeout_prevote(Context&);
  void on_timeout_precommit(Context&);

  void new_height(Context&);
  Round* round_of(Context&, ReplicaId from, Height, View, const Message&);
  void is_in_round(Context&, ReplicaId from, View);
  void show_polka(Context&);
  void tick(Context&);
  void say_again(Context&);
  void recover(Context&);
  bool valid(Context&, ReplicaId from, const Proposal&) const;
  void schedule(Context&, Timer, const Timeout&);
  std::uint64_t here() const { return mix(p_.height.value, p_.round.value); }

  Timeout timeout_propose_, timeout_prevote_, timeout_precommit_;
  Duration resend_after_;
  BatchLimit limit_;

  DecidedChain chain_;
  RoundRing<Round> rounds_;
  RoundClaims claims_;
  HeldMessage my_proposal_;          // of this round
  std::optional<View> shown_polka_;  // the last valid_round shown to all
  std::uint64_t at_tick_ = 0;        // where we stood then
};

/// timeoutX(round) grows without end (§III), unless it is told not to. Who enters a round last does
/// so a message delay after the first.
inline constexpr ClockNeed kClockNeeds[] = {
    {.option = "timeout_propose",
     .reason = "a round's proposal takes 2 message delays to who entered it first",
     .delays = 2,
     .longest =
         [](const Options& o) {
           return o.duration("timeout_propose_delta") > Duration{0} ? Duration::max()
                                                                    : o.duration("timeout_propose");
         }},
};

inline constexpr EngineInfo kInfo{
    .name = "tendermint",
    .paper = "E. Buchman, J. Kwon, Z. Milosevic: The latest gossip on BFT consensus, 2018",
    .summary = "one block a height; propose, prevote, precommit, with locks and linear timeouts",
    .fault_model = FaultModel::byzantine,
    .finality = Finality::immediate,
    .synchrony = Synchrony::partial,
    .fault_bound = byzantine_bound,
    .quorum = byzantine_quorum,
    .options = kOptions,
    .messages = Tendermint::messages(),
    .request_driven = false,
    .attacks = "",
    .make = [](const Options& options) -> std::unique_ptr<Engine> {
      return std::make_unique<Tendermint>(options);
    },
    .block_interval = [](const Options& o) { return o.duration("timeout_propose"); },
    .vote_phases = kVotePhases,
    .timer_phases = kTimerPhases,
    .clock_needs = kClockNeeds,
};

}  // namespace byzlab::tendermint
