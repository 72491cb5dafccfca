// What HotStuff and its relatives share: a leader proposes one block a view, replicas send their
// votes to one replica, a quorum of them is a certificate, and certificates decide.
//
// This is the part of Yin et al. 2019 that is the same in their Algorithms 2, 3 and 4 and in
// HotStuff-2: createLeaf, onPropose, onReceiveProposal, onReceiveVote, onReceiveNewView, the tree,
// and what a crash must not erase. Not here is what makes a protocol: whom it is safe to vote for,
// what a certificate locks and commits, who collects votes, when a leader may propose. These are
// the virtual functions; an engine is one small class that has them.
//
//   Blocks    justify.node is always the parent (createLeaf's blank nodes are gaps in the views):
//             whoever has a block knows that its parent is certified. "Direct parent" of §5, where
//             blanks equate heights with view numbers, reads here: views are consecutive.
//   Liveness  with votes sent to the next leader, the block before a dead leader would lose its
//             certificate, and three in a row may never form (n = 4, one silent: at most three
//             correct leaders in a row, of whose blocks two are certified). So a replica that
//             gives up a view sends its last vote to everybody, as LibraBFT does; all replicas can
//             make the certificate that the dead leader owes them. Who of n = 3f+1 is silent does
//             not matter then: 2f+1 correct leaders in f gaps have three in a row somewhere.
//             Where powers are not equal that says nothing: there whoever has a turn leads four
//             views, and turns are in proportion to power (Committee::turn), so that a correct
//             replica has one of every 3n.
//   Idle      a leader without a request and without one in the blocks that are not committed waits
//             for one, or for idle_beat, before it proposes an empty block (§6: when onBeat is
//             called is up to the application).
#pragma once

#include <vector>

#include "consensus/block_limit.h"
#include "consensus/block_sync.h"
#include "consensus/block_tree.h"
#include "consensus/ordered_requests.h"
#include "consensus/pacemaker.h"
#include "consensus/protocol.h"
#include "consensus/quorum_cert.h"

namespace byzlab {

/// Msg(generic, curProposal, justify): the leader's block and why its parent may be extended.
struct Proposal {
  static constexpr MessageKind kKind{1};
  View view{};
  BlockPayload block{};
  Qc justify{};
  Entry entry{};  ///< what let the leader into the view
};
BOOST_DESCRIBE_STRUCT(Proposal, (), (view, block, justify, entry))

/// Msg(new-view, ⊥, qcHigh): what its sender knows, for a leader or for whoever lags behind.
struct NewView {
  static constexpr MessageKind kKind{4};
  View view{};    ///< the one its sender is in
  Qc high{};      ///< the highest QC it has
  Entry entry{};  ///< what let it into the view
};
BOOST_DESCRIBE_STRUCT(NewView, (), (view, high, entry))

/// What is durable, beside the blocks.
struct LinearDurable {
  View voted{};       ///< vheight: the last view this replica voted in or gave up
  View proposed{};    ///< the last view it proposed in
  Phase phase{};      ///< basic only: the last phase it voted in, in that view
  Digest locked{};    ///< lockedQC.node
  Digest executed{};  ///< b_exec
  Qc high{};          ///< qcHigh
  Tc entry{};         ///< the TC that let it into its view, if one did
};
BOOST_DESCRIBE_STRUCT(LinearDurable, (), (voted, proposed, phase, locked, executed, high, entry))

/// EngineInfo::timer_phases of those who have the pacemaker.
inline constexpr std::string_view kViewTimer[] = {"view"};

inline constexpr OptionSpec kIdleBeatOption{
    .name = "idle_beat",
    .type = OptionType::duration,
    .default_text = "50ms",
    .range = "1us..1h",
    .doc =
        "how long a leader with nothing to order waits before it proposes an empty block; at "
        "most a quarter of view_timeout"};

/// Which of the last views something came in: what is older counts as if it had come.
class LastViews {
 public:
  /// True once for each view.
  bool first_of(View view) {
    if (view > newest_) {
      const std::uint64_t on = view.value - newest_.value;
      came_ = (on < kViews ? came_ << on : 0) | 1;
      newest_ = view;
      return true;
    }
    const std::uint64_t back = newest_.value - view.value;
    if (back >= kViews || (came_ >> back & 1) != 0) return false;
    came_ |= std::uint64_t{1} << back;
    return true;
  }

 private:
  static constexpr std::uint64_t kViews = 64;
  View newest_{};
  std::uint64_t came_ = 1;  // bit i: newest_ - i
};

class LinearBft
    : public Protocol<LinearBft, Proposal, Vote, Timeout, NewView, BlockRequest, BlockResponse> {
 public:
  void start(Context&) final;
  void on_timer(Context&, Timer) final;
  void on_request(Context&) final;
  bool syncing() const final { return sync_.outstanding() != 0; }
  void save(DurableState&) const final;
  void on_message(Context&, ReplicaId from, const Message&) override;
  void on(Context&, ReplicaId from, const Proposal&, const Message&);
  void on(Context&, ReplicaId from, const Vote&, const Message&);
  void on(Context&, ReplicaId from, const Timeout&, const Message&);
  void on(Context&, ReplicaId from, const NewView&, const Message&);
  [[gnu::noinline]] void on(Context&, ReplicaId from, const BlockRequest&, const Message&);
  [[gnu::noinline]] void on(Context&, ReplicaId from, const BlockResponse&, const Message&);

 protected:
  using Tree = BlockTree<>;
  /// `first_phase`: what a proposal is voted with, and the phase of its justify.
  explicit LinearBft(const Options&, Phase first_phase = Phase::generic);

  // What makes a protocol.
  /// Who collects the votes of a view.
  virtual ReplicaId collector(const Context&, View) const = 0;
  /// safeNode(): may this replica vote for a block on `parent`, which `justify` certifies?
  virtual bool safe(BlockId parent, const QuorumCert& justify) const = 0;
  /// update(): a valid certificate of a block in the tree.
  virtual void update(Context&, BlockId, const Qc&) = 0;
  /// True when the leader of the present view knows enough to propose.
  virtual bool ready(Context&) = 0;
  /// The view that a QC lets one enter.
  virtual View next_view(const QuorumCert& qc) const { return qc.view.next(); }
  /// This replica votes for a block on `parent`.
  virtual void promise(BlockId) {}
  /// This replica has entered a view, on the word of `from`.
  virtual void entered(Context&, ReplicaId) {}
  /// This replica has collected a certificate.
  virtual void collected(Context&, const Qc&) {}
  virtual void on_other_timer(Context&, Timer) {}

  // What protocols do it with.
  /// Takes in a valid certificate: calls update() or fetches the block, and enters views.
  void learn(Context&, ReplicaId from, const Qc&);
  void learn(Context&, ReplicaId from, const Qc&, const Entry&);
  /// updateQCHigh(): remembers the highest.
  void raise_high(Context& ctx, BlockId id, const Qc& qc) {
    if (qc->view <= qc_high_->view) return;
    qc_high_ = qc;
    high_ = id;
    ctx.note(Milestone::certified, qc->view, qc->height.value, qc->block);
  }
  /// onCommit() (Algorithm 4 lines 13-15): everything up to `b` is final.
  void commit(Context& ctx, BlockId b) {
    if (tree_.parent(b) != executed_) return commit_chain(ctx, b);
    ctx.commit(tree_.ref(b));
    executed_ = b;
    pacemaker_.decided();
  }
  /// voteMsg(), for the block `id`.
  [[gnu::always_inline]] void cast(Context& ctx, Phase phase, BlockId id, const Block& block) {
    voted_ = block.view;
    voted_phase_ = phase;
    last_vote_ = {.phase = phase, .block = id};
    ctx.note(Milestone::voted, block.view, block.height.value, block.digest);
    ctx.send(collector(ctx, block.view), vote_for(phase, block));
  }
  void send_new_view(Context&, ReplicaId to);
  void begin_call() { settled_ = executed_; }
  /// onBeat(): proposes, if this replica leads, may, and has not.
  void try_propose(Context& ctx) {
    if (pacemaker_.leads() && proposed_ < pacemaker_.view()) try_to_lead(ctx);
  }
  void give_up(Context&);
  const Tree& tree() const { return tree_; }
  View view_of(BlockId b) const { return tree_[b].view; }
  static constexpr std::uint8_t kBeatTimer = 1;  ///< ids from 2 up are the protocol's

  // What every proposal touches stands together, as far as tree_: thousands of replicas do not stay
  // in a cache.
  Pacemaker pacemaker_;
  View voted_;         // vheight
  Qc qc_high_;         // qcHigh
  BlockId high_;       // its node
  BlockId locked_;     // lockedQC.node
  Phase voted_phase_;  // basic only: the last one in that view

 private:
  static constexpr std::size_t kAwaited = 16;
  /// A proposal of the present view that waits for its parent.
  struct Pending {
    View view{};
    Digest block{};
    Qc justify{};
  };

  // What every proposal goes through is one piece of code, and what few do is not in it.
  [[gnu::always_inline]] Tree::Place place_of(const Block&) const;
  [[gnu::always_inline]] BlockId add(const BlockRef&, BlockId parent);
  [[gnu::always_inline]] void consider(Context&, BlockId, const Block&, const QuorumCert& justify);
  /// learn() of a block that is known to be in the tree.
  [[gnu::always_inline]] void learn_of(Context&, ReplicaId from, BlockId, const Qc&);
  [[gnu::always_inline]] void enter(Context&, ReplicaId from, View next, Entry entry);
  void learn(Context&, ReplicaId from, const Entry&);
  [[gnu::noinline]] void try_to_lead(Context&);
  void propose(Context&);
  bool insert(Context&, const BlockRef&);
  void connect(Context& ctx) {
    if (sync_.outstanding() != 0) connect_fetched(ctx);
  }
  [[gnu::noinline]] void connect_fetched(Context&);
  void resolve(Context& ctx, const Block& block) {
    if (!awaited_.empty()) resolve_awaited(ctx, block);
  }
  [[gnu::noinline]] void resolve_awaited(Context&, const Block&);
  void await(const Qc&);
  void recover(Context&);
  bool idle(Context&) const;
  static Vote vote_for(Phase phase, const Block& block) {
    return {.phase = phase, .view = block.view, .height = block.height, .block = block.digest};
  }
  [[gnu::noinline]] bool valid(Context&, ReplicaId from, const Proposal&) const;
  bool proves(Context&, View, const Qc& high, const Entry&) const;
  [[gnu::noinline]] void commit_chain(Context&, BlockId b);
  bool fresh(BlockId id) { return id == rising_block_ || fresh_by_search(id); }
  [[gnu::noinline]] bool fresh_by_search(BlockId);
  void note_ordered();

  const Phase first_phase_;
  BlockId executed_;      // b_exec
  BlockId settled_;       // b_exec when this call began
  BlockId ordered_to_;    // what is committed up to here is in ordered_
  BlockId newest_;        // the last one proposed to us
  BlockId rising_block_;  // the last one in the tree, if its requests are above all before
  View proposed_;         // the last view this replica proposed in
  struct {
    Phase phase{};
    BlockId block = kNoBlock;
  } last_vote_;
  LastViews proposals_seen_;
  RisingRequests rising_;
  std::vector<Qc> awaited_;  // their blocks are being fetched
  BlockSync sync_;
  Tree tree_;

  OrderedRequests ordered_;
  BatchLimit limit_;
  Duration idle_beat_;
  View beat_set_{};  // the last view in which an idle leader began to wait
  View beat_{};      // and the last in which it has waited enough
  Pending pending_;
  VoteCollector votes_;
};

}  // namespace byzlab
