#include "testbed/metric_catalogue.h"

#include <algorithm>
#include <vector>

namespace byzlab {
namespace {

using enum scenario::MetricKind;
using Unit = scenario::MetricUnit;

const std::vector<scenario::MetricEntry>& table() {
  static const std::vector<scenario::MetricEntry> entries{
      {"commit_latency", histogram, Unit::seconds,
       "from a block's proposal to its first commit by an honest replica"},
      {"client_latency", histogram, Unit::seconds,
       "from a request's submission to its client's acceptance; label client"},
      {"block_interval", histogram, Unit::seconds,
       "between the first commits of successive heights"},
      {"recovery_time", histogram, Unit::seconds, "from the end of a fault to the next new commit"},
      {"reorg_depth", histogram, Unit::blocks,
       "blocks an honest replica abandoned when it switched chains"},
      {"throughput", gauge, Unit::transactions, "requests in newly committed blocks, per second"},
      {"goodput", gauge, Unit::transactions,
       "the same, each request once, however often chains reorganise"},
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
      {"reorgs", counter, Unit::none, "times an honest replica switched chains"},
      {"orphaned_blocks", counter, Unit::none,
       "blocks proposed that the longest honest log passed by"},
      {"messages", counter, Unit::none, "messages sent, one a destination"},
      {"bytes", counter, Unit::bytes, "bytes sent"},
      {"dropped_messages", counter, Unit::none, "messages that did not arrive; label reason"},
  };
  return entries;
}

}  // namespace

std::span<const scenario::MetricEntry> metric_entries() { return table(); }

const scenario::MetricEntry* find_metric_entry(std::string_view name) {
  const auto found = std::ranges::find(table(), name, &scenario::MetricEntry::name);
  return found == table().end() ? nullptr : &*found;
}

}  // namespace byzlab
