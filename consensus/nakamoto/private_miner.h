// The double spend: M. Rosenfeld, "Analysis of Hashrate-Based Double-Spending" (2014); C. Grunspan
// and R. Pérez-Marco, "Double spend races" (2017).
//
// The attacker pays a merchant and secretly mines a chain from below the payment's block that
// spends the coin elsewhere. It publishes that chain once the payment has `release_after`
// confirmations and the chain is longer than the public one; it gives up when it is too far behind.
//
//   premined: true, success: longer   Rosenfeld §4, and the default: the attack begins when the
//   attacker
//                                     has found one secret block, only then does it pay
//   premined: false, success: tie     Grunspan & Pérez-Marco §3: no head start, catching up is
//   enough premined: false, success: longer  no head start and strictly longer: the hardest of the
//   three
//
// docs/nakamoto.md has the probability of each. Before, between and after its attempts the attacker
// mines honestly. Its secret blocks order nothing but the conflicting spend. Several attackers are
// rivals, they do not pool their power.
#pragma once

#include <algorithm>
#include <array>

#include "consensus/attacker.h"
#include "consensus/nakamoto/nakamoto.h"

namespace byzlab::nakamoto {

/// What the attack adds to the options of the protocol.
inline constexpr std::array kDoubleSpendOptions{
    OptionSpec{.name = "merchant",
               .type = OptionType::replicas,
               .default_text = "",
               .range = "honest",
               .doc = "who is to be cheated: nothing is published before they have delivered"},
    OptionSpec{.name = "amount",
               .type = OptionType::count,
               .default_text = "1",
               .range = "1..1000000000000",
               .doc = "what the coin is worth; changes nothing but reports"},
    OptionSpec{.name = "release_after",
               .type = OptionType::count,
               .default_text = "6",
               .range = "1..10000",
               .doc = "confirmations of the payment before the secret chain may be published (z)"},
    OptionSpec{.name = "give_up_behind",
               .type = OptionType::count,
               .default_text = "50",
               .range = "0..1000000",
               .doc = "an attempt ends when the secret chain is more blocks than this behind"},
    OptionSpec{.name = "premined",
               .type = OptionType::flag,
               .default_text = "true",
               .range = "",
               .doc = "pay only when a first secret block has been found"},
    OptionSpec{.name = "success",
               .type = OptionType::choice,
               .default_text = "longer",
               .range = "longer|tie",
               .doc = "publish a chain that is strictly longer, or already an equally long one"},
    OptionSpec{.name = "attempts",
               .type = OptionType::count,
               .default_text = "1",
               .range = "0..1000000",
               .doc = "coins it tries to spend twice; 0 is without limit"},
};

inline constexpr auto kPrivateMinerOptions = [] {
  std::array<OptionSpec, std::size(kOptions) + kDoubleSpendOptions.size()> all;
  std::ranges::copy(kDoubleSpendOptions, std::ranges::copy(kOptions, all.begin()).out);
  return all;
}();

/// Its deeds are the payments that it means to take back.
class PrivateMiner final : public Nakamoto, public Attacker {
 public:
  explicit PrivateMiner(const Options& options);
  void start(Context& ctx) override;

 private:
  enum class Stage : std::uint8_t {
    honest,     ///< no attempt under way
    premining,  ///< looks for the first secret block; has not paid yet
    racing,     ///< has paid
  };

  void found_block(Context& ctx) override;
  void tip_moved(Context& ctx) override;
  void goods_arrived(Context& ctx, ReplicaId merchant, RequestId payment) override;

  void begin_attempt(Context& ctx);
  void pay(Context& ctx);
  void extend_secretly(Context& ctx);
  void publish_or_give_up(Context& ctx);
  void publish(Context& ctx);
  Request spend(const Context& ctx, bool conflicting) const;
  /// Where a secret chain without blocks would begin: below the payment.
  BlockId fork_point() const;
  std::uint64_t payment_confirmations() const;
  bool may_publish() const;

  std::vector<ReplicaId> merchants_;
  std::uint64_t release_after_;
  bool needs_goods_;  // merchants deliver before the attacker is ready to release
  std::uint64_t give_up_behind_;
  std::uint64_t lead_needed_;
  bool premined_;
  std::uint64_t attempts_;

  Stage stage_ = Stage::honest;
  std::uint64_t attempt_ = 0;  // counts from 1
  std::uint64_t coin_ = 0;
  Request payment_;
  BlockRef fork_;  // the secret chain's blocks follow this one
  std::vector<BlockRef> secret_;
  std::size_t published_ = 0;  // of secret_
  std::vector<ReplicaId> undelivered_;
};

inline constexpr EngineInfo kPrivateMinerInfo{
    .name = "nakamoto/private_miner",
    .paper = "Rosenfeld, Analysis of Hashrate-Based Double-Spending, 2014",
    .summary = "mines a secret chain that takes a confirmed payment back",
    .fault_model = FaultModel::hash_power,
    .finality = Finality::confirmations,
    .synchrony = Synchrony::synchronous,
    .fault_bound = minority_bound,
    .quorum = majority_quorum,
    .options = kPrivateMinerOptions,
    .messages = Nakamoto::messages(),
    .request_driven = false,
    .attacks = "nakamoto",
    .make = [](const Options& o) -> std::unique_ptr<Engine> {
      return std::make_unique<PrivateMiner>(o);
    },
};

}  // namespace byzlab::nakamoto
