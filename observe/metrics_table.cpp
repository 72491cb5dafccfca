// The table of Prometheus metrics. Never labels: height, view, block, request, pair of replicas;
// their values have no bound.
#include "observe/metrics_table.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace byzlab {
namespace {

constexpr auto counter = PrometheusType::counter;
constexpr auto gauge = PrometheusType::gauge;
constexpr auto histogram = PrometheusType::histogram;
constexpr auto info = PrometheusType::info;

constexpr PrometheusMetric kMetrics[] = {
    {"byzlab_build_info", info, "", "version commit compiler", "Always 1; which code ran"},
    {"byzlab_byzantine_power_ratio", gauge, "ratio", "",
     "Share of the votes or of the hash power that is Byzantine"},
    {"byzlab_byzantine_replicas", gauge, "", "", "Replicas that misbehave now",
     "The members of `adversary`, all the time, and who a `become` of the timeline has turned."},
    {"byzlab_chain_max_reorg_depth_blocks", gauge, "blocks", "",
     "Most blocks an honest replica abandoned at once"},
    {"byzlab_chain_orphaned_blocks_total", counter, "", "",
     "Blocks that the longest honest log passed by",
     "Known at the end of the run only: until then a block may come back."},
    {"byzlab_chain_quality_ratio", gauge, "ratio", "",
     "Share of honest blocks in the longest honest log", "Absent until something is committed."},
    {"byzlab_chain_reorg_depth_blocks",
     histogram,
     "blocks",
     "",
     "Blocks abandoned at a switch to another chain",
     {},
     Buckets::depth},
    {"byzlab_chain_reorgs_total", counter, "", "replica", "Switches to another chain"},
    {"byzlab_chain_tips", gauge, "", "", "Distinct best blocks among honest replicas",
     "Ends of committed logs; one log that is merely shorter is not another tip."},
    {"byzlab_client_inflight_requests", gauge, "", "", "Requests submitted and not accepted yet"},
    {"byzlab_client_latency_seconds",
     histogram,
     "seconds",
     "",
     "Submission to f+1 replies, or to k confirmations",
     {},
     Buckets::latency},
    {"byzlab_client_requests_total", counter, "", "result", "Requests that came to an end",
     "`result` is committed or, with `workload.timeout`, timeout; else clients wait for ever. "
     "rejected stays 0: nobody here turns a request away."},
    {"byzlab_consensus_block_interval_seconds",
     histogram,
     "seconds",
     "",
     "Time between two commits of new heights",
     {},
     Buckets::interval},
    {"byzlab_consensus_commit_latency_seconds",
     histogram,
     "seconds",
     "",
     "Proposal to the first honest commit",
     {},
     Buckets::latency},
    {"byzlab_consensus_commits_total", counter, "", "replica", "Blocks committed"},
    {"byzlab_consensus_committed_transactions_total", counter, "", "replica",
     "Transactions in committed blocks"},
    {"byzlab_consensus_expected_block_interval_seconds", gauge, "seconds", "",
     "How long a block may take by the protocol's own clock",
     "The mean block interval of proof of work; elsewhere the time after which a replica suspects "
     "its leader. Absent where the protocol has no such clock."},
    {"byzlab_consensus_fault_bound_replicas", gauge, "", "", "f: faulty replicas survived"},
    {"byzlab_consensus_height", gauge, "blocks", "replica", "Last committed height"},
    {"byzlab_consensus_is_leader", gauge, "", "replica",
     "1 for the leader of the highest view an honest replica has entered"},
    {"byzlab_consensus_last_commit_sim_time_seconds", gauge, "seconds", "replica",
     "Simulated time of the last commit"},
    {"byzlab_consensus_phase_duration_seconds", histogram, "seconds", "phase",
     "Time a committed block spent in a phase",
     "`phase` is certify (proposal to certificate) or commit (certificate to the first honest "
     "commit). 0 where the engine tells of no certificates.",
     Buckets::latency},
    {"byzlab_consensus_proposals_total", counter, "", "replica result",
     "Proposals a replica made, and what became of those that others sent it",
     "`result` is made (its own), or of each proposal that arrives: accepted (taken in, in time), "
     "rejected (breaks a rule, or contradicts the one accepted), late (its view or height is over, "
     "or has it already; of proof of work, a block that does not lengthen the longest chain) or "
     "early (too far ahead to be kept, or a block whose parent is missing). A proposal is a block, "
     "with Raft a message with entries. What fails its signature reaches no engine: it is dropped "
     "as unauthentic."},
    {"byzlab_consensus_quorum_replicas", gauge, "", "", "Replicas in a quorum"},
    {"byzlab_consensus_timeouts_total", counter, "", "replica phase", "Progress timers that fired",
     "`phase` is what was waited for: view (HotStuff and its relatives), request or new_view "
     "(PBFT), propose, prevote or precommit (Tendermint), round (IBFT), election (Raft). Absent "
     "where nobody waits for anybody: Streamlet, Nakamoto."},
    {"byzlab_consensus_view", gauge, "", "replica", "View, round, term or epoch"},
    {"byzlab_consensus_view_changes_total", counter, "", "replica reason", "Views left",
     "`reason` is timeout (the replica gave the view up) or rotation (it followed others, or the "
     "protocol rotates); evidence stays 0: no engine leaves a view for it."},
    {"byzlab_consensus_votes_total", counter, "", "replica phase result",
     "What became of the votes that others sent a replica",
     "`phase` is the protocol's own: prepare or commit (PBFT, IBFT), prevote or precommit "
     "(Tendermint), generic, prepare, pre_commit or commit (HotStuff), vote (Streamlet), election "
     "or append (Raft: votes granted, entries acknowledged); proof of work has none. `result` is "
     "accepted (counted), duplicate (counted before), late (its view or height is over, or had its "
     "quorum without it), invalid (breaks a rule, or contradicts its sender's other vote) or early "
     "(too far ahead to be kept). A vote to oneself does not count, and one that is kept for a "
     "later height counts when that begins. What fails its signature reaches no engine: it is "
     "dropped as unauthentic."},
    {"byzlab_crypto_operations_total", counter, "", "op", "Cryptographic operations",
     "`op` is sign (once a message), verify (once a message and receiver, and what engines check "
     "inside of messages), aggregate (a signature put into a certificate) or hash (the message of "
     "each sign and verify). What the replicas would do: the simulator remembers answers."},
    {"byzlab_evidence_total", counter, "", "kind accused",
     "Proofs of misbehavior that honest replicas hold",
     "`kind` is equivocation; `accused` is byzantine (or has lost its disk) or honest, which must "
     "never happen."},
    {"byzlab_expectation_state", gauge, "", "expectation state",
     "1 for the state an expectation is in: pending, pass, fail or inconclusive",
     "All are pending until the run is over, except that a violation of safety decides its own."},
    {"byzlab_fault_active", gauge, "", "fault window",
     "1 while a fault of the timeline is in force",
     "`window` counts the repetitions from 1; those from the 32nd on share the label 32. A fault "
     "of an instant (a restart) shows for one sample. Marks are no faults."},
    {"byzlab_fault_windows_total", counter, "", "fault action", "Times a fault began"},
    {"byzlab_mempool_bytes", gauge, "bytes", "replica",
     "Size of the requests in a replica's mempool"},
    {"byzlab_mempool_transactions", gauge, "", "replica", "Requests in a replica's mempool",
     "They have reached the replica, and its log does not hold them; what comes to one that is "
     "down "
     "waits there for its restart."},
    {"byzlab_network_delay_seconds", histogram, "seconds", "region_from region_to",
     "Sending to delivery of a message",
     "Only with `--metrics-detail`: it looks at every message. `all` where the scenario places "
     "nobody; the 17th region and those after it are `other`.",
     Buckets::delay, Exposed::detail},
    {"byzlab_network_link_utilization_ratio", gauge, "ratio", "replica",
     "Share of the last sampling interval in which a replica's uplink was busy",
     "Absent without `network.bandwidth`."},
    {"byzlab_network_messages_dropped_total", counter, "", "reason", "Messages that never arrived"},
    {"byzlab_network_messages_received_total", counter, "", "type", "Messages delivered"},
    {"byzlab_network_messages_sent_total", counter, "", "type", "Messages sent, one a receiver"},
    {"byzlab_network_queue_bytes", gauge, "bytes", "replica",
     "Bytes that wait in a replica's uplink", "Absent without `network.bandwidth`."},
    {"byzlab_network_sent_bytes_total", counter, "bytes", "type", "Bytes sent"},
    {"byzlab_replica_cpu_seconds_total", counter, "seconds", "replica",
     "Virtual CPU time charged for cryptography", "0 without `protocol.costs`."},
    {"byzlab_replicas", gauge, "", "state", "Replicas by state",
     "up, syncing (running, waiting for what others have decided), isolated (running, cut off from "
     "the largest side), crashed or paused: they add up to n. Syncing is a moment's look: what is "
     "fetched between two samples does not show. While somebody is cut off, one of those who "
     "wait for blocks may show as syncing in the place of one that is up."},
    {"byzlab_run_info", info, "", "scenario seed replicas pace", "Always 1; which run this is",
     "All series are of the whole run, warm-up included, and of every replica, Byzantine ones too; "
     "the figures of summary.json begin after the warm-up."},
    {"byzlab_safety_violations_total", counter, "", "property",
     "Violations of a safety property, expected ones included",
     "Of agreement every conflicting commit counts, of the others the first."},
    {"byzlab_sim_events_total", counter, "", "", "Deliveries, timers and tasks executed"},
    {"byzlab_sim_pending_events", gauge, "", "", "Deliveries, timers and tasks planned"},
    {"byzlab_sim_speed_ratio", gauge, "ratio", "", "Simulated seconds a wall second",
     "Since the sample before; the one number here that differs when a run is repeated."},
    {"byzlab_sim_time_seconds", gauge, "seconds", "", "Simulated time"},
    {"cometbft_consensus_block_interval_seconds", histogram, "seconds", "chain_id replica",
     "Time between two commits of new heights", "The cluster's, at every replica.",
     Buckets::interval, Exposed::compat},
    {"cometbft_consensus_byzantine_validators",
     gauge,
     "",
     "chain_id replica",
     "Replicas that misbehave now",
     {},
     Buckets::none,
     Exposed::compat},
    {"cometbft_consensus_height",
     gauge,
     "",
     "chain_id replica",
     "Last committed height",
     {},
     Buckets::none,
     Exposed::compat},
    {"cometbft_consensus_missing_validators",
     gauge,
     "",
     "chain_id replica",
     "Replicas that are down or cut off",
     {},
     Buckets::none,
     Exposed::compat},
    {"cometbft_consensus_rounds",
     gauge,
     "",
     "chain_id replica",
     "View, round, term or epoch",
     {},
     Buckets::none,
     Exposed::compat},
    {"cometbft_consensus_total_txs",
     gauge,
     "",
     "chain_id replica",
     "Transactions in committed blocks",
     {},
     Buckets::none,
     Exposed::compat},
    {"cometbft_consensus_validators",
     gauge,
     "",
     "chain_id replica",
     "Replicas",
     {},
     Buckets::none,
     Exposed::compat},
};

static_assert(std::is_sorted(std::begin(kMetrics), std::end(kMetrics),
                             [](const auto& a, const auto& b) { return a.name < b.name; }));

std::string labels_text(const PrometheusMetric& metric) {
  std::string out;
  for (const char c : metric.labels) out += c == ' ' ? std::string("`, `") : std::string(1, c);
  return out.empty() ? "" : "`" + out + "`";
}

std::string buckets_text(Buckets buckets) {
  switch (buckets) {
    case Buckets::none: return "";
    case Buckets::latency:
      return "Buckets: 1 ms × 2^k to 65.536 s; where finality is by confirmations 1 s × 2^k to "
             "131 072 s.";
    case Buckets::interval: return "Buckets: 1 ms × 2^k to 65.536 s and 1 s × 2^k to 131 072 s.";
    case Buckets::delay: return "Buckets: 1 ms × 2^k to 65.536 s.";
    case Buckets::depth: return "Buckets: 2^k blocks to 1024.";
  }
  return "";
}

std::string row_of(const PrometheusMetric& metric) {
  std::string meaning(metric.help);
  meaning += '.';
  if (!metric.note.empty()) meaning += ' ' + std::string(metric.note);
  if (const auto buckets = buckets_text(metric.buckets); !buckets.empty()) meaning += ' ' + buckets;
  return fmt::format("| `{}` | {} | {} | {} | {} |\n", metric.name, to_string(metric.type),
                     metric.unit, labels_text(metric), meaning);
}

}  // namespace

std::span<const PrometheusMetric> prometheus_metrics() { return kMetrics; }

const PrometheusMetric* find_prometheus_metric(std::string_view name) {
  const auto* found = std::lower_bound(std::begin(kMetrics), std::end(kMetrics), name,
                                       [](const auto& m, auto n) { return m.name < n; });
  return found != std::end(kMetrics) && found->name == name ? found : nullptr;
}

const PrometheusMetric* metric_of_sample(std::string_view sample) {
  if (const auto* metric = find_prometheus_metric(sample)) {
    return metric->type == PrometheusType::histogram ? nullptr : metric;
  }
  for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
    if (!sample.ends_with(suffix)) continue;
    const auto* metric = find_prometheus_metric(sample.substr(0, sample.size() - suffix.size()));
    if (metric != nullptr && metric->type == PrometheusType::histogram) return metric;
  }
  return nullptr;
}

bool has_label(const PrometheusMetric& metric, std::string_view label) {
  if (std::ranges::find(kBaseLabels, label) != std::end(kBaseLabels)) return true;
  if (label == "le") return metric.type == PrometheusType::histogram;
  for (std::string_view rest = metric.labels; !rest.empty();) {
    const auto space = std::min(rest.find(' '), rest.size());
    if (rest.substr(0, space) == label) return true;
    rest.remove_prefix(std::min(space + 1, rest.size()));
  }
  return false;
}

std::vector<double> bounds_of(Buckets buckets, bool slow) {
  std::vector<double> bounds;
  const auto ladder = [&](double first, int steps) {
    for (int k = 0; k < steps; ++k, first *= 2) bounds.push_back(first);
  };
  switch (buckets) {
    case Buckets::none: break;
    case Buckets::delay: ladder(0.001, 17); break;
    case Buckets::latency: slow ? ladder(1, 18) : ladder(0.001, 17); break;
    case Buckets::interval: ladder(0.001, 17), ladder(1, 18); break;
    case Buckets::depth: ladder(1, 11); break;
  }
  std::ranges::sort(bounds);
  return bounds;
}

std::string_view to_string(PrometheusType type) {
  switch (type) {
    case PrometheusType::counter: return "counter";
    case PrometheusType::gauge: return "gauge";
    case PrometheusType::histogram: return "histogram";
    case PrometheusType::info: return "info";
  }
  return "";
}

std::string metrics_reference() {
  std::string out = R"(# Metrics reference

Generated from the table of metrics (observe/metrics_table.cpp); `byzlab list prometheus` prints the same.

Every metric has the labels `run` and `protocol`. Labels never are: height, view, block, request, a pair of
replicas; their values have no bound. All counters and their label sets are there with 0 from the start.

Up to 64 replicas have a series each, `replica="r3"`. Beyond that (and without `--metrics-detail`) counters are
summed into `replica="all"`, and of gauges there are the lowest and the highest of the honest replicas,
`replica="min"` and `replica="max"`.

| Metric | Type | Unit | Labels | Meaning |
|---|---|---|---|---|
)";
  for (const auto& metric : kMetrics)
    if (metric.exposed != Exposed::compat) out += row_of(metric);
  out += R"(
With `--metrics-compat cometbft` there are these as well, so that dashboards made for CometBFT work:

| Metric | Type | Unit | Labels | Meaning |
|---|---|---|---|---|
)";
  for (const auto& metric : kMetrics)
    if (metric.exposed == Exposed::compat) out += row_of(metric);
  return out;
}

}  // namespace byzlab
