#include "faults/registry.h"

#include "faults/behaviors/corrupt.h"
#include "faults/behaviors/delay.h"
#include "faults/behaviors/random.h"
#include "faults/behaviors/replay.h"
#include "faults/behaviors/selective_send.h"
#include "faults/behaviors/silent.h"
#include "faults/behaviors/withhold.h"
#include "faults/twins.h"

namespace byzlab {
namespace {

template <class B>
std::unique_ptr<Behavior> make(const Options& options) {
  return std::make_unique<B>(options);
}

using namespace behaviors;

// Rows of behaviors that wrap the honest engine.
template <class B>
constexpr BehaviorInfo wrapper(std::string_view name, std::string_view doc,
                               std::span<const OptionSpec> options = B::kOptions) {
  return {.name = name, .doc = doc, .options = options, .make = &make<B>};
}

// The rows that nakamoto/private_miner adds to its protocol's; a test compares the two.
constexpr OptionSpec kDoubleSpend[] = {
    {.name = "merchant",
     .type = OptionType::replicas,
     .default_text = "",
     .range = "",
     .doc = "who is to be cheated: nothing is published before they have delivered"},
    {.name = "amount",
     .type = OptionType::count,
     .default_text = "1",
     .range = "1..1000000000000",
     .doc = "what the coin is worth; changes nothing but reports"},
    {.name = "release_after",
     .type = OptionType::count,
     .default_text = "6",
     .range = "1..10000",
     .doc = "confirmations of the payment before the secret chain may be published (z)"},
    {.name = "give_up_behind",
     .type = OptionType::count,
     .default_text = "50",
     .range = "0..1000000",
     .doc = "an attempt ends when the secret chain is more blocks than this behind"},
    {.name = "premined",
     .type = OptionType::flag,
     .default_text = "true",
     .range = "",
     .doc = "pay only when a first secret block has been found"},
    {.name = "success",
     .type = OptionType::choice,
     .default_text = "longer",
     .range = "longer|tie",
     .doc = "publish a chain that is strictly longer, or already an equally long one"},
    {.name = "attempts",
     .type = OptionType::count,
     .default_text = "1",
     .range = "0..1000000",
     .doc = "coins it tries to spend twice; 0 is without limit"}};

constexpr BehaviorInfo kBehaviors[] = {
    wrapper<Silent>("silent", "says nothing, to everybody or to some"),
    wrapper<Withhold>("withhold", "keeps messages, by default votes, from honest replicas"),
    wrapper<Withhold>("withhold_votes", "the same as withhold"),
    wrapper<Delay>("delay", "holds its messages back"),
    wrapper<Delay>("delay_proposals", "holds its proposals back", Delay::kProposalOptions),
    wrapper<SelectiveSend>("selective_send", "tells only some of the replicas"),
    wrapper<Replay>("replay", "says again what it and others said before"),
    wrapper<Corrupt>("corrupt", "says nonsense under a valid signature"),
    wrapper<Random>("random", "a seeded mixture of silence, lateness, selection, nonsense, replay"),
    {.name = "equivocate",
     .doc = "says one thing to some and another to the rest, by a twin",
     .options = kTwinsOptions,
     .kind = BehaviorKind::twins},
    {.name = "twins",
     .doc = "the same as equivocate",
     .options = kTwinsOptions,
     .kind = BehaviorKind::twins},
    {.name = "double_spend",
     .doc = "pays a merchant and takes the payment back by a longer chain",
     .options = kDoubleSpend,
     .kind = BehaviorKind::engine_variant,
     .variant = "nakamoto/private_miner"},
    {.name = "amnesia",
     .doc = "forgets from round to round what it is locked on",
     .options = {},
     .kind = BehaviorKind::engine_variant,
     .variant = "tendermint/amnesiac"},
    {.name = "selfish_mining",
     .doc = "keeps its blocks and publishes them when that makes others' worthless",
     .options = {},
     .kind = BehaviorKind::engine_variant,
     .variant = "nakamoto/selfish_miner"},
};

}  // namespace

std::span<const BehaviorInfo> all_behaviors() { return kBehaviors; }

const BehaviorInfo* find_behavior(std::string_view name) {
  for (const auto& b : kBehaviors) {
    if (b.name == name) return &b;
  }
  return nullptr;
}

}  // namespace byzlab
