// HotStuff: M. Yin, D. Malkhi, M. K. Reiter, G. Golan Gueta, I. Abraham, "HotStuff: BFT Consensus
// with Linearity and Responsiveness", PODC 2019. Line numbers are those of arXiv 1803.05069v6.
//
// Views follow each other; each has a leader, who proposes one block on the block of the highest
// certificate (QC) it knows. A replica votes once a view and phase, if the block is safe for it:
//
//   safeNode  it extends the block the replica is locked on, or shows a QC higher than the lock.
//
// chained (§5, Algorithm 3, with the locks of §6, Algorithm 4): one phase a view. Votes go to the
// next leader, who makes the QC and shows it with its own proposal. A QC of b'', whose parent is b'
// and whose grandparent is b,
//
//   raises    the highest QC (pre-commit phase on b''),
//   locks     b', if that is higher than the lock (commit phase on b'),
//   decides   b and all below, if the three are of consecutive views (decide phase on b).
//
//   2(n - 1) messages a block and 7 delays from proposal to commit by all; the leader that makes
//   the last QC commits a delay earlier.
//
// basic (§4, Algorithm 2): four phases a view. prepare: the proposal; the leader collects votes,
// and shows a prepareQC (pre-commit: the highest QC is raised), a precommitQC of the votes that
// brings (commit: locks), a commitQC of those (decide). Then all tell the next leader their highest
// QC: 7(n - 1) messages and n - 1 new-view messages, and 7 delays.
//
// Safety (chained, Theorem 5). Two QCs of a view would share a correct replica's two votes. Let b,
// b', b'' be certified in views v, v+1, v+2, and w be the certified block of lowest view above v
// that does not extend b: its view is above v+2. A correct replica is in the quorums of b'' and w.
// It voted for b'' first and was locked on b then, or higher, where by the choice of w everything
// extends b. So w broke the safety rule, and had a QC higher than v: of a block that extends b,
// again by the choice of w. But w extends that.
//
// Liveness: a leader proposes with the QC of the view before, or with the highest that n - f
// replicas have told it (Lemma 3: then as high as any lock). How the block before a dead leader
// gets its certificate is told in consensus/linear_bft.h, when views end in consensus/pacemaker.h.
//
// Durable before a vote or a proposal leaves: the last view and phase voted in, the last one
// proposed in, the locked block, the highest QC. Without, an honest replica may vote twice.
//
// Where this differs from the paper:
//  - A new-view message goes to the leader only after a decision (basic) or from whom a TC reached
//    before it gave up; who gives up tells everybody, because the pacemaker needs it.
//  - A QC acts when it is made or shown, not only inside a node (b* of Algorithm 4): it proves the
//    same.
//  - A replica in basic mode votes on a certificate of its view whoever shows it.
#pragma once

#include "consensus/linear_bft.h"
#include "consensus/registry.h"

namespace byzlab::hotstuff {

inline constexpr OptionSpec kOptions[] = {
    {.name = "mode",
     .type = OptionType::choice,
     .default_text = "chained",
     .range = "chained|basic",
     .doc = "Algorithm 3, a view a block and its phases pipelined, or Algorithm 2, all phases of a "
            "block in one view",
     .agreed = true},
    kPacemakerOption,
    kViewTimeoutOption,
    kTimeoutCapOption,
    kIdleBeatOption,
    kMaxBlockRequestsOption,
    kMaxBlockSizeOption,
};

/// A view that ends before its messages have gone round decides nothing. Chained, a proposal has to
/// arrive in its view; what else belongs to it may come later.
inline constexpr ClockNeed kClockNeeds[] = {
    {.option = "timeout_cap",
     .reason = "a basic view takes 8 message delays",
     .delays = 8,
     .longest =
         [](const Options& o) {
           return o.choice("mode") == "basic" ? longest_view(o) : Duration::max();
         }},
    {.option = "timeout_cap",
     .reason = "a proposal has to arrive in its view",
     .delays = 1,
     .longest =
         [](const Options& o) {
           return o.choice("mode") == "basic" ? Duration::max() : longest_view(o);
         }},
};

/// Chained HotStuff, §5.
class Chained final : public LinearBft {
 public:
  explicit Chained(const Options& options) : LinearBft(options) {}

 private:
  ReplicaId collector(const Context&, View) const override;
  bool safe(BlockId parent, const QuorumCert& justify) const override;
  void update(Context&, BlockId, const Qc&) override;
  bool ready(Context&) override;
};

/// Msg(pre-commit | commit | decide, ⊥, qc): which of them, the QC's phase says.
struct Announce {
  static constexpr MessageKind kKind{5};
  View view{};
  Qc qc{};
};
BOOST_DESCRIBE_STRUCT(Announce, (), (view, qc))

/// Basic HotStuff, §4.
class Basic final : public LinearBft {
 public:
  explicit Basic(const Options& options) : LinearBft(options, Phase::prepare) {}
  static constexpr MessageTable messages() {
    MessageTable table = LinearBft::messages();
    table[Announce::kKind.value] = &message_type<Announce>;
    return table;
  }
  void on_message(Context&, ReplicaId from, const Message&) override;

 private:
  ReplicaId collector(const Context&, View) const override;
  bool safe(BlockId parent, const QuorumCert& justify) const override;
  void update(Context&, BlockId, const Qc&) override;
  bool ready(Context&) override;
  View next_view(const QuorumCert&) const override;
  void entered(Context&, ReplicaId from) override;
  void collected(Context&, const Qc&) override;
  void vote_again(Context&, BlockId, Phase);
};

/// As Phase numbers them.
inline constexpr std::string_view kVotePhases[] = {"generic", "prepare", "pre_commit", "commit"};

inline constexpr EngineInfo kInfo{
    .name = "hotstuff",
    .paper =
        "M. Yin, D. Malkhi, M. K. Reiter, G. Golan Gueta, I. Abraham: HotStuff: BFT Consensus "
        "with Linearity and Responsiveness, PODC 2019",
    .summary = "one block a view, votes to the next leader, three certified blocks in a row commit",
    .fault_model = FaultModel::byzantine,
    .finality = Finality::immediate,
    .synchrony = Synchrony::partial,
    .fault_bound = byzantine_bound,
    .quorum = byzantine_quorum,
    .options = kOptions,
    .messages = Basic::messages(),
    .request_driven = true,
    .attacks = "",
    .make = [](const Options& options) -> std::unique_ptr<Engine> {
      if (options.choice("mode") == "basic") return std::make_unique<Basic>(options);
      return std::make_unique<Chained>(options);
    },
    .block_interval = [](const Options& o) { return o.duration("view_timeout"); },
    .vote_phases = kVotePhases,
    .timer_phases = kViewTimer,
    .clock_needs = kClockNeeds,
};

}  // namespace byzlab::hotstuff
