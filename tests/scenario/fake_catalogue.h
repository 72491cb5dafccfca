// A small catalogue for the tests of the language: it must not depend on the real engines. Faults
// are a part of the language.
#pragma once

#include "testbed/run.h"
#include "testbed/scenario/catalogue.h"

namespace byzlab::scenario {

inline constexpr OptionSpec kFakePbftOptions[] = {
    {.name = "view_timeout",
     .type = OptionType::duration,
     .default_text = "500ms",
     .range = "1ms..1h",
     .doc = "time without progress before a view change"},
    {.name = "batch_size",
     .type = OptionType::count,
     .default_text = "100",
     .range = "1..10000",
     .doc = "requests a proposal carries at most"},
    {.name = "checkpoint_interval",
     .type = OptionType::count,
     .default_text = "128",
     .range = "1..100000",
     .doc = "K: sequence numbers between two checkpoints",
     .agreed = true},
};
inline constexpr OptionSpec kFakeNakamotoOptions[] = {
    {.name = "block_interval",
     .type = OptionType::duration,
     .default_text = "10min",
     .range = "1ms..30d",
     .doc = "mean time between blocks"},
    {.name = "confirmations",
     .type = OptionType::count,
     .default_text = "6",
     .range = "1..1000",
     .doc = "z: depth at which a block commits"},
    {.name = "tie_break",
     .type = OptionType::choice,
     .default_text = "first_seen",
     .range = "first_seen|random",
     .doc = "which of two equally long chains is kept"},
    {.name = "max_block_size",
     .type = OptionType::bytes,
     .default_text = "1 MB",
     .range = "1 kB..1 GB",
     .doc = "size of a block"},
};
inline constexpr OptionSpec kFakeDelayOptions[] = {
    {.name = "by",
     .type = OptionType::duration,
     .default_text = "1s",
     .range = "1ns..1h",
     .doc = "how late"},
    {.name = "kinds", .type = OptionType::kinds, .default_text = "", .doc = "only these messages"},
    {.name = "chance", .type = OptionType::probability, .default_text = "1", .doc = "how often"},
    {.name = "loud", .type = OptionType::flag, .default_text = "false", .doc = "says so"},
    {.name = "scale",
     .type = OptionType::number,
     .default_text = "1.5",
     .range = "0..10",
     .doc = "times"},
};
inline constexpr OptionSpec kFakeDoubleSpendOptions[] = {
    {.name = "merchant",
     .type = OptionType::replicas,
     .default_text = "",
     .range = "honest",
     .doc = "who is paid"},
    {.name = "amount", .type = OptionType::count, .default_text = "100", .doc = "coins"},
    {.name = "release_after",
     .type = OptionType::count,
     .default_text = "6",
     .range = "0..1000",
     .doc = "confirmations seen by the merchant"},
    {.name = "give_up_behind",
     .type = OptionType::count,
     .default_text = "50",
     .range = "1..100000",
     .doc = "blocks behind"},
};

inline constexpr OptionSpec kFakeTwinsOptions[] = {
    {.name = "audience",
     .type = OptionType::replicas,
     .default_text = "",
     .range = "some honest",
     .doc = "who is told the first thing"},
};
inline constexpr OptionSpec kFakeWithholdOptions[] = {
    {.name = "kinds", .type = OptionType::kinds, .default_text = "votes", .doc = "what it keeps"},
};

/// A second is more than this pbft waits for a message.
inline std::vector<ClockConflict> fake_clock_conflicts(const Scenario& scenario) {
  const auto* latency = std::get_if<ConstantLatency>(&scenario.network.latency);
  if (scenario.protocol.name != "pbft" || latency == nullptr) return {};
  if (latency->delay < std::chrono::seconds{1}) return {};
  return {{.option = "view_timeout",
           .message = "`view_timeout` is too short for this network",
           .hint = "make it longer"}};
}

inline Catalogue fake_catalogue() {
  return {
      .protocols =
          {
              {.name = "nakamoto",
               .summary = "Bitcoin (Nakamoto 2008)",
               .options = kFakeNakamotoOptions,
               .certified = false,
               .double_spend = true,
               .bound = "less than half of the hash power",
               .fault_numerator = 1,
               .fault_denominator = 2},
              {.name = "pbft",
               .summary = "Practical Byzantine Fault Tolerance (Castro & Liskov 1999)",
               .options = kFakePbftOptions,
               .bound = "f < n/3 Byzantine replicas",
               .messages = {"PrePrepare", "Prepare", "Commit", "votes", "proposals"}},
              {.name = "crash_only",
               .summary = "tolerates crashes only",
               .options = {},
               .crash_only = true,
               .bound = "f < n/2 crashed replicas",
               .fault_numerator = 1,
               .fault_denominator = 2,
               .min_replicas = 3,
               .messages = {"Append", "Ask"}},
          },
      .behaviors =
          {
              {.name = "silent", .summary = "says nothing"},
              {.name = "delay", .summary = "says it late", .options = kFakeDelayOptions},
              {.name = "double_spend",
               .summary = "mines in private",
               .options = kFakeDoubleSpendOptions,
               .protocols = {"nakamoto"},
               .plays = BehaviorEntry::Plays::other_engine},
              {.name = "equivocate",
               .summary = "says two things",
               .options = kFakeTwinsOptions,
               .plays = BehaviorEntry::Plays::as_two},
              {.name = "twins",
               .summary = "says two things",
               .options = kFakeTwinsOptions,
               .plays = BehaviorEntry::Plays::as_two},
              {.name = "withhold", .summary = "keeps votes", .options = kFakeWithholdOptions},
          },
      .faults = byzlab::catalogue().faults,
      .metrics =
          {
              {.name = "commit_latency",
               .kind = MetricKind::histogram,
               .unit = MetricUnit::seconds},
              {.name = "view_changes", .kind = MetricKind::counter},
              {.name = "client_latency",
               .kind = MetricKind::histogram,
               .unit = MetricUnit::seconds,
               .label = "client"},
              {.name = "dropped_messages",
               .kind = MetricKind::counter,
               .label = "reason",
               .label_values = {"loss", "partition"}},
              {.name = "reorg_depth", .kind = MetricKind::histogram, .unit = MetricUnit::blocks},
              {.name = "chain_quality", .kind = MetricKind::gauge, .unit = MetricUnit::ratio},
              {.name = "sent_bytes", .kind = MetricKind::counter, .unit = MetricUnit::bytes},
              {.name = "queue_bytes", .kind = MetricKind::gauge, .unit = MetricUnit::bytes},
              {.name = "committed_transactions",
               .kind = MetricKind::counter,
               .unit = MetricUnit::transactions},
          },
      .presets = {{.name = "cloud_regions", .regions = {"us_east", "eu_west", "ap_south"}}},
      .clock_conflicts = fake_clock_conflicts,
  };
}

}  // namespace byzlab::scenario
