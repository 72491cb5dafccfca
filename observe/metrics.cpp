// metrics.prom, through prometheus-cpp's serializer. Its own registry prints in hash order;
// families are built and sorted here.
#include "observe/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/version.h"
#include "observe/metrics_table.h"
#include "observe/terminal.h"

namespace byzlab {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using Labels = std::vector<std::pair<std::string, std::string>>;

ClientMetric::Label label_of(const std::string& name, const std::string& value) {
  ClientMetric::Label label;
  label.name = name;
  label.value = value;
  return label;
}

class Families {
 public:
  Families(const Report& report, const std::string& run)
      : common_{{"run", run}, {"protocol", report.protocol}} {}

  /// Labels must be those of the table, in its order.
  void add(std::string_view name, double value, const Labels& labels = {}) {
    const auto* spec = find_prometheus_metric(name);
    if (spec == nullptr) throw std::logic_error("no metric " + std::string(name));
    auto& family = family_of(*spec);
    ClientMetric metric;
    const auto append = [&](const Labels& part) {
      for (const auto& [key, text] : part) metric.label.push_back(label_of(key, text));
    };
    append(common_);
    append(labels);
    if (spec->type == PrometheusType::counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
    family.metric.push_back(std::move(metric));
  }

  std::string text() {
    std::sort(families_.begin(), families_.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return prometheus::TextSerializer().Serialize(families_);
  }

 private:
  MetricFamily& family_of(const PrometheusMetric& spec) {
    for (auto& family : families_)
      if (family.name == spec.name) return family;
    MetricFamily family;
    family.name = spec.name;
    family.help = spec.help;
    family.type = spec.type == PrometheusType::counter ? prometheus::MetricType::Counter
                                                       : prometheus::MetricType::Gauge;
    families_.push_back(std::move(family));
    return families_.back();
  }

  Labels common_;
  std::vector<MetricFamily> families_;
};

void add_replicas(const Report& report, Families& out) {
  std::size_t up = 0;
  for (std::size_t i = 0; i < report.replicas.size(); ++i) {
    const auto& r = report.replicas[i];
    const Labels replica{{"replica", "r" + std::to_string(i)}};
    const auto number = [](std::uint64_t n) { return static_cast<double>(n); };
    out.add("byzlab_consensus_height", number(r.height), replica);
    out.add("byzlab_consensus_view", number(r.view), replica);
    out.add("byzlab_consensus_commits_total", number(r.commits), replica);
    out.add("byzlab_consensus_committed_transactions_total", number(r.transactions), replica);
    out.add("byzlab_consensus_view_changes_total", number(r.view_changes), replica);
    out.add("byzlab_consensus_timeouts_total", number(r.timeouts), replica);
    out.add("byzlab_chain_reorgs_total", number(r.reorgs), replica);
    out.add("byzlab_consensus_last_commit_sim_time_seconds", seconds(r.last_commit), replica);
    if (r.up) ++up;
  }
  if (report.replicas.empty()) {  // too many to name: the cluster as a whole
    const auto last = report.series.empty() ? SeriesRow{} : report.series.back();
    out.add("byzlab_consensus_height", static_cast<double>(last.height), {{"replica", "all"}});
    out.add("byzlab_consensus_view", static_cast<double>(last.view), {{"replica", "all"}});
    out.add("byzlab_consensus_committed_transactions_total", static_cast<double>(last.committed_tx),
            {{"replica", "all"}});
    out.add("byzlab_consensus_view_changes_total", static_cast<double>(last.view_changes),
            {{"replica", "all"}});
    up = last.up;
  }
  out.add("byzlab_replicas", static_cast<double>(up), {{"state", "up"}});
  out.add("byzlab_replicas", static_cast<double>(report.n) - static_cast<double>(up),
          {{"state", "down"}});
}

void add_network(const Report& report, Families& out) {
  for (const auto& kind : report.kinds) {
    out.add("byzlab_network_messages_sent_total", static_cast<double>(kind.sent),
            {{"type", kind.name}});
    out.add("byzlab_network_messages_received_total", static_cast<double>(kind.delivered),
            {{"type", kind.name}});
    out.add("byzlab_network_sent_bytes_total", static_cast<double>(kind.bytes),
            {{"type", kind.name}});
  }
  for (const auto& [reason, count] : report.dropped)
    out.add("byzlab_network_messages_dropped_total", static_cast<double>(count),
            {{"reason", reason}});
}

bool is_safety(scenario::Property property) {
  using enum scenario::Property;
  switch (property) {
    case agreement:
    case validity:
    case integrity:
    case total_order:
    case certified: return true;
    case progress:
    case recovery:
    case liveness:
    case double_spend:
    case threshold: return false;
  }
  return false;
}

void add_verdicts(const Report& report, Families& out) {
  constexpr std::array<std::string_view, 5> safety{"agreement", "validity", "integrity",
                                                   "total_order", "certified"};
  std::array<double, 5> violations{};
  for (const auto& e : report.expectations) {
    const bool inconclusive = e.status == Status::undecided || e.status == Status::vacuous;
    const auto state = [&](const char* name, bool now) {
      out.add("byzlab_expectation_state", now ? 1 : 0, {{"expectation", e.id}, {"state", name}});
    };
    state("pass", e.status == Status::pass);
    state("fail", e.status == Status::fail);
    state("inconclusive", inconclusive);
    // A bound is stated for violations only; agreement, validity … are the first five properties.
    if (is_safety(e.property) && e.bound != Bound::not_applicable)
      violations[static_cast<std::size_t>(e.property)] = 1;
  }
  for (std::size_t i = 0; i < safety.size(); ++i)
    out.add("byzlab_safety_violations_total", violations[i],
            {{"property", std::string(safety[i])}});
}

}  // namespace

std::string prometheus_text(const Report& report, const std::string& run) {
  Families out(report, run);
  out.add("byzlab_run_info", 1,
          {{"scenario", report.name},
           {"seed", std::to_string(report.seed)},
           {"replicas", std::to_string(report.n)}});
  out.add("byzlab_build_info", 1,
          {{"version", version()}, {"commit", commit()}, {"compiler", compiler()}});
  out.add("byzlab_byzantine_replicas", static_cast<double>(report.byzantine.size()));
  out.add("byzlab_byzantine_power_ratio", report.byzantine_share);
  out.add("byzlab_consensus_fault_bound_replicas", static_cast<double>(report.f));
  if (report.quorum > 0)
    out.add("byzlab_consensus_quorum_replicas", static_cast<double>(report.quorum));
  out.add("byzlab_sim_time_seconds", seconds(report.simulated));
  out.add("byzlab_sim_events_total", static_cast<double>(report.events));
  if (report.wall_seconds > 0)
    out.add("byzlab_sim_speed_ratio", seconds(report.simulated) / report.wall_seconds);
  if (!report.series.empty())
    out.add("byzlab_mempool_transactions", static_cast<double>(report.series.back().mempool));
  for (const auto& [metric, name] :
       {std::pair{"reorg_depth.max", "byzlab_chain_max_reorg_depth_blocks"},
        std::pair{"chain_quality.mean", "byzlab_chain_quality_ratio"}})
    if (const auto* m = find_metric(report, metric)) out.add(name, m->value);
  for (const auto& f : report.faults)
    out.add("byzlab_fault_windows_total", static_cast<double>(f.windows.size()),
            {{"fault", f.label}, {"action", f.action}});
  add_replicas(report, out);
  add_network(report, out);
  add_verdicts(report, out);
  return out.text();
}

}  // namespace byzlab
