// The table of Prometheus metrics. Never labels: height, view, block, request, pair of replicas;
// their values have no bound.
#include "observe/metrics_table.h"

#include <algorithm>
#include <iterator>

namespace byzlab {
namespace {

constexpr auto counter = PrometheusType::counter;
constexpr auto gauge = PrometheusType::gauge;
constexpr auto info = PrometheusType::info;

constexpr PrometheusMetric kMetrics[] = {
    {"byzlab_build_info", info, "", "version commit compiler", "Always 1; which code ran"},
    {"byzlab_byzantine_power_ratio", gauge, "ratio", "", "Share of the power that is Byzantine"},
    {"byzlab_byzantine_replicas", gauge, "", "", "Replicas that are Byzantine in this run"},
    {"byzlab_chain_max_reorg_depth_blocks", gauge, "blocks", "",
     "Most blocks an honest replica abandoned at once"},
    {"byzlab_chain_quality_ratio", gauge, "ratio", "", "Share of honest blocks in the chain"},
    {"byzlab_chain_reorgs_total", counter, "", "replica", "Switches to another chain"},
    {"byzlab_consensus_commits_total", counter, "", "replica", "Blocks committed"},
    {"byzlab_consensus_committed_transactions_total", counter, "", "replica",
     "Transactions in committed blocks"},
    {"byzlab_consensus_fault_bound_replicas", gauge, "", "", "f: faulty replicas survived"},
    {"byzlab_consensus_height", gauge, "blocks", "replica", "Last committed height"},
    {"byzlab_consensus_last_commit_sim_time_seconds", gauge, "seconds", "replica",
     "Simulated time of the last commit"},
    {"byzlab_consensus_quorum_replicas", gauge, "", "", "Replicas in a quorum"},
    {"byzlab_consensus_timeouts_total", counter, "", "replica", "Progress timers that fired"},
    {"byzlab_consensus_view", gauge, "", "replica", "View, round or epoch"},
    {"byzlab_consensus_view_changes_total", counter, "", "replica", "Views given up"},
    {"byzlab_expectation_state", gauge, "", "expectation state",
     "1 for the state the expectation is in: pass, fail or inconclusive"},
    {"byzlab_fault_windows_total", counter, "", "fault action", "Times a fault began"},
    {"byzlab_mempool_transactions", gauge, "", "",
     "Requests submitted and not committed anywhere at the end"},
    {"byzlab_network_messages_dropped_total", counter, "", "reason", "Messages that never arrived"},
    {"byzlab_network_messages_received_total", counter, "", "type", "Messages delivered"},
    {"byzlab_network_messages_sent_total", counter, "", "type", "Messages sent, one a receiver"},
    {"byzlab_network_sent_bytes_total", counter, "bytes", "type", "Bytes sent"},
    {"byzlab_replicas", gauge, "", "state", "Replicas up or down at the end"},
    {"byzlab_run_info", info, "", "scenario seed replicas", "Always 1; which run this is"},
    {"byzlab_safety_violations_total", counter, "", "property",
     "Violations of a safety property, expected ones included"},
    {"byzlab_sim_events_total", counter, "", "", "Deliveries, timers and tasks executed"},
    {"byzlab_sim_speed_ratio", gauge, "ratio", "", "Simulated seconds a wall second"},
    {"byzlab_sim_time_seconds", gauge, "seconds", "", "Simulated time at the end"},
};

static_assert(std::is_sorted(std::begin(kMetrics), std::end(kMetrics),
                             [](const auto& a, const auto& b) { return a.name < b.name; }));

}  // namespace

std::span<const PrometheusMetric> prometheus_metrics() { return kMetrics; }

const PrometheusMetric* find_prometheus_metric(std::string_view name) {
  const auto* found = std::lower_bound(std::begin(kMetrics), std::end(kMetrics), name,
                                       [](const auto& m, auto n) { return m.name < n; });
  return found != std::end(kMetrics) && found->name == name ? found : nullptr;
}

std::string_view to_string(PrometheusType type) {
  switch (type) {
    case PrometheusType::counter: return "counter";
    case PrometheusType::gauge: return "gauge";
    case PrometheusType::info: return "info";
  }
  return "";
}

}  // namespace byzlab
