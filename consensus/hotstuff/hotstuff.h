// HotStuff: M. Yin, D. Malkhi, M. K. Reiter, G. Golan Gueta, I. Abraham, "HotStuff: BFT Consensus
// with Linearity and Responsiveness", PODC 2019 (line numbers: arXiv 1803.05069v6).
#pragma once

#include "consensus/linear_bft.h"
#include "consensus/registry.h"

namespace byzlab::hotstuff {

inline constexpr OptionSpec kOptions[] = {
    {.name = "mode",
     .type = OptionType::choice,
     .default_text = "chained",
     .range = "chained",
     .doc = "Algorithm 3, a view a block and its phases pipelined, or Algorithm 2, all phases of a "
            "block in one view"},
    kPacemakerOption,
    kViewTimeoutOption,
    kTimeoutCapOption,
    kIdleBeatOption,
    kMaxBlockRequestsOption,
    kMaxBlockSizeOption,
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
    .messages = Chained::messages(),
    .request_driven = true,
    .attacks = "",
    .make = [](const Options& options) -> std::unique_ptr<Engine> {
      return std::make_unique<Chained>(options);
    },
};

}  // namespace byzlab::hotstuff
