// Series of metrics with their values, and the two formats they are written in.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "observe/metrics_table.h"

namespace prometheus {
struct MetricFamily;
}

namespace byzlab {

class MetricSeries {
 public:
  /// What one moment's values are.
  using Values = std::vector<double>;
  using Id = std::size_t;

  /// `slow`: finality is by confirmations, which chooses the buckets of latencies.
  explicit MetricSeries(std::string protocol, bool slow = false)
      : protocol_(std::move(protocol)), slow_(slow) {}

  /// A series of a metric of the table; `labels` are the values of its labels, in the table's
  /// order. Counters and histograms begin at 0; a gauge is absent until it is set. Throws
  /// std::logic_error when the table has no such metric or other labels.
  Id add(std::string_view metric, const std::vector<std::string>& labels = {});
  void set(Id series, double value) { values_[series_[series].at] = value; }
  void raise(Id series, double by) { values_[series_[series].at] += by; }
  double value(Id series) const { return values_[series_[series].at]; }
  /// Puts a value into a histogram.
  void observe(Id histogram, double value);
  /// Puts many into one of its buckets, at once; the one after the last bound is +Inf.
  void observe(Id histogram, std::size_t bucket, std::uint64_t count, double sum);

  const Values& values() const { return values_; }

  /// Prometheus text format: families by name, series in the order they were added.
  std::string text(const std::string& run) const;
  /// The same as values, for prometheus-cpp's server.
  std::vector<prometheus::MetricFamily> families(const std::string& run) const;

  struct Moment {
    Time at;
    Values values;  ///< shorter where series were added later
  };
  /// OpenMetrics, ending in `# EOF`; families by name, each series' samples by time. A sample that
  /// repeats the one before and the one after is left out, but for some forty, evenly apart. With
  /// more than `limit` samples every second moment goes, and so on; of faults all stay.
  std::string openmetrics(const std::string& run, const std::vector<Moment>& history,
                          std::size_t limit) const;

 private:
  struct One {
    const PrometheusMetric* metric;
    std::vector<std::pair<std::string, std::string>> labels;
    std::size_t at;                     // its first value
    const std::vector<double>* bounds;  // of a histogram: then values are buckets, +Inf, sum
    std::size_t size() const { return bounds == nullptr ? 1 : bounds->size() + 2; }
  };
  std::vector<const One*> sorted() const;
  const std::vector<double>* bounds_for(const PrometheusMetric& metric);
  std::string label_text(const One& one, const std::string& run) const;
  static bool differs(const One& one, const Values& a, const Values& b);
  static std::vector<std::size_t> moments_of(const One& one, const std::vector<Moment>& history,
                                             std::size_t stride);

  std::string protocol_;
  bool slow_;
  std::vector<One> series_;
  std::vector<std::pair<Buckets, std::unique_ptr<std::vector<double>>>> bounds_;
  Values values_;
};

}  // namespace byzlab
