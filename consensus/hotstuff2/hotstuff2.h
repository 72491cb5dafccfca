// HotStuff-2: D. Malkhi, K. Nayak, "Extended Abstract: HotStuff-2: Optimal Two-Phase Responsive
// BFT", ePrint 2023/397. The pipelined form, in which the second phase of a block is the first of
// the next one.
//
//   Enter    a view by the certificate of the view before, or by a timeout certificate.
//   Propose  at once on the certificate of the view before. A leader without it waits until it has
//            heard what every correct replica is locked on, and takes the highest certificate.
//   Vote     for the first proposal of the view, if the certificate it shows is ranked no lower
//            than the lock; the lock becomes that certificate. Votes go to the next leader.
//   Commit   a certified block of view v+1 on a certified block of view v commits the latter and
//            all below.
//
// 2(n - 1) messages a block, 5 delays from proposal to commit by all (4 at the leader that makes
// the second certificate). HotStuff needs a phase more so that it never has to wait; HotStuff-2
// waits only after a view without a certificate.
//
// Safety. Let b of view v and b' of view v+1 on it be certified, and w be the certified block of
// lowest view above v that does not extend b: its view is above v+1, for no view has two
// certificates. A correct replica voted for b', which locked it on b, and then for w: w's parent is
// certified in view v or higher and below w's, so it is b or, by the choice of w, extends b. But w
// extends its parent.
//
// The wait. With this pacemaker a quorum gave up the view before when a leader enters by timeout.
// f+1 of these are correct, so Δ later every correct replica has given up too, and 2Δ later the
// leader has heard from all of them. Who knows the certificate of the view before although its
// leader did not show it tells the leader on entering. A lock rises only with a vote, never by what
// a liar shows one replica in private: so after the wait the leader's certificate is as high as
// every lock, and all correct replicas vote.
//
// Durable before a vote leaves: the last view voted in, the lock, the highest certificate.
#pragma once

#include "consensus/linear_bft.h"
#include "consensus/registry.h"

namespace byzlab::hotstuff2 {

inline constexpr OptionSpec kOptions[] = {
    {.name = "delta",
     .type = OptionType::duration,
     .default_text = "100ms",
     .range = "1us..1h",
     .doc = "Δ, the longest a message takes after GST; a leader without the certificate of the "
            "view before waits 2Δ"},
    kPacemakerOption,
    kViewTimeoutOption,
    kTimeoutCapOption,
    kIdleBeatOption,
    kMaxBlockRequestsOption,
    kMaxBlockSizeOption,
};

/// A leader in doubt waits 2Δ for the locks of all; a proposal has to arrive in its view.
inline constexpr ClockNeed kClockNeeds[] = {
    {.option = "delta",
     .reason = "a message has to arrive within Δ",
     .delays = 1,
     .longest = [](const Options& o) { return o.duration("delta"); }},
    {.option = "timeout_cap",
     .reason = "a proposal has to arrive in its view",
     .delays = 1,
     .longest = longest_view},
};

class HotStuff2 final : public LinearBft {
 public:
  explicit HotStuff2(const Options&);

 private:
  static constexpr std::uint8_t kWaitTimer = 2;

  ReplicaId collector(const Context&, View) const override;
  bool safe(BlockId parent, const QuorumCert& justify) const override;
  void promise(BlockId parent) override;
  void update(Context&, BlockId, const Qc&) override;
  bool ready(Context&) override;
  void entered(Context&, ReplicaId from) override;
  void on_other_timer(Context&, Timer) override;

  Duration wait_;  // 2Δ
  View waited_{};  // the last view in which it is over
};

inline constexpr std::string_view kVotePhases[] = {"generic"};

inline constexpr EngineInfo kInfo{
    .name = "hotstuff2",
    .paper =
        "D. Malkhi, K. Nayak: Extended Abstract: HotStuff-2: Optimal Two-Phase Responsive "
        "BFT, ePrint 2023/397",
    .summary = "HotStuff with two certified blocks in a row; a leader in doubt waits for all locks",
    .fault_model = FaultModel::byzantine,
    .finality = Finality::immediate,
    .synchrony = Synchrony::partial,
    .fault_bound = byzantine_bound,
    .quorum = byzantine_quorum,
    .options = kOptions,
    .messages = HotStuff2::messages(),
    .request_driven = true,
    .attacks = "",
    .make = [](const Options& options) -> std::unique_ptr<Engine> {
      return std::make_unique<HotStuff2>(options);
    },
    .block_interval = [](const Options& o) { return o.duration("view_timeout"); },
    .vote_phases = kVotePhases,
    .timer_phases = kViewTimer,
    .clock_needs = kClockNeeds,
};

}  // namespace byzlab::hotstuff2
