#include "testbed/metric_catalogue.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/event_names.h"

namespace byzlab {
namespace {

using enum scenario::MetricKind;
using Unit = scenario::MetricUnit;

constexpr std::array<ReportedFigure, 48> kReported{{
    {"throughput", "mean"},
    {"throughput", "max"},
    {"goodput", "mean"},
    {"offered_load", "mean"},
    {"carried", "mean"},
    {"commit_latency", "count"},
    {"commit_latency", "mean"},
    {"commit_latency", "min"},
    {"commit_latency", "max"},
    {"commit_latency", "p50"},
    {"commit_latency", "p90"},
    {"commit_latency", "p95"},
    {"commit_latency", "p99"},
    {"commit_latency", "p999"},
    {"client_latency", "count"},
    {"client_latency", "mean"},
    {"client_latency", "max"},
    {"client_latency", "p50"},
    {"client_latency", "p95"},
    {"client_latency", "p99"},
    {"block_interval", "mean"},
    {"block_interval", "p50"},
    {"block_interval", "max"},
    {"recovery_time", "max"},
    {"messages_per_commit", "mean"},
    {"bytes_per_commit", "mean"},
    {"commits", "count"},
    {"transactions", "count"},
    {"proposals", "count"},
    {"view_changes", "count"},
    {"timeouts", "count"},
    {"state_transfers", "count"},
    {"equivocations", "count"},
    {"messages", "count"},
    {"bytes", "count"},
    {"dropped_messages", "count"},
    {"reorgs", "count"},
    {"reorg_depth", "max"},
    {"orphaned_blocks", "count"},
    {"chain_quality", "mean"},
    {"relative_revenue", "mean"},
    {"chain_tips", "max"},
    {"height", "max"},
    {"height_lag", "max"},
    {"height_lag", "last"},
    {"mempool", "max"},
    {"mempool", "last"},
    {"client_timeouts", "count"},
}};

constexpr std::array<std::string_view, 3> kPooled{"commit_latency", "client_latency",
                                                  "block_interval"};

std::vector<scenario::MetricEntry> entries() {
  return {
      {"commit_latency", histogram, Unit::seconds,
       "from a block's proposal to its first commit by an honest replica"},
      {"client_latency", histogram, Unit::seconds,
       "from a request's submission to its client's acceptance; label client"},
      {"block_interval", histogram, Unit::seconds,
       "between the first commits of successive heights"},
      {"recovery_time", histogram, Unit::seconds,
       "from the end of a fault, each by itself, to the next new commit"},
      {"reorg_depth", histogram, Unit::blocks,
       "blocks an honest replica abandoned when it switched chains"},
      {"throughput", gauge, Unit::transactions,
       "requests in newly committed blocks, per second; min and max over the regular looks"},
      {"goodput", gauge, Unit::transactions,
       "the same, each request once, however often chains reorganise"},
      {"offered_load", gauge, Unit::transactions, "requests submitted, per second"},
      {"carried", gauge, Unit::ratio,
       "share of the requests submitted that were committed by the end of the run"},
      {"messages_per_commit", gauge, Unit::none, "messages sent for each newly committed height"},
      {"bytes_per_commit", gauge, Unit::bytes, "bytes sent for each newly committed height"},
      {"chain_quality", gauge, Unit::ratio,
       "share of the blocks in the longest honest log that honest replicas proposed"},
      {"relative_revenue", gauge, Unit::ratio,
       "share of the blocks in the longest honest log that the adversary proposed"},
      {"chain_tips", gauge, Unit::none, "logs of honest replicas of which none extends another"},
      {"height", gauge, Unit::blocks, "highest height committed by an honest replica"},
      {"height_lag", gauge, Unit::blocks,
       "how far the last honest replica that is up is behind the first"},
      {"mempool", gauge, Unit::none, "requests submitted and not yet committed anywhere"},
      {"commits", counter, Unit::none, "new heights committed"},
      {"transactions", counter, Unit::none, "requests in newly committed blocks"},
      {"proposals", counter, Unit::none, "blocks proposed or mined, private ones too"},
      {"view_changes", counter, Unit::none, "views that an honest replica gave up, each view once"},
      {"timeouts", counter, Unit::none, "progress timers that fired at honest replicas"},
      {"state_transfers", counter, Unit::none, "times an honest replica caught up by fetching"},
      {"equivocations", counter, Unit::none,
       "proofs of somebody's saying two things, found by honest replicas"},
      {"client_timeouts", counter, Unit::none,
       "requests that clients gave up, with `workload.timeout`"},
      {"reorgs", counter, Unit::none, "times an honest replica switched chains"},
      {"orphaned_blocks", counter, Unit::none,
       "blocks proposed that the longest honest log passed by"},
      {"messages", counter, Unit::none, "messages sent, one a destination"},
      {"bytes", counter, Unit::bytes, "bytes sent"},
      {"dropped_messages", counter, Unit::none, "messages that did not arrive; label reason"},
  };
}

const std::vector<scenario::MetricEntry>& table() {
  static const std::vector<scenario::MetricEntry> complete = [] {
    auto all = entries();
    for (scenario::MetricEntry& entry : all) {
      for (const auto& [metric, statistic] : kReported) {
        if (metric == entry.name) entry.reported.emplace_back(statistic);
      }
      entry.pooled = std::ranges::find(kPooled, entry.name) != kPooled.end();
      if (entry.name == "client_latency") entry.label = "client";
      if (entry.name == "dropped_messages") {
        entry.label = "reason";
        for (std::size_t i = 0; i < kDropReasons; ++i) {
          entry.label_values.emplace_back(name_of(static_cast<DropReason>(i)));
        }
      }
    }
    return all;
  }();
  return complete;
}

}  // namespace

std::span<const ReportedFigure> reported_figures() { return kReported; }

std::span<const scenario::MetricEntry> metric_entries() { return table(); }

const scenario::MetricEntry* find_metric_entry(std::string_view name) {
  const auto found = std::ranges::find(table(), name, &scenario::MetricEntry::name);
  return found == table().end() ? nullptr : &*found;
}

}  // namespace byzlab
