// The metrics of one run, from its first event on: renders them whenever asked, and keeps their
// history for metrics.om.
//
// It listens to faults only and reads everything else at the run's regular looks (RunSample), from
// the same places as the report: nothing is counted twice, and the message path costs what it did.
// Only `detail` looks at every message, to know how long it took between its regions.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "observe/metrics_text.h"
#include "testbed/run.h"

namespace byzlab {

struct MetricsOptions {
  std::string run;            ///< label of everything: "pbft-partition/s42"
  std::string pace = "max";   ///< label of byzlab_run_info: "1x" …
  bool detail = false;        ///< --metrics-detail: every replica, delays by region
  bool cometbft = false;      ///< --metrics-compat cometbft
  std::size_t history = 600;  ///< samples kept a series; 0: none
};

class MetricsCollector final : public RunObserver {
 public:
  explicit MetricsCollector(MetricsOptions options);
  ~MetricsCollector() override;

  // RunObserver, on the run's thread.
  Interest interest() const override;
  bool wants_samples() const override { return true; }
  void begin(const RunInfo& run) override;
  void on(Time now, const Event& event) override;
  void sampled(const RunSample& sample) override;
  void end(Time now, const Report& report) override;

  /// The state at the last sample in the Prometheus text format, families and series sorted; from
  /// any thread, empty before the run began.
  std::string text() const;
  /// The same under another `run`: the name of the results folder is known only when the run is
  /// over.
  std::string text(const std::string& run) const;
  /// What text() says, for prometheus-cpp's server.
  std::vector<prometheus::MetricFamily> families() const;
  /// All samples kept, as OpenMetrics with simulated time as their timestamps. At most
  /// kHistoryLimit of them: where there would be more, every second moment is left out, or more.
  std::string openmetrics(const std::string& run) const;

  static constexpr std::size_t kHistoryLimit = 50'000;

 private:
  struct Series;
  class Delays;
  void fill(const RunSample& sample);
  void keep(Time now);

  MetricsOptions options_;
  mutable std::mutex mutex_;  // guards all below
  std::unique_ptr<Series> series_;
  std::unique_ptr<Delays> delays_;  // of the run's thread; with `detail`
};

}  // namespace byzlab
