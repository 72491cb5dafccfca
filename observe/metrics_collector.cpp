#include "observe/metrics_collector.h"

#include <prometheus/metric_family.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "base/event_names.h"
#include "base/fault.h"
#include "base/version.h"
#include "testbed/invariants/fault_windows.h"
#include "testbed/measurements.h"
#include "testbed/scenario/selectors.h"

namespace byzlab {

namespace sc = scenario;

namespace {

constexpr std::uint32_t kDetailed = 64;            // replicas with a series each
constexpr std::size_t kRegions = 16;               // with a label each; more share "other"
constexpr std::uint32_t kWindows = 32;             // repetitions of a fault with a series each
constexpr std::size_t kHistoryValues = 4'000'000;  // doubles that the history may have

using Id = MetricSeries::Id;

std::string name_of(std::uint32_t replica) { return "r" + std::to_string(replica); }

double number(std::uint64_t n) { return static_cast<double>(n); }

/// A metric that replicas have: a series each, or what they are together.
struct OfReplicas {
  std::vector<Id> each;
  std::vector<Id> together;  // a counter: all; a gauge: min, max
};

/// A histogram, and how many of the run's samples it has.
struct Filling {
  Series series;
  Id id;
  std::size_t taken = 0;
};

constexpr std::array<std::pair<sc::Property, std::string_view>, 6> kSafety{
    {{sc::Property::agreement, "agreement"},
     {sc::Property::validity, "validity"},
     {sc::Property::integrity, "integrity"},
     {sc::Property::total_order, "total_order"},
     {sc::Property::certified, "certified"},
     {sc::Property::double_spend, "double_spend"}}};

constexpr std::array<std::string_view, 4> kOperations{"sign", "verify", "aggregate", "hash"};
// As ProposalFate and VoteFate number them.
constexpr std::array<std::string_view, kProposalFates> kProposalResults{"accepted", "rejected",
                                                                        "late", "early"};
constexpr std::array<std::string_view, kVoteFates> kVoteResults{"accepted", "duplicate", "late",
                                                                "invalid", "early"};
constexpr std::array<std::string_view, 4> kStates{"pending", "pass", "fail", "inconclusive"};

}  // namespace

struct MetricsCollector::Series {
  Series(const MetricsOptions& options, const RunInfo& run);

  void add_constants(const MetricsOptions& options, const RunInfo& run);
  void add_messages();
  void add_faults();
  void add_expectations();
  void add_replicas(const MetricsOptions& options);
  void add_compat(const std::string& chain);

  void read_replicas(const RunSample& sample);
  void read_chain(const RunSample& sample);
  void read_safety(const RunState& state);
  void read_network(const RunSample& sample);
  void read_work(const RunSample& sample);
  void read_simulator(const RunSample& sample);
  void read_compat(const RunSample& sample);
  void count_misbehaving();
  void decide(const std::string& expectation, std::string_view state);
  /// Adds it if nobody has named it before.
  Id named(std::string_view metric, const std::vector<std::string>& labels);
  void set(std::string_view metric, double value) { values.set(named(metric, {}), value); }
  template <class Value>
  void each(const OfReplicas& metric, std::span<const ReplicaResult> all, Value&& value);

  RunInfo run;
  MetricSeries values;
  bool detailed;
  std::map<std::string, Id> ids;  // "metric value value"

  OfReplicas height, view, commits, transactions, last_commit, given_up, rotated, made, is_leader,
      mempool, mempool_bytes, reorgs, queue, utilization, cpu;
  std::vector<OfReplicas> timeouts;                       // by phase
  std::array<OfReplicas, kProposalFates> proposals;       // by fate
  std::vector<std::array<OfReplicas, kVoteFates>> votes;  // by phase and fate
  OfReplicas cometbft_height, cometbft_rounds, cometbft_txs, cometbft_missing, cometbft_byzantine;
  std::vector<Id> cometbft_intervals;
  std::vector<Filling> histograms;
  std::size_t intervals_taken = 0;

  struct Fault {
    std::map<std::uint32_t, Id> windows;  // by label
    std::set<std::uint32_t> active;       // rounds
    std::set<std::uint32_t> flashed;      // rounds that began since the last sample
  };
  std::vector<Fault> faults;                   // by timeline entry
  std::vector<std::vector<ReplicaId>> turned;  // by timeline entry: who misbehaves now
  std::vector<ReplicaId> members;              // who always does
  std::vector<NamedExpectation> expectations;
  std::optional<ReplicaId> leader;

  std::chrono::steady_clock::time_point wall_mark = std::chrono::steady_clock::now();
  Time sim_mark = kStart;
  Time sampled_at = kStart;
  std::vector<Duration> uplink_busy;

  std::vector<MetricSeries::Moment> history;
  Duration keep_every{};
  Time keep_next = kStart;
};

/// How long messages took between regions, since the last look.
class MetricsCollector::Delays {
 public:
  explicit Delays(const RunInfo& run, MetricSeries& values) {
    std::vector<std::string> names;
    for (std::uint32_t p = 0; p < run.processes; ++p) {
      const auto r = p < run.replica_of.size() ? run.replica_of[p].value : p;
      auto name = r < run.regions.size() ? run.regions[r] : std::string("all");
      auto found = std::ranges::find(names, name);
      if (found == names.end() && names.size() >= kRegions)
        found = std::ranges::find(names, name = "other");
      region_of_.push_back(static_cast<std::size_t>(found - names.begin()));
      if (found == names.end()) names.push_back(name);
    }
    regions_ = names.size();
    for (const auto& from : names)
      for (const auto& to : names)
        pairs_.push_back({.id = values.add("byzlab_network_delay_seconds", {from, to})});
  }

  void add(const Delivered& e, Time now) {
    Pair& pair = pairs_[region_of_[e.from.value] * regions_ + region_of_[e.to.value]];
    const auto took = static_cast<std::uint64_t>(std::max<std::int64_t>((now - e.sent).count(), 0));
    // The first bucket goes to a millisecond, each to twice the one before.
    const auto milliseconds = (took + 999'999) / 1'000'000;
    const auto bucket = milliseconds <= 1 ? 0 : std::bit_width(milliseconds - 1);
    ++pair.buckets[std::min<std::size_t>(bucket, kBuckets - 1)];
    pair.nanoseconds += static_cast<double>(took);
  }

  void read_into(MetricSeries& values) {
    for (Pair& pair : pairs_) {
      double sum = std::exchange(pair.nanoseconds, 0) / 1e9;
      for (std::size_t b = 0; b < kBuckets; ++b) {
        if (pair.buckets[b] == 0) continue;
        values.observe(pair.id, b, std::exchange(pair.buckets[b], 0), std::exchange(sum, 0));
      }
    }
  }

 private:
  static constexpr std::size_t kBuckets = 18;  // and the one above 65.536 s
  struct Pair {
    Id id;
    std::array<std::uint64_t, kBuckets> buckets{};
    double nanoseconds = 0;
  };
  std::vector<std::size_t> region_of_;  // by process
  std::size_t regions_ = 0;
  std::vector<Pair> pairs_;
};

MetricsCollector::MetricsCollector(MetricsOptions options) : options_(std::move(options)) {}
MetricsCollector::~MetricsCollector() = default;

Interest MetricsCollector::interest() const {
  return options_.detail ? Interest::in<FaultChanged, Delivered>() : Interest::in<FaultChanged>();
}

void MetricsCollector::begin(const RunInfo& run) {
  const std::scoped_lock lock(mutex_);
  series_ = std::make_unique<Series>(options_, run);
  if (options_.detail) delays_ = std::make_unique<Delays>(run, series_->values);
  if (options_.history == 0) return;
  const std::size_t moments = std::clamp<std::size_t>(
      kHistoryValues / series_->values.values().size(), 2, options_.history);
  const auto looks = run.scenario->duration / run.sampling + 1;
  const auto stride =
      (looks + static_cast<std::int64_t>(moments) - 1) / static_cast<std::int64_t>(moments);
  series_->keep_every = run.sampling * std::max<std::int64_t>(stride, 1);
  keep(kStart);
}

void MetricsCollector::on(Time now, const Event& event) {
  if (const auto* delivered = std::get_if<Delivered>(&event)) {
    delays_->add(*delivered, now);
    return;
  }
  const auto* change = std::get_if<FaultChanged>(&event);
  if (change == nullptr) return;
  const std::scoped_lock lock(mutex_);
  Series& s = *series_;
  const sc::TimelineEntry& entry = s.run.scenario->timeline[change->fault];
  if (FaultWindows::is_mark(entry)) return;
  Series::Fault& fault = s.faults[change->fault];
  if (change->active) {
    fault.active.insert(change->round);
    fault.flashed.insert(change->round);
    s.values.raise(s.named("byzlab_fault_windows_total", {entry.label, entry.action.name}), 1);
  } else {
    fault.active.erase(change->round);
  }
  const bool instant = !entry.length && entry.action.span == FaultSpan::instant;
  if (instant) fault.active.erase(change->round);
  if (change->reach->meaning == FaultMeaning::turns) {
    if (change->active) {
      s.turned[change->fault] = change->reach->who;
    } else {
      s.turned[change->fault].clear();
    }
    s.count_misbehaving();
  }
}

void MetricsCollector::sampled(const RunSample& sample) {
  const std::scoped_lock lock(mutex_);
  fill(sample);
  if (options_.history > 0 && sample.now >= series_->keep_next) keep(sample.now);
}

void MetricsCollector::end(Time now, const Report& report) {
  const std::scoped_lock lock(mutex_);
  for (const ExpectationResult& e : report.expectations) {
    series_->decide(e.id, e.status == Status::pass   ? "pass"
                          : e.status == Status::fail ? "fail"
                                                     : "inconclusive");
  }
  if (options_.history > 0) keep(now);
  series_->run.scenario = nullptr;  // it may be gone from here on
}

std::string MetricsCollector::text() const { return text(options_.run); }

std::string MetricsCollector::text(const std::string& run) const {
  const std::scoped_lock lock(mutex_);
  return series_ == nullptr ? "" : series_->values.text(run);
}

std::vector<prometheus::MetricFamily> MetricsCollector::families() const {
  const std::scoped_lock lock(mutex_);
  if (series_ == nullptr) return {};
  return series_->values.families(options_.run);
}

std::string MetricsCollector::openmetrics(const std::string& run) const {
  const std::scoped_lock lock(mutex_);
  if (series_ == nullptr) return "# EOF\n";
  return series_->values.openmetrics(run, series_->history, kHistoryLimit);
}

void MetricsCollector::fill(const RunSample& sample) {
  Series& s = *series_;
  s.leader = sample.state.leader;
  s.read_replicas(sample);
  s.read_chain(sample);
  s.read_safety(sample.state);
  s.read_network(sample);
  s.read_work(sample);
  s.read_simulator(sample);
  if (delays_ != nullptr) delays_->read_into(s.values);
  if (options_.cometbft) s.read_compat(sample);
  s.sampled_at = sample.now;
}

/// Takes the values down for metrics.om; the last moment of a run replaces one of the same time.
void MetricsCollector::keep(Time now) {
  auto& history = series_->history;
  if (!history.empty() && history.back().at == now) history.pop_back();
  history.push_back({now, series_->values.values()});
  series_->keep_next = now + series_->keep_every;
}

// --------------------------------------------------------------------------------------------
// all series, before the first event

MetricsCollector::Series::Series(const MetricsOptions& options, const RunInfo& info)
    : run(info),
      values(info.protocol, info.engine->finality == Finality::confirmations),
      detailed(options.detail || info.n <= kDetailed),
      expectations(expectations_of(*info.scenario)) {
  add_constants(options, info);
  add_messages();
  add_faults();
  add_expectations();
  add_replicas(options);
  if (options.cometbft) add_compat(info.name);
}

Id MetricsCollector::Series::named(std::string_view metric,
                                   const std::vector<std::string>& labels) {
  std::string key(metric);
  for (const auto& label : labels) key += '\n' + label;
  const auto [place, is_new] = ids.try_emplace(key, 0);
  if (is_new) place->second = values.add(metric, labels);
  return place->second;
}

void MetricsCollector::Series::add_constants(const MetricsOptions& options, const RunInfo& info) {
  const auto always_one = [&](std::string_view metric, const std::vector<std::string>& labels) {
    values.set(named(metric, labels), 1);
  };
  always_one("byzlab_build_info", {version(), commit(), compiler()});
  always_one("byzlab_run_info",
             {info.name, std::to_string(info.seed), std::to_string(info.n), options.pace});
  set("byzlab_consensus_fault_bound_replicas", number(info.f));
  if (info.quorum > 0 && info.engine->fault_model != FaultModel::hash_power)
    set("byzlab_consensus_quorum_replicas", number(info.quorum));
  if (info.engine->block_interval != nullptr) {
    set("byzlab_consensus_expected_block_interval_seconds",
        seconds(info.engine->block_interval(info.scenario->protocol.options)));
  }
  for (const std::string_view metric :
       {"byzlab_sim_time_seconds", "byzlab_sim_pending_events",
        "byzlab_chain_max_reorg_depth_blocks", "byzlab_client_inflight_requests"})
    set(metric, 0);
  for (const std::string_view metric :
       {"byzlab_sim_events_total", "byzlab_chain_orphaned_blocks_total"})
    named(metric, {});
  for (const std::string_view op : kOperations)
    named("byzlab_crypto_operations_total", {std::string(op)});
  set("byzlab_chain_tips", 1);
  for (const std::string_view state : {"up", "syncing", "isolated", "crashed", "paused"})
    values.set(named("byzlab_replicas", {std::string(state)}), state == "up" ? info.n : 0);
  for (const std::string_view result : {"committed", "rejected", "timeout"})
    named("byzlab_client_requests_total", {std::string(result)});
  for (const auto& [property, name] : kSafety)
    named("byzlab_safety_violations_total", {std::string(name)});
  for (const std::string_view accused : {"byzantine", "honest"})
    named("byzlab_evidence_total", {"equivocation", std::string(accused)});
  using byzlab::Series;
  const auto histogram = [&](Series series, std::string_view metric,
                             const std::vector<std::string>& labels = {}) {
    histograms.push_back({.series = series, .id = named(metric, labels)});
  };
  histogram(Series::commit_latency, "byzlab_consensus_commit_latency_seconds");
  histogram(Series::client_latency, "byzlab_client_latency_seconds");
  histogram(Series::block_interval, "byzlab_consensus_block_interval_seconds");
  histogram(Series::certify_time, "byzlab_consensus_phase_duration_seconds", {"certify"});
  histogram(Series::finalize_time, "byzlab_consensus_phase_duration_seconds", {"commit"});
  histogram(Series::reorg_depth, "byzlab_chain_reorg_depth_blocks");
}

void MetricsCollector::Series::add_messages() {
  for (const MessageType* type : *run.messages) {
    if (type == nullptr) continue;
    for (const std::string_view metric :
         {"byzlab_network_messages_sent_total", "byzlab_network_messages_received_total",
          "byzlab_network_sent_bytes_total"})
      named(metric, {std::string(type->name)});
  }
  for (std::size_t reason = 0; reason < kDropReasons; ++reason) {
    named("byzlab_network_messages_dropped_total",
          {std::string(name_of(static_cast<DropReason>(reason)))});
  }
}

void MetricsCollector::Series::add_faults() {
  const auto& timeline = run.scenario->timeline;
  faults.resize(timeline.size());
  turned.resize(timeline.size());
  for (std::size_t i = 0; i < timeline.size(); ++i) {
    if (FaultWindows::is_mark(timeline[i])) continue;
    faults[i].windows[1] = named("byzlab_fault_active", {timeline[i].label, "1"});
    values.set(faults[i].windows[1], 0);
    named("byzlab_fault_windows_total", {timeline[i].label, timeline[i].action.name});
  }
  if (run.scenario->adversary.members) {
    members = sc::resolve(*run.scenario->adversary.members, sc::context_of(*run.scenario));
  }
  count_misbehaving();
}

void MetricsCollector::Series::count_misbehaving() {
  std::set<std::uint32_t> who;
  for (const ReplicaId r : members) who.insert(r.value);
  for (const auto& replicas : turned)
    for (const ReplicaId r : replicas) who.insert(r.value);
  const auto power = sc::power_units(*run.scenario);
  double sum = 0, theirs = 0;
  for (const auto units : power) sum += number(units);
  for (const auto r : who) theirs += number(power[r]);
  set("byzlab_byzantine_replicas", number(who.size()));
  set("byzlab_byzantine_power_ratio", theirs / sum);
}

void MetricsCollector::Series::add_expectations() {
  for (const auto& e : expectations) decide(e.id, "pending");
}

void MetricsCollector::Series::decide(const std::string& expectation, std::string_view state) {
  for (const std::string_view one : kStates)
    values.set(named("byzlab_expectation_state", {expectation, std::string(one)}), one == state);
}

void MetricsCollector::Series::add_replicas(const MetricsOptions&) {
  const auto add = [&](std::string_view metric, std::vector<std::string> more = {}) {
    OfReplicas ids_of;
    const bool counts = find_prometheus_metric(metric)->type == PrometheusType::counter;
    const auto id = [&](const std::string& replica) {
      std::vector<std::string> labels{replica};
      labels.insert(labels.end(), more.begin(), more.end());
      return named(metric, labels);
    };
    if (detailed) {
      for (std::uint32_t r = 0; r < run.n; ++r) ids_of.each.push_back(id(name_of(r)));
    } else if (counts) {
      ids_of.together = {id("all")};
    } else {
      ids_of.together = {id("min"), id("max")};
    }
    if (!counts) {
      for (const Id one : ids_of.each) values.set(one, 0);
      for (const Id one : ids_of.together) values.set(one, 0);
    }
    return ids_of;
  };
  height = add("byzlab_consensus_height");
  view = add("byzlab_consensus_view");
  commits = add("byzlab_consensus_commits_total");
  transactions = add("byzlab_consensus_committed_transactions_total");
  last_commit = add("byzlab_consensus_last_commit_sim_time_seconds");
  given_up = add("byzlab_consensus_view_changes_total", {"timeout"});
  rotated = add("byzlab_consensus_view_changes_total", {"rotation"});
  add("byzlab_consensus_view_changes_total", {"evidence"});
  for (const auto phase : run.engine->timer_phases)
    timeouts.push_back(add("byzlab_consensus_timeouts_total", {std::string(phase)}));
  made = add("byzlab_consensus_proposals_total", {"made"});
  for (std::size_t f = 0; f < kProposalFates; ++f)
    proposals[f] = add("byzlab_consensus_proposals_total", {std::string(kProposalResults[f])});
  for (const auto phase : run.engine->vote_phases) {
    auto& fates = votes.emplace_back();
    for (std::size_t f = 0; f < kVoteFates; ++f)
      fates[f] =
          add("byzlab_consensus_votes_total", {std::string(phase), std::string(kVoteResults[f])});
  }
  is_leader = add("byzlab_consensus_is_leader");
  reorgs = add("byzlab_chain_reorgs_total");
  cpu = add("byzlab_replica_cpu_seconds_total");
  if (run.scenario->network.bandwidth) {
    queue = add("byzlab_network_queue_bytes");
    utilization = add("byzlab_network_link_utilization_ratio");
    uplink_busy.resize(run.n);
  }
  mempool = add("byzlab_mempool_transactions");
  mempool_bytes = add("byzlab_mempool_bytes");
}

void MetricsCollector::Series::add_compat(const std::string& chain) {
  const auto add = [&](std::string_view metric) {
    OfReplicas ids_of;
    for (std::uint32_t r = 0; r < (detailed ? run.n : 1); ++r)
      ids_of.each.push_back(named(metric, {chain, detailed ? name_of(r) : "all"}));
    return ids_of;
  };
  cometbft_height = add("cometbft_consensus_height");
  cometbft_rounds = add("cometbft_consensus_rounds");
  cometbft_txs = add("cometbft_consensus_total_txs");
  cometbft_missing = add("cometbft_consensus_missing_validators");
  cometbft_byzantine = add("cometbft_consensus_byzantine_validators");
  for (const Id id : add("cometbft_consensus_validators").each) values.set(id, run.n);
  cometbft_intervals = add("cometbft_consensus_block_interval_seconds").each;
}

// --------------------------------------------------------------------------------------------
// values, at every look

template <class Value>
void MetricsCollector::Series::each(const OfReplicas& metric, std::span<const ReplicaResult> all,
                                    Value&& value) {
  double sum = 0;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (std::uint32_t r = 0; r < run.n; ++r) {
    const double now = value(all[r], r);
    if (!metric.each.empty()) values.set(metric.each[r], now);
    sum += now;
    if (all[r].byzantine) continue;
    low = std::min(low, now);
    high = std::max(high, now);
  }
  if (metric.together.size() == 1) values.set(metric.together[0], sum);
  if (metric.together.size() == 2 && low <= high) {
    values.set(metric.together[0], low);
    values.set(metric.together[1], high);
  }
}

void MetricsCollector::Series::read_replicas(const RunSample& sample) {
  const auto all = sample.state.replicas;
  using Of = const ReplicaResult&;
  each(height, all, [](Of r, auto) { return number(r.height); });
  each(view, all, [](Of r, auto) { return number(r.view); });
  each(commits, all, [](Of r, auto) { return number(r.commits); });
  each(transactions, all, [](Of r, auto) { return number(r.transactions); });
  each(last_commit, all, [](Of r, auto) { return seconds(r.last_commit); });
  each(given_up, all, [](Of r, auto) { return number(r.view_changes); });
  each(rotated, all, [](Of r, auto) { return number(r.rotations); });
  each(made, all, [](Of r, auto) { return number(r.proposals); });
  const double size = number(run.scenario->workload.tx_size);
  each(mempool, all, [&](Of, auto r) { return number(sample.waiting[r]); });
  each(mempool_bytes, all, [&](Of, auto r) { return number(sample.waiting[r]) * size; });
  const auto tallies = sample.tallies;
  for (std::size_t phase = 0; phase < timeouts.size(); ++phase)
    each(timeouts[phase], all, [&](Of, auto r) { return number(tallies[r].timeouts[phase]); });
  for (std::size_t f = 0; f < kProposalFates; ++f)
    each(proposals[f], all, [&](Of, auto r) { return number(tallies[r].proposals[f]); });
  for (std::size_t phase = 0; phase < votes.size(); ++phase)
    for (std::size_t f = 0; f < kVoteFates; ++f)
      each(votes[phase][f], all, [&](Of, auto r) { return number(tallies[r].votes[phase][f]); });
  each(reorgs, all, [](Of r, auto) { return number(r.reorgs); });
  each(is_leader, all,
       [&](Of, std::uint32_t r) { return leader && leader->value == r ? 1.0 : 0.0; });
  const auto syncing = std::min(sample.syncing, sample.state.up);
  for (const auto& [state, count] :
       {std::pair{"up", sample.state.up - syncing}, std::pair{"syncing", syncing},
        std::pair{"isolated", sample.state.isolated}, std::pair{"crashed", sample.state.crashed},
        std::pair{"paused", sample.state.paused}})
    values.set(named("byzlab_replicas", {state}), count);
}

void MetricsCollector::Series::read_chain(const RunSample& sample) {
  using byzlab::Series;
  const Measurements& measured = *sample.state.measurements;
  for (Filling& filling : histograms) {
    const auto& samples = measured.of(filling.series);
    for (; filling.taken < samples.size(); ++filling.taken) {
      const double value = samples[filling.taken].value;
      values.observe(filling.id, value);
      if (filling.series != Series::reorg_depth) continue;
      const Id deepest = named("byzlab_chain_max_reorg_depth_blocks", {});
      values.set(deepest, std::max(values.value(deepest), value));
    }
  }
  set("byzlab_chain_tips", sample.state.tips);
  if (sample.state.chain_quality) set("byzlab_chain_quality_ratio", *sample.state.chain_quality);
  set("byzlab_chain_orphaned_blocks_total", number(measured.size(Series::orphaned_blocks)));

  const auto done = measured.size(Series::client_latency);
  const auto given_up = measured.size(Series::client_timeouts);
  values.set(named("byzlab_client_requests_total", {"committed"}), number(done));
  values.set(named("byzlab_client_requests_total", {"timeout"}), number(given_up));
  const auto ended = std::min<std::uint64_t>(done + given_up, sample.state.submitted);
  set("byzlab_client_inflight_requests", number(sample.state.submitted - ended));
}

void MetricsCollector::Series::read_safety(const RunState& state) {
  for (std::size_t i = 0; i < kSafety.size(); ++i) {
    const auto& [property, name] = kSafety[i];
    const bool is_cheat = property == sc::Property::double_spend;
    const auto count = is_cheat ? (state.cheated ? 1 : 0) : state.violations[i];
    bool asked = false;  // total order and certificates are judged only where somebody asks
    for (const NamedExpectation& e : expectations) {
      if (e.expectation.property != property) continue;
      asked = true;
      if (count == 0 || e.expectation.rate) continue;
      const bool wanted = e.expectation.outcome == sc::Outcome::violated ||
                          e.expectation.outcome == sc::Outcome::succeeds;
      decide(e.id, wanted ? "pass" : "fail");
    }
    if (asked)
      values.set(named("byzlab_safety_violations_total", {std::string(name)}), number(count));
  }
  values.set(named("byzlab_evidence_total", {"equivocation", "byzantine"}),
             number(state.evidence[0]));
  values.set(named("byzlab_evidence_total", {"equivocation", "honest"}), number(state.evidence[1]));

  for (std::size_t i = 0; i < faults.size(); ++i) {
    Fault& fault = faults[i];
    const auto label_of = [](std::uint32_t round) { return std::min(round + 1, kWindows); };
    std::set<std::uint32_t> shown;
    for (const auto& rounds : {fault.active, fault.flashed})
      for (const auto round : rounds) shown.insert(label_of(round));
    for (const auto window : shown) {
      if (fault.windows.contains(window)) continue;
      fault.windows[window] =
          named("byzlab_fault_active", {run.scenario->timeline[i].label, std::to_string(window)});
    }
    for (const auto& [window, id] : fault.windows) values.set(id, shown.contains(window));
    fault.flashed.clear();
  }
}

void MetricsCollector::Series::read_network(const RunSample& sample) {
  for (std::size_t k = 0; k < kKindLimit; ++k) {
    const MessageType* type = (*run.messages)[k];
    if (type == nullptr) continue;
    const std::string name(type->name);
    const KindCounters& kind = sample.counters.kind[k];
    values.set(named("byzlab_network_messages_sent_total", {name}), number(kind.sent));
    values.set(named("byzlab_network_messages_received_total", {name}), number(kind.delivered));
    values.set(named("byzlab_network_sent_bytes_total", {name}), number(kind.sent_bytes));
  }
  for (std::size_t reason = 0; reason < kDropReasons; ++reason) {
    values.set(named("byzlab_network_messages_dropped_total",
                     {std::string(name_of(static_cast<DropReason>(reason)))}),
               number(sample.counters.dropped[reason]));
  }
  if (uplink_busy.empty()) return;
  const auto waits = [&](std::uint32_t r) {
    return std::max(sample.uplinks[r].idle_at - sample.now, Duration{0});
  };
  each(queue, sample.state.replicas, [&](const ReplicaResult&, std::uint32_t r) {
    return seconds(waits(r)) * number(sample.uplinks[r].bits_per_second) / 8;
  });
  const Duration since = sample.now - sampled_at;
  if (since.count() <= 0) return;
  each(utilization, sample.state.replicas, [&](const ReplicaResult&, std::uint32_t r) {
    const Duration sent = sample.uplinks[r].given - waits(r);  // what has left so far
    const double share = seconds(sent - std::exchange(uplink_busy[r], sent)) / seconds(since);
    return std::clamp(share, 0.0, 1.0);
  });
}

void MetricsCollector::Series::read_work(const RunSample& sample) {
  std::uint64_t heard = 0;
  for (const KindCounters& kind : sample.counters.kind) heard += kind.delivered;
  const auto count = [&](std::string_view op, std::uint64_t value) {
    values.set(named("byzlab_crypto_operations_total", {std::string(op)}), number(value));
  };
  count("sign", sample.signed_messages);
  count("verify", heard + sample.crypto.verified);
  count("aggregate", sample.crypto.combined);
  count("hash", sample.signed_messages + heard);
  each(cpu, sample.state.replicas,
       [&](const ReplicaResult&, std::uint32_t r) { return seconds(sample.cpu_used[r]); });
}

void MetricsCollector::Series::read_simulator(const RunSample& sample) {
  set("byzlab_sim_time_seconds", seconds(sample.now));
  set("byzlab_sim_events_total", number(sample.events));
  set("byzlab_sim_pending_events", number(sample.pending));
  const auto wall = std::chrono::steady_clock::now();
  const double passed = std::chrono::duration<double>(wall - wall_mark).count();
  if (passed <= 0 || sample.now == sim_mark) return;
  set("byzlab_sim_speed_ratio", seconds(sample.now - sim_mark) / passed);
  if (passed < 1) return;  // over a second at least, so that it does not flicker
  wall_mark = wall;
  sim_mark = sample.now;
}

void MetricsCollector::Series::read_compat(const RunSample& sample) {
  const auto all = sample.state.replicas;
  const auto put = [&](const OfReplicas& metric, auto&& value) {
    if (metric.each.size() == run.n && detailed) {
      for (std::uint32_t r = 0; r < run.n; ++r) values.set(metric.each[r], value(all[r]));
      return;
    }
    double high = 0;
    for (std::uint32_t r = 0; r < run.n; ++r)
      if (!all[r].byzantine) high = std::max(high, value(all[r]));
    values.set(metric.each[0], high);
  };
  const double missing = sample.state.isolated + sample.state.crashed + sample.state.paused;
  const double byzantine = values.value(named("byzlab_byzantine_replicas", {}));
  put(cometbft_height, [](const ReplicaResult& r) { return number(r.height); });
  put(cometbft_rounds, [](const ReplicaResult& r) { return number(r.view); });
  put(cometbft_txs, [](const ReplicaResult& r) { return number(r.transactions); });
  put(cometbft_missing, [&](const ReplicaResult&) { return missing; });
  put(cometbft_byzantine, [&](const ReplicaResult&) { return byzantine; });
  const auto& intervals = sample.state.measurements->of(byzlab::Series::block_interval);
  for (; intervals_taken < intervals.size(); ++intervals_taken)
    for (const Id id : cometbft_intervals) values.observe(id, intervals[intervals_taken].value);
}

}  // namespace byzlab
