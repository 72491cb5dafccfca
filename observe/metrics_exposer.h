// /metrics of a run that is going on, for Prometheus alone: prometheus-cpp's own HTTP server on
// 127.0.0.1. The page's server has the same metrics at /metrics; this one needs no page.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace byzlab {

class MetricsCollector;

class MetricsExposer {
 public:
  /// Serves at once; port 0 is any that is free. Throws std::runtime_error when the port can't be
  /// had.
  explicit MetricsExposer(std::uint16_t port);
  ~MetricsExposer();
  MetricsExposer(const MetricsExposer&) = delete;
  MetricsExposer& operator=(const MetricsExposer&) = delete;

  /// From now on these: the run under way, or the last one.
  void show(std::shared_ptr<const MetricsCollector> metrics);
  std::string url() const;  ///< "http://127.0.0.1:9464/metrics"

 private:
  class Source;
  struct Server;
  std::shared_ptr<Source> source_;
  std::unique_ptr<Server> server_;
};

}  // namespace byzlab
