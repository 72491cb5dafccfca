#include "faults/registry.h"

#include "faults/behaviors/corrupt.h"
#include "faults/behaviors/delay.h"
#include "faults/behaviors/random.h"
#include "faults/behaviors/replay.h"
#include "faults/behaviors/selective_send.h"
#include "faults/behaviors/silent.h"
#include "faults/behaviors/withhold.h"
#include "faults/links/corrupt.h"
#include "faults/links/cut.h"
#include "faults/links/delay.h"
#include "faults/links/duplicate.h"
#include "faults/links/isolate.h"
#include "faults/links/loss.h"
#include "faults/links/partition.h"
#include "faults/links/reorder.h"
#include "faults/links/throttle.h"
#include "faults/processes/become.h"
#include "faults/processes/clock.h"
#include "faults/processes/crash.h"
#include "faults/processes/disk.h"
#include "faults/processes/mark.h"
#include "faults/processes/pause.h"
#include "faults/processes/restart.h"
#include "faults/processes/wipe.h"
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
     .range = "honest",
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

/// What of a row is in the fault's class.
template <class F>
constexpr FaultInfo fault(FaultInfo row) {
  row.options = F::kOptions;
  row.make = [](const Options& options) -> std::unique_ptr<Fault> {
    return std::make_unique<F>(options);
  };
  return row;
}

constexpr FaultInfo kFaults[] = {
    fault<faults::Partition>(
        {.name = "partition",
         .doc = "no link between two sides works: a list of selectors, one a side, or `halves`; "
                "who is in no side is alone. A map cuts the links from some replicas to others",
         .brief = "sides",
         .meaning = FaultMeaning::cuts,
         .example = "[ r0, r1..r3 ]"}),
    fault<faults::Cut>({.name = "cut",
                        .doc = "these links carry nothing",
                        .brief = "links",
                        .meaning = FaultMeaning::cuts,
                        .example = "[ r0 -> r1, r2 <-> r3 ]"}),
    fault<faults::Isolate>({.name = "isolate",
                            .doc = "all links of these replicas are cut",
                            .brief = "who",
                            .meaning = FaultMeaning::cuts,
                            .example = "r1"}),
    fault<faults::Crash>({.name = "crash",
                          .doc = "down; restarted with their disk when the window ends",
                          .brief = "who",
                          .meaning = FaultMeaning::stops,
                          .example = "r1"}),
    fault<faults::Restart>({.name = "restart",
                            .doc = "stopped and started at once, with their disk",
                            .brief = "who",
                            .span = FaultSpan::instant,
                            .meaning = FaultMeaning::restarts,
                            .example = "r1"}),
    fault<faults::Wipe>({.name = "wipe",
                         .doc = "a crash that loses the disk: restarted empty",
                         .brief = "who",
                         .meaning = FaultMeaning::wipes,
                         .example = "r1"}),
    fault<faults::Pause>({.name = "pause",
                          .doc = "stopped but not dead: what arrives is handled when the window "
                                 "ends",
                          .brief = "who",
                          .meaning = FaultMeaning::pauses,
                          .example = "r1"}),
    fault<faults::Disk>({.name = "disk",
                         .doc = "a disk that is slow, fails, lies or tears",
                         .meaning = FaultMeaning::fails_disk,
                         .example = "{ who: r1, sync: 20ms }"}),
    fault<faults::Clock>({.name = "clock",
                          .doc = "a clock that is off, is set, or runs fast or slow",
                          .meaning = FaultMeaning::skews,
                          .example = "{ who: r1, drift: 0.05 }"}),
    fault<faults::Delay>({.name = "delay",
                          .doc = "adds delay to links",
                          .meaning = FaultMeaning::delays,
                          .example = "{ links: r0 -> all, add: 5ms }"}),
    fault<faults::Drop>({.name = "drop",
                         .doc = "loses packets of links",
                         .brief = "probability",
                         .meaning = FaultMeaning::loses,
                         .example = "{ links: r0 -> all, probability: 30% }"}),
    fault<faults::Duplicate>({.name = "duplicate",
                              .doc = "delivers packets of links twice",
                              .brief = "probability",
                              .meaning = FaultMeaning::disturbs,
                              .example = "30%"}),
    fault<faults::Reorder>({.name = "reorder",
                            .doc = "holds packets of links back, so that later ones overtake them",
                            .brief = "probability",
                            .meaning = FaultMeaning::disturbs,
                            .example = "30%"}),
    fault<faults::Corrupt>({.name = "corrupt",
                            .doc = "flips bytes in packets of links; what no longer decodes is an "
                                   "event, not a message",
                            .brief = "probability",
                            .meaning = FaultMeaning::corrupts,
                            .example = "30%"}),
    fault<faults::Throttle>({.name = "throttle",
                             .doc = "limits the bandwidth of links",
                             .meaning = FaultMeaning::throttles,
                             .example = "{ bandwidth: 1 Mbit/s }"}),
    fault<faults::Become>({.name = "become",
                           .doc = "replicas turn Byzantine; honest again when the window ends",
                           .meaning = FaultMeaning::turns,
                           .example = "{ who: r1, behavior: silent }"}),
    fault<faults::Mark>({.name = "mark",
                         .doc = "a note on the timeline and every chart",
                         .brief = "text",
                         .span = FaultSpan::instant,
                         .meaning = FaultMeaning::marks,
                         .example = "here it begins"}),
};

}  // namespace

std::span<const FaultInfo> all_faults() { return kFaults; }

const FaultInfo* find_fault(std::string_view name) {
  for (const FaultInfo& fault : kFaults) {
    if (fault.name == name) return &fault;
  }
  return nullptr;
}

std::span<const BehaviorInfo> all_behaviors() { return kBehaviors; }

const BehaviorInfo* find_behavior(std::string_view name) {
  for (const auto& b : kBehaviors) {
    if (b.name == name) return &b;
  }
  return nullptr;
}

}  // namespace byzlab
