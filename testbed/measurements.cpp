#include "testbed/measurements.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/event_names.h"

namespace byzlab {
namespace {

struct NamedSeries {
  std::string_view name;
  Series series;
  bool counts;  // a counter: its figure is how many samples there are
};
constexpr std::array kNamed{
    NamedSeries{"commit_latency", Series::commit_latency, false},
    NamedSeries{"client_latency", Series::client_latency, false},
    NamedSeries{"block_interval", Series::block_interval, false},
    NamedSeries{"recovery_time", Series::recovery_time, false},
    NamedSeries{"reorg_depth", Series::reorg_depth, false},
    NamedSeries{"chain_quality", Series::chain_quality, false},
    NamedSeries{"relative_revenue", Series::relative_revenue, false},
    NamedSeries{"chain_tips", Series::chain_tips, false},
    NamedSeries{"height", Series::height, false},
    NamedSeries{"height_lag", Series::height_lag, false},
    NamedSeries{"mempool", Series::mempool, false},
    NamedSeries{"proposals", Series::proposals, true},
    NamedSeries{"view_changes", Series::view_changes, true},
    NamedSeries{"timeouts", Series::timeouts, true},
    NamedSeries{"state_transfers", Series::state_transfers, true},
    NamedSeries{"equivocations", Series::equivocations, true},
    NamedSeries{"reorgs", Series::reorg_depth, true},
    NamedSeries{"orphaned_blocks", Series::orphaned_blocks, true},
    NamedSeries{"client_timeouts", Series::client_timeouts, true},
};

bool measures_time(Series s) { return s <= Series::recovery_time; }

std::optional<double> quantile_of(std::string_view statistic) {
  if (statistic == "p50") return 0.50;
  if (statistic == "p90") return 0.90;
  if (statistic == "p95") return 0.95;
  if (statistic == "p99") return 0.99;
  if (statistic == "p999") return 0.999;
  return std::nullopt;
}

/// The smallest value that at least this share of the values does not exceed.
double quantile(std::vector<double>& values, double share) {
  const double rank = std::ceil(share * static_cast<double>(values.size()) - 1e-9);
  const auto at = static_cast<std::ptrdiff_t>(std::max(rank, 1.0)) - 1;
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

Measured statistic_of(std::vector<double>& values, std::string_view statistic) {
  Measured m{.value = std::nullopt, .samples = values.size(), .why_not = "no samples"};
  if (statistic == "count") m.value = static_cast<double>(values.size());
  if (values.empty() || m.value) return m;
  if (statistic == "mean") {
    m.value =
        std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  } else if (statistic == "min") {
    m.value = std::ranges::min(values);
  } else if (statistic == "max") {
    m.value = std::ranges::max(values);
  } else if (statistic == "last") {
    m.value = values.back();
  } else if (const auto share = quantile_of(statistic)) {
    m.value = quantile(values, *share);
  } else {
    m.why_not = fmt::format("no statistic `{}`", statistic);
  }
  return m;
}

std::optional<std::string> label(const Measurements::Labels& labels, std::string_view key) {
  for (const auto& [k, v] : labels) {
    if (k == key) return v;
  }
  return std::nullopt;
}

}  // namespace

void Measurements::network(Time at, const NetworkCounters& counters, bool regular) {
  Totals t{.at = at, .regular = regular, .dropped = counters.dropped};
  for (const KindCounters& kind : counters.kind) {
    t.messages += kind.sent;
    t.bytes += kind.sent_bytes;
  }
  if (!totals_.empty() && totals_.back().at == at) {
    t.regular = t.regular || totals_.back().regular;
    totals_.pop_back();
  }
  totals_.push_back(t);
}

Measured Measurements::measure(std::string_view metric, const Labels& labels,
                               std::string_view statistic, const Selection& selection) const {
  for (const auto& [key, value] : labels) {
    const bool known = (metric == "client_latency" && key == "client") ||
                       (metric == "dropped_messages" && key == "reason");
    if (!known) return {.why_not = fmt::format("`{}` has no label `{}`", metric, key)};
  }
  if (length(selection.spans) == Duration{0}) return {.why_not = "no time was measured"};
  for (const NamedSeries& named : kNamed) {
    if (named.name != metric) continue;
    if (!named.counts) return from_series(named.series, labels, statistic, selection);
    return counter(static_cast<double>(count(named.series, selection.spans)), statistic, selection);
  }
  const Total messages = [](const Totals& t, std::size_t) {
    return static_cast<double>(t.messages);
  };
  const Total bytes = [](const Totals& t, std::size_t) { return static_cast<double>(t.bytes); };
  const auto committed = [this](std::uint64_t Commit::* what) {
    return [this, what](Time t) { return transactions_before(t, what); };
  };
  if (metric == "throughput") return per_second(committed(&Commit::requests), statistic, selection);
  if (metric == "goodput") return per_second(committed(&Commit::fresh), statistic, selection);
  if (metric == "offered_load") {
    return per_second([this](Time t) { return submitted_before(t); }, statistic, selection);
  }
  if (metric == "carried") return carried(statistic, selection);
  if (metric == "messages_per_commit") return per_commit(messages, statistic, selection);
  if (metric == "bytes_per_commit") return per_commit(bytes, statistic, selection);
  if (metric == "messages") {
    return counter(growth_of(messages, 0, selection.spans), statistic, selection);
  }
  if (metric == "bytes") return counter(growth_of(bytes, 0, selection.spans), statistic, selection);
  if (metric == "commits") {
    return counter(static_cast<double>(commits_in(selection.spans)), statistic, selection);
  }
  double sum = 0;
  if (metric == "transactions") {
    for (const Span& s : selection.spans) {
      sum += static_cast<double>(transactions_before(s.to, &Commit::requests) -
                                 transactions_before(s.from, &Commit::requests));
    }
    return counter(sum, statistic, selection);
  }
  if (metric != "dropped_messages") return {.why_not = fmt::format("no metric `{}`", metric)};
  const auto reason = label(labels, "reason");
  const Total dropped = [](const Totals& t, std::size_t r) {
    return static_cast<double>(t.dropped[r]);
  };
  bool found = !reason;
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    if (reason && *reason != name_of(static_cast<DropReason>(i))) continue;
    found = true;
    sum += growth_of(dropped, i, selection.spans);
  }
  if (!found) return {.why_not = fmt::format("no messages are dropped for `{}`", *reason)};
  return counter(sum, statistic, selection);
}

Measured Measurements::from_series(Series series, const Labels& labels, std::string_view statistic,
                                   const Selection& selection) const {
  std::optional<std::uint32_t> client;
  if (const auto name = label(labels, "client")) {
    if (name->size() < 2 || (*name)[0] != 'c') return {.why_not = "no client " + *name};
    client = static_cast<std::uint32_t>(std::strtoul(name->c_str() + 1, nullptr, 10));
  }
  auto chosen = values(series, selection, client);
  // No reorganisation at all is a depth of 0, as long as there was a chain to reorganise.
  if (series == Series::reorg_depth && chosen.empty() && statistic == "max" &&
      commits_in(selection.spans) > 0) {
    return {.value = 0.0, .samples = 0, .why_not = {}};
  }
  return statistic_of(chosen, statistic);
}

std::vector<double> Measurements::values(Series series, const Selection& selection,
                                         std::optional<std::uint32_t> client) const {
  const bool lasts = measures_time(series);
  const auto& samples = of(series);
  std::vector<double> chosen;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (client && clients_[i] != *client) continue;
    const Time to = samples[i].at;
    const Time from = lasts ? to - Duration{static_cast<std::int64_t>(samples[i].value * 1e9)} : to;
    const bool inside =
        selection.touching ? touches(selection.spans, from, to) : contains(selection.spans, to);
    if (inside && !touches(selection.excluded, from, to)) chosen.push_back(samples[i].value);
  }
  return chosen;
}

Measured Measurements::counter(double count, std::string_view statistic,
                               const Selection& selection) const {
  Measured m{.value = count, .samples = static_cast<std::uint64_t>(count), .why_not = {}};
  if (statistic == "rate") *m.value /= seconds(length(selection.spans));
  return m;
}

Measured Measurements::per_commit(Total total, std::string_view statistic,
                                  const Selection& selection) const {
  std::vector<double> values;
  std::uint64_t samples = 0;
  if (statistic == "mean") {
    samples = commits_in(selection.spans);
    if (samples > 0) {
      values.push_back(growth_of(total, 0, selection.spans) / static_cast<double>(samples));
    }
  } else {
    for (const auto& [from, to] : steps_in(selection.spans)) {
      const std::uint64_t commits = commits_in({{.from = from->at, .to = to->at}});
      if (commits == 0) continue;
      samples += commits;
      values.push_back((total(*to, 0) - total(*from, 0)) / static_cast<double>(commits));
    }
  }
  Measured m = statistic_of(values, statistic);
  m.samples = samples;
  if (!m.value) m.why_not = "nothing was committed";
  return m;
}

Measured Measurements::per_second(const std::function<std::uint64_t(Time)>& before,
                                  std::string_view statistic, const Selection& selection) const {
  const auto in = [&](const Span& s) { return static_cast<double>(before(s.to) - before(s.from)); };
  std::vector<double> values;
  if (statistic == "mean") {
    double sum = 0;
    for (const Span& s : selection.spans) sum += in(s);
    values.push_back(sum / seconds(length(selection.spans)));
  } else {
    for (const auto& [from, to] : steps_in(selection.spans)) {
      const Span step{.from = from->at, .to = to->at};
      values.push_back(in(step) / seconds(step.length()));
    }
  }
  Measured m = statistic_of(values, statistic);
  if (statistic == "mean") m.samples = std::max<std::uint64_t>(1, commits_in(selection.spans));
  return m;
}

std::vector<std::pair<const Measurements::Totals*, const Measurements::Totals*>>
Measurements::steps_in(const Spans& spans) const {
  std::vector<std::pair<const Totals*, const Totals*>> steps;
  static constexpr Totals kNothingYet{.at = kStart};
  const Totals* last = &kNothingYet;
  for (const Totals& t : totals_) {
    if (!t.regular) continue;
    const Totals* from = std::exchange(last, &t);
    if (t.at <= from->at) continue;
    const auto span =
        std::ranges::find_if(spans, [&](const Span& s) { return s.contains(from->at); });
    if (span != spans.end() && t.at <= span->to) steps.emplace_back(from, &t);
  }
  return steps;
}

/// Of the requests submitted then: how many were committed, whenever.
Measured Measurements::carried(std::string_view statistic, const Selection& selection) const {
  std::uint64_t submitted = 0, committed = 0;
  for (const Span& s : selection.spans) {
    const std::uint64_t first = submitted_before(s.from), end = submitted_before(s.to);
    submitted += end - first;
    for (std::uint64_t id = first; id < end; ++id) committed += was_committed(id) ? 1 : 0;
  }
  if (statistic != "mean") return {.why_not = fmt::format("no statistic `{}`", statistic)};
  if (submitted == 0) return {.why_not = "no requests were submitted"};
  return {.value = static_cast<double>(committed) / static_cast<double>(submitted),
          .samples = submitted,
          .why_not = {}};
}

bool Measurements::was_committed(std::uint64_t id) const {
  return committed_at_ && committed_at_(RequestId(id)) != kNever;
}

Spans Measurements::drains(const Spans& faults, Time end) const {
  if (faults.empty() || commits_.empty()) return {};
  std::vector<Time> lost;  // when each was submitted, ascending
  std::uint64_t last = requests_.size();
  while (last > 0 && !was_committed(last - 1)) --last;
  for (std::uint64_t id = 0; id < last; ++id) {
    if (!was_committed(id)) lost.push_back(requests_[RequestId(id)].submitted);
  }
  const auto waiting = [&](Time t) {
    const auto gone = static_cast<std::uint64_t>(std::ranges::lower_bound(lost, t) - lost.begin());
    const std::uint64_t all = requests_waiting(t);
    return all > gone ? all - gone : 0;
  };
  // What waits right after a commit, as long as nothing is wrong; of a run that begins with a
  // fault, in the middle of the time without.
  std::vector<double> before, outside;
  for (const Commit& c : commits_) {
    if (c.at < warmup_ || contains(faults, c.at)) continue;
    const auto after = static_cast<double>(waiting(c.at + Duration{1}));
    outside.push_back(after);
    if (c.at < faults.front().from) before.push_back(after);
  }
  if (outside.empty()) return {};
  const double usual = before.empty() ? quantile(outside, 0.5) : std::ranges::max(before);
  Spans drains;
  for (const Span& fault : faults) {
    if (fault.open || static_cast<double>(waiting(fault.to)) <= usual) continue;
    Span drain{.from = fault.to, .to = end + Duration{1}, .open = true};
    for (auto c = std::ranges::lower_bound(commits_, fault.to, {}, &Commit::at);
         c != commits_.end(); ++c) {
      const Time after = c->at + Duration{1};
      if (static_cast<double>(waiting(after)) > usual) continue;
      drain = {.from = fault.to, .to = after};
      break;
    }
    // What is committed in the fault's last moment takes no time: no rate can be told of it.
    if (drain.to > fault.to + Duration{1}) drains.push_back(drain);
  }
  return merged(std::move(drains));
}

double Measurements::growth_of(Total total, std::size_t reason, const Spans& spans) const {
  double sum = 0;
  for (const Span& s : spans)
    sum += total_at(total, reason, s.to) - total_at(total, reason, s.from);
  return std::round(sum);
}

/// Between two readings, in proportion to the time.
double Measurements::total_at(Total total, std::size_t reason, Time t) const {
  const auto after = std::ranges::upper_bound(totals_, t, {}, &Totals::at);
  if (after == totals_.end()) return totals_.empty() ? 0 : total(totals_.back(), reason);
  const double high = total(*after, reason);
  const Time from = after == totals_.begin() ? kStart : std::prev(after)->at;
  const double low = after == totals_.begin() ? 0 : total(*std::prev(after), reason);
  if (after->at <= from) return high;
  return low + (high - low) * seconds(t - from) / seconds(after->at - from);
}

QuantileSketch Measurements::histogram(Series series, const Selection& selection) const {
  QuantileSketch sketch;
  for (const double sample : values(series, selection, std::nullopt)) sketch.add(sample);
  return sketch;
}

std::uint64_t Measurements::count(Series series, const Spans& spans) const {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(of(series), [&](const Sample& s) { return contains(spans, s.at); }));
}

std::uint64_t Measurements::commits_in(const Spans& spans) const {
  std::uint64_t sum = 0;
  for (const Span& s : spans) {
    const auto from = std::ranges::lower_bound(commits_, s.from, {}, &Commit::at);
    const auto to = std::ranges::lower_bound(commits_, s.to, {}, &Commit::at);
    if (to > from) sum += static_cast<std::uint64_t>(to - from);
  }
  return sum;
}

std::uint64_t Measurements::transactions_before(Time t, std::uint64_t Commit::* what) const {
  const auto next = std::ranges::lower_bound(commits_, t, {}, &Commit::at);
  return next == commits_.begin() ? 0 : (*std::prev(next)).*what;
}

std::uint64_t Measurements::submitted_before(Time t) const {
  std::uint64_t low = 0, high = requests_.size();  // ids ascend with time
  while (low < high) {
    const std::uint64_t middle = (low + high) / 2;
    if (requests_[RequestId(middle)].submitted < t) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

std::uint64_t Measurements::requests_waiting(Time t) const {
  const std::uint64_t submitted = submitted_before(t);
  const std::uint64_t committed = transactions_before(t, &Commit::fresh);
  return submitted > committed ? submitted - committed : 0;
}

double Measurements::median_since(Series series, std::size_t first) const {
  std::vector<double> values;
  for (std::size_t i = first; i < of(series).size(); ++i) values.push_back(of(series)[i].value);
  return values.empty() ? 0 : quantile(values, 0.5);
}

}  // namespace byzlab
