// HotStuff-2: D. Malkhi, K. Nayak, "Extended Abstract: HotStuff-2: Optimal Two-Phase Responsive
// BFT", ePrint 2023/397.
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

inline constexpr EngineInfo kInfo{
    .name = "hotstuff2",
    .paper = "D. Malkhi, K. Nayak: Extended Abstract: HotStuff-2: Optimal Two-Phase Responsive "
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
};

}  // namespace byzlab::hotstuff2
