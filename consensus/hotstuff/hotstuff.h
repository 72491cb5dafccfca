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
     .range = "chained|basic",
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
  explicit Basic(const Options& options) : LinearBft(options) {}
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
  Phase first_phase() const override { return Phase::prepare; }
  void entered(Context&, ReplicaId from) override;
  void collected(Context&, const Qc&) override;
  void vote_again(Context&, const QuorumCert&, Phase);
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
    .messages = Basic::messages(),
    .request_driven = true,
    .attacks = "",
    .make = [](const Options& options) -> std::unique_ptr<Engine> {
      if (options.choice("mode") == "basic") return std::make_unique<Basic>(options);
      return std::make_unique<Chained>(options);
    },
};

}  // namespace byzlab::hotstuff
