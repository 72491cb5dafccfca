// PBFT: Castro & Liskov, Practical Byzantine Fault Tolerance, OSDI 1999. Sections are cited as §.
//
// Rules, in a sentence each; v is the view, seq the paper's n, quorum is 2f+1 when n = 3f+1.
//  - Primary (§4.2): the primary of view v is replica v mod n. It gives the next sequence number to
//  a
//    batch of requests and multicasts PRE-PREPARE.
//  - Pre-prepare (§4.2): a backup accepts it in its view, between the watermarks, if it has not
//  accepted
//    another digest for (v, seq), and multicasts PREPARE.
//  - Prepared (§4.2): with the pre-prepare and 2f matching prepares from backups, multicast COMMIT.
//  - Committed-local (§4.2): prepared and a quorum of matching commits; executed in sequence order.
//  - Checkpoint (§4.3): every K executions multicast CHECKPOINT; a quorum makes it stable, moves
//  the
//    watermarks to h, h + L (h + k in the paper, L is the thesis's name) and lets the log below be
//    forgotten.
//  - View change (§4.4): a backup that waits too long multicasts VIEW-CHANGE for v+1 with the
//  prepared
//    certificates above its stable checkpoint; the primary of v+1 answers a quorum of them with
//    NEW-VIEW, from which everybody computes what must be proposed again.
//  - Liveness (§4.5.2): the timer starts at a quorum of VIEW-CHANGEs and doubles from view to view;
//    f+1 VIEW-CHANGEs for greater views take a replica along. For both a STATUS tells the view too.
//
// What the paper leaves to others is here too: retransmission (status.cpp, after Castro's thesis,
// 2001), state transfer (checkpoint.cpp), honest restarts (recovery.cpp).
//
// A good case costs 2n(n-1) messages a batch and three message delays, plus n(n-1) CHECKPOINTs
// every K.
#pragma once

#include <optional>

#include "consensus/block_limit.h"
#include "consensus/pbft/durable.h"
#include "consensus/pbft/log.h"
#include "consensus/pbft/messages.h"
#include "consensus/pbft/view_change.h"
#include "consensus/protocol.h"
#include "consensus/registry.h"

namespace byzlab::pbft {

/// The steps it votes in, and those it has progress timers for: see EngineInfo.
inline constexpr std::string_view kVotePhases[] = {"prepare", "commit"};
inline constexpr std::size_t kPrepares = 0, kCommits = 1;
inline constexpr std::string_view kTimerPhases[] = {"request", "new_view"};
inline constexpr std::size_t kRequestTimer = 0, kNewViewTimer = 1;

inline constexpr OptionSpec kOptions[] = {
    {.name = "view_timeout",
     .type = OptionType::duration,
     .default_text = "500ms",
     .range = "1ms..1h",
     .doc = "how long a backup waits for a request to execute before it asks for a view change"},
    {.name = "view_timeout_limit",
     .type = OptionType::duration,
     .default_text = "16s",
     .range = "1ms..10h",
     .doc = "what the doubled view_timeout stops at; §4.5.2 knows no limit"},
    {.name = "batch_size",
     .type = OptionType::count,
     .default_text = "100",
     .range = "1..1000000",
     .doc = "requests a batch at most"},
    kMaxBlockSizeOption,
    {.name = "checkpoint_interval",
     .type = OptionType::count,
     .default_text = "128",
     .range = "1..65536",
     .doc = "K: batches between checkpoints",
     .agreed = true},
    {.name = "window",
     .type = OptionType::count,
     .default_text = "0",
     .range = "0..65536",
     .doc = "L: sequence numbers between the watermarks, at least K; 0 means 2K",
     .agreed = true},
    {.name = "pipeline",
     .type = OptionType::count,
     .default_text = "8",
     .range = "1..65536",
     .doc = "batches in flight at most"},
    {.name = "retransmit_after",
     .type = OptionType::duration,
     .default_text = "0ms",
     .range = "0ms..1h",
     .doc =
         "how long a replica waits without progress before it asks for what it lacks; 0 means half "
         "of view_timeout"},
};

/// Messages that had no effect, by why. Nothing that arrives can do worse than be counted here.
struct Ignored {
  std::uint64_t old_view = 0;      ///< of a view that is over
  std::uint64_t outside = 0;       ///< not between the watermarks (§4.2)
  std::uint64_t invalid = 0;       ///< proves nothing: forged, ill-formed, not the primary's
  std::uint64_t inadmissible = 0;  ///< a pre-prepare that O or an ordered request forbids
  std::uint64_t overflow = 0;      ///< of a sender that has said enough, or of a view far ahead
};

/// How often one other replica was sent the NEW-VIEW of this view, and until when that is enough.
struct NewViewSent {
  Time enough_until{};
  std::uint32_t times = 0;
};

class Pbft
    : public Protocol<Pbft, Prepare, Commit, PrePrepare, Checkpoint, StableCheckpoint, ViewChange,
                      NewView, Status, Decided, FetchState, StatePart, FetchBatch, Batch> {
 public:
  explicit Pbft(const Options& options);

  void start(Context&) override;
  void on_timer(Context&, Timer) override;
  bool syncing() const override { return catching_up_ || transferring(); }
  void on_request(Context&) override;

  // Normal case (§4.2), pbft.cpp.
  void on(Context&, ReplicaId from, const PrePrepare&, const Message&);
  void on(Context&, ReplicaId from, const Prepare&, const Message&);
  void on(Context&, ReplicaId from, const Commit&, const Message&);
  // Checkpoints and state transfer (§4.3), checkpoint.cpp.
  void on(Context&, ReplicaId from, const Checkpoint&, const Message&);
  void on(Context&, ReplicaId from, const StableCheckpoint&, const Message&);
  void on(Context&, ReplicaId from, const FetchState&, const Message&);
  void on(Context&, ReplicaId from, const StatePart&, const Message&);
  // View changes (§4.4), view_change.cpp.
  void on(Context&, ReplicaId from, const ViewChange&, const Message&);
  void on(Context&, ReplicaId from, const NewView&, const Message&);
  void on(Context&, ReplicaId from, const FetchBatch&, const Message&);
  void on(Context&, ReplicaId from, const Batch&, const Message&);
  // Retransmission, status.cpp.
  void on(Context&, ReplicaId from, const Status&, const Message&);
  void on(Context&, ReplicaId from, const Decided&, const Message&);

  View view() const { return view_; }
  bool active() const { return active_; }
  Height executed() const { return executed_; }
  Height low_watermark() const { return stable_.seq; }
  const Ignored& ignored() const { return ignored_; }
  std::uint64_t early_bytes() const;

 protected:
  /// The power behind every certificate. A test overrides it to show what a smaller quorum breaks.
  virtual Power quorum(const Committee& committee) const { return committee.quorum(); }

 private:
  static constexpr Timer kProgress{.id = 0};  ///< §4.4: waiting for a request to execute
  static constexpr Timer kTick{.id = 1};      ///< runs while something is outstanding
  static constexpr std::uint64_t kAnchor = 64;
  static constexpr std::uint64_t kEarlyViews = 64;   ///< further ahead nothing is kept
  static constexpr std::uint64_t kEarlyBatches = 4;  ///< largest batches a sender may have there

  // Normal case.
  void propose(Context&);
  void send_pre_prepare(Context&, BlockRef);
  Slot* slot_for(Context&, View, Height, const Message&);
  bool matches(Context&, Slot&, const Digest&, const Message&);
  bool admissible(Slot&, const PrePrepare&);
  void accept(Context&, Slot&, const PrePrepare&, const Message&);
  void try_prepared(Context&, Slot&);
  void try_committed(Context&, Slot&);
  void execute(Context&);
  void append(Context&, BlockRef block, bool claimed, bool persisted);
  BlockRef without_repeats(Context&, const BlockRef&);
  void release_claims();
  void keep_early(Context&, View, const Message&);
  void replay_early(Context&);
  // Timers.
  bool waiting(Context&) const;
  void watch(Context&);
  void start_timer(Context&);
  void progressed(Context&);
  /// First thing in every handler.
  void settle(Context& ctx) {
    if (settle_) [[unlikely]]
      settle_now(ctx);
  }
  void settle_now(Context&);
  Duration patience() const;
  static void tally_extra(Context&, ReplicaId from, std::size_t phase, const CertifiedVotes&);
  static void tally_misplaced(Context&, const Message&, bool over);
  // Checkpoints and state transfer.
  struct Candidate {
    Checkpoint at;
    CertifiedVotes votes;
  };
  void take_checkpoint(Context&);
  Candidate* candidate_for(ReplicaId from, const Checkpoint&);
  void learn_stable(Context&, const StableCheckpoint&);
  void make_stable(Context&, StableCheckpoint);
  bool transferring() const { return transferring_ && goal_ > executed_; }
  void request_state(Context&);
  void install_state(Context&);
  Digest chain_at(Context&, Height seq) const;
  static Digest link(Context&, const Digest& before, const Block& batch);
  // View changes.
  void start_view_change(Context&, View to);
  void leave_view(Context&, View to);
  void send_view_change(Context&);
  void send_new_view(Context&);
  void enter(Context&, const NewView&, const Message&);
  void propose_again(Context&);
  void fetch_batch(Context&, const FetchBatch&);
  BlockRef find_batch(Context&, Height seq, const Digest&) const;
  void count_view_changes(Context&);
  void wait_for_new_view(Context&);
  Validity validity(Context&) const;
  ReplicaId primary(View v) const { return committee_->turn(v.value); }
  // Retransmission.
  void tick(Context&);
  void start_ticking(Context&);
  bool outstanding(Context&) const;
  void follow(Context&);
  void ask(Context&);
  void ask_on(Context&);
  void suspect_censorship(Context&, bool stuck);
  void send_status(Context&, std::optional<ReplicaId> to, bool answer);
  void help_with_view(Context&, ReplicaId to, const Status&, bool at_length);
  void help_with_state(Context&, ReplicaId to, const Status&, bool at_length);
  void help_with_slots(Context&, ReplicaId to, const Status&, bool at_length);
  // Durable state.
  ViewRecord view_record() const;
  void persist_view(Context&);
  void persist_accepted(Context&, const Place&, const BlockRef&);
  void persist_snapshot(Context&);
  void recover(Context&);
  static void read_record(std::span<const std::byte>, Context&, SnapshotRecord& all);
  void recover_slots(Context&, const SnapshotRecord& all);
  void resume(Context&);
  void say_slots_again(Context&);

  bool in_window(Height seq) const { return seq.value - stable_.seq.value - 1 < window_; }
  Height min_s() const { return Height(o_first_.value - 1); }
  /// One past the last member of O.
  Height end_of_o() const { return o_first_.plus(o_.size()); }

  // What every vote asks for, together: a large run waits for each cache line it touches.
  View view_;
  bool active_ = true;          // false from VIEW-CHANGE to NEW-VIEW
  bool settle_ = false;         // something executed in the last call: the mempool knows it by now
  ReplicaId primary_;           // of view_
  SlotRing slots_;              // the log
  StableCheckpoint stable_;     // h and its proof
  const std::uint64_t window_;  // L
  Power quorum_ = 0;
  Power primary_power_ = 0;

  // Options.
  const Duration view_timeout_, view_timeout_limit_;
  const Duration retransmit_after_;
  const BatchLimit limit_;                   // of a batch
  const std::uint64_t checkpoint_interval_;  // K
  const std::uint64_t pipeline_;

  // Who.
  const Committee* committee_ = nullptr;
  std::uint32_t n_ = 1;
  ReplicaId self_;

  // Views.
  Height o_first_{1};                       // min-s + 1 of view_
  std::vector<Digest> o_;                   // O of view_
  HeldMessage new_view_;                    // what made view_ active
  Duration new_view_patience_{};            // how long the others wait for it
  std::vector<NewViewSent> new_view_sent_;  // to whom, and how often
  std::vector<HeldMessage> view_changes_;   // latest of each replica
  std::vector<View> known_views_;           // highest each replica claimed to be in
  Power joined_ = 0;                        // power behind VIEW-CHANGEs for view_
  Power ahead_ = 0;                         // and for greater views
  bool announced_ = false;                  // primary: NEW-VIEW is sent
  unsigned attempts_ = 0;                   // view changes since a request executed

  // The log.
  Height next_;                      // primary: the sequence number it gives next
  Height accepted_;                  // highest pre-prepare accepted in view_
  std::vector<BlockRef> in_flight_;  // primary: proposed in view_, not executed
  std::vector<HeldMessage> early_;   // of later views, or votes for another digest than the first
  struct Early {
    std::uint32_t messages = 0;
    std::uint64_t bytes = 0;
  };
  std::vector<Early> early_of_;  // what of early_ is whose
  OrderedRequests ordered_;

  // What is executed.
  Height executed_;
  Digest chain_;                   // hash chain over executed batches
  std::vector<BlockRef> history_;  // history_[k] is seq k+1
  std::vector<Digest> anchors_;    // chain values every kAnchor batches

  // Checkpoints.
  std::vector<Checkpoint> own_;        // taken, not stable yet
  std::vector<Candidate> candidates_;  // votes above h

  // State transfer.
  StableCheckpoint target_;        // the highest proven checkpoint
  Height goal_;                    // batches above are fetched, those up to here are wanted
  Digest goal_chain_;              // proven chain value at goal_
  std::vector<BlockRef> fetched_;  // goal_+1 … target_, last first
  std::uint32_t source_ = 0;
  ReplicaId asked_;            // for state, last
  bool transferring_ = false;  // true with goal_ > executed_: see transferring()

  // Timers.
  bool asked_already_ = false;  // kProgress is in its second part
  bool timing_ = false;         // kProgress is set
  bool ticking_ = false;        // kTick is set
  bool behind_ = false;         // somebody spoke of what is above our high watermark
  bool catching_up_ = false;    // restarted: ask until a quorum has answered
  ReplicaSet heard_;            // whose answers say that there is nothing to catch up with
  Height executed_at_tick_;
  Height goal_at_tick_;
  Height goal_at_timer_;
  Height executed_at_ask_;
  ReplicaId helper_;  // said last that it has executed more, up to
  Height helper_at_;
  std::uint32_t attempt_ = 0;  // ticks since something moved
  std::uint32_t asked_rounds_ = 0;
  RequestId oldest_;  // the request waiting longest, as of the last tick
  Time oldest_since_ = kNever;
  Time moving_since_ = kNever;  // nor has this replica stood still since

  Ignored ignored_;
};

inline constexpr EngineInfo kInfo{
    .name = "pbft",
    .paper = "Castro & Liskov, Practical Byzantine Fault Tolerance, OSDI 1999",
    .summary = "A primary orders batches; two rounds of all-to-all votes; views change by timeout",
    .fault_model = FaultModel::byzantine,
    .finality = Finality::immediate,
    .synchrony = Synchrony::partial,
    .fault_bound = byzantine_bound,
    .quorum = byzantine_quorum,
    .options = kOptions,
    .messages = Pbft::messages(),
    .request_driven = true,
    .attacks = {},
    .make = [](const Options& options) -> std::unique_ptr<Engine> {
      return std::make_unique<Pbft>(options);
    },
    .block_interval = [](const Options& o) { return o.duration("view_timeout"); },
    .vote_phases = kVotePhases,
    .timer_phases = kTimerPhases,
};

}  // namespace byzlab::pbft
