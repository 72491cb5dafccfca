// The one file that includes prometheus-cpp's server.
#include "observe/metrics_exposer.h"

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>

#include <mutex>
#include <stdexcept>
#include <utility>
#include <vector>

#include "observe/metrics_collector.h"

namespace byzlab {

class MetricsExposer::Source final : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override {
    const auto metrics = current();
    return metrics == nullptr ? std::vector<prometheus::MetricFamily>{} : metrics->families();
  }
  void show(std::shared_ptr<const MetricsCollector> metrics) {
    const std::scoped_lock lock(mutex_);
    metrics_ = std::move(metrics);
  }

 private:
  std::shared_ptr<const MetricsCollector> current() const {
    const std::scoped_lock lock(mutex_);
    return metrics_;
  }
  mutable std::mutex mutex_;
  std::shared_ptr<const MetricsCollector> metrics_;
};

struct MetricsExposer::Server {
  explicit Server(std::uint16_t port) : exposer("127.0.0.1:" + std::to_string(port)) {}
  prometheus::Exposer exposer;
};

MetricsExposer::MetricsExposer(std::uint16_t port) : source_(std::make_shared<Source>()) {
  try {
    server_ = std::make_unique<Server>(port);
  } catch (const std::exception& e) {  // civetweb's own kind
    throw std::runtime_error("cannot serve metrics on 127.0.0.1:" + std::to_string(port) + ": " +
                             e.what());
  }
  server_->exposer.RegisterCollectable(source_);
}

MetricsExposer::~MetricsExposer() = default;

void MetricsExposer::show(std::shared_ptr<const MetricsCollector> metrics) {
  source_->show(std::move(metrics));
}

std::string MetricsExposer::url() const {
  const auto ports = server_->exposer.GetListeningPorts();
  return "http://127.0.0.1:" + std::to_string(ports.empty() ? 0 : ports.front()) + "/metrics";
}

}  // namespace byzlab
