// What is measured of a run: samples with their times, so that any figure can be had for any part
// of the run afterwards.
//
// A sample that measures a span of time (a latency, an interval) belongs to a fault when any of
// that span does: outside of faults are only the samples that began and ended there.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "network/transport.h"
#include "testbed/invariants/spans.h"
#include "testbed/quantile_sketch.h"
#include "testbed/request_table.h"

namespace byzlab {

enum class Series : std::uint8_t {
  commit_latency,
  client_latency,
  block_interval,
  certify_time,   // proposal to certificate
  finalize_time,  // certificate to commit
  recovery_time,  // spans of time, seconds
  reorg_depth,
  chain_quality,
  relative_revenue,
  chain_tips,
  height,
  height_lag,
  mempool,  // moments
  proposals,
  view_changes,
  timeouts,
  state_transfers,
  equivocations,
  orphaned_blocks,
  client_timeouts,  // mere events
};
inline constexpr std::size_t kSeries = 20;

/// Which samples a figure is about.
struct Selection {
  Spans spans;     ///< merged
  Spans excluded;  ///< merged: a sample must not touch these
  bool touching =
      false;  ///< a span of time counts if any of it is in `spans`, else if it ends there

  static Selection in(Spans spans) { return {.spans = std::move(spans), .excluded = {}}; }
  static Selection during(Spans spans) {
    return {.spans = std::move(spans), .excluded = {}, .touching = true};
  }
  static Selection outside(Span whole, Spans excluded) {
    return {.spans = without(whole, excluded), .excluded = std::move(excluded)};
  }
};

/// A figure, or why there is none.
struct Measured {
  std::optional<double> value = std::nullopt;
  std::uint64_t samples = 0;
  std::string why_not = {};
};

class Measurements {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  /// When a request was first committed by an honest replica; kNever: it was not.
  using CommittedAt = std::function<Time(RequestId)>;

  Measurements(const RequestTable& requests, Duration warmup, CommittedAt committed_at = {})
      : requests_(requests), warmup_(kStart + warmup), committed_at_(std::move(committed_at)) {}

  void add(Series series, Time at, double value = 1) {
    samples_[static_cast<std::size_t>(series)].push_back({at, value});
  }
  void client_latency(Time at, Duration latency, ClientId client) {
    add(Series::client_latency, at, seconds(latency));
    clients_.push_back(client.value);
  }
  /// A height committed for the first time; `fresh` requests of the block never committed before.
  void commit(Time at, std::uint32_t requests, std::uint32_t fresh) {
    const Commit last = commits_.empty() ? Commit{} : commits_.back();
    commits_.push_back({at, last.requests + requests, last.fresh + fresh});
  }
  /// Totals of the message path, now. Between two regular looks rates are measured: what else is
  /// read, where a window begins or ends, gives no step of its own.
  void network(Time at, const NetworkCounters& counters, bool regular = true);

  Measured measure(std::string_view metric, const Labels& labels, std::string_view statistic,
                   const Selection& selection) const;

  /// The selected samples of a series, all of them.
  QuantileSketch histogram(Series series, const Selection& selection) const;
  std::uint64_t count(Series series, const Spans& spans) const;
  /// Requests submitted before `t` and not committed by then.
  std::uint64_t requests_waiting(Time t) const;
  /// After each fault (merged), the time until no more requests wait than before the first of them:
  /// what it left behind is then committed. Requests that are never committed although later ones
  /// are do not count: they are lost, and no backlog.
  Spans drains(const Spans& faults, Time end) const;
  std::uint64_t transactions() const { return transactions_before(kNever, &Commit::requests); }
  /// From the end of the warm-up to the end of the run, that included.
  Span measured_until(Time end) const { return {.from = warmup_, .to = end + Duration{1}}; }
  /// Median of the samples of a series from index `first` on; 0 when there are none.
  double median_since(Series series, std::size_t first) const;
  std::size_t size(Series series) const { return of(series).size(); }

  struct Sample {
    Time at;
    double value;
  };
  /// In the order taken.
  const std::vector<Sample>& of(Series s) const { return samples_[static_cast<std::size_t>(s)]; }

 private:
  struct Commit {
    Time at{};
    std::uint64_t requests = 0, fresh = 0;  // up to here
  };
  struct Totals {
    Time at;
    bool regular = true;
    std::uint64_t messages = 0, bytes = 0;
    std::array<std::uint64_t, kDropReasons> dropped{};
  };
  using Total = double (*)(const Totals&, std::size_t reason);

  std::vector<double> values(Series series, const Selection& selection,
                             std::optional<std::uint32_t> client) const;
  Measured from_series(Series series, const Labels& labels, std::string_view statistic,
                       const Selection& selection) const;
  Measured counter(double count, std::string_view statistic, const Selection& selection) const;
  Measured per_commit(Total total, std::string_view statistic, const Selection& selection) const;
  /// Of what `before` counts up to a moment.
  Measured per_second(const std::function<std::uint64_t(Time)>& before, std::string_view statistic,
                      const Selection& selection) const;
  double growth_of(Total total, std::size_t reason, const Spans& spans) const;
  double total_at(Total total, std::size_t reason, Time t) const;
  std::uint64_t commits_in(const Spans& spans) const;
  std::uint64_t transactions_before(Time t, std::uint64_t Commit::* what) const;
  std::uint64_t submitted_before(Time t) const;
  Measured carried(std::string_view statistic, const Selection& selection) const;
  bool was_committed(std::uint64_t id) const;
  /// The ends of the regular steps that lie in the spans, each with its beginning.
  std::vector<std::pair<const Totals*, const Totals*>> steps_in(const Spans& spans) const;

  const RequestTable& requests_;
  Time warmup_;
  CommittedAt committed_at_;
  std::array<std::vector<Sample>, kSeries> samples_;
  std::vector<std::uint32_t> clients_;  // of client_latency's samples
  std::vector<Commit> commits_;
  std::vector<Totals> totals_;
};

}  // namespace byzlab
