// The Prometheus text format is prometheus-cpp's; OpenMetrics with timestamps it does not write.
#include "observe/metrics_text.h"

#include <fmt/format.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "observe/numbers.h"

namespace byzlab {
namespace {

constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();
/// A value that stays is said again this often in a history, so that rates over a twentieth of it
/// have two samples at least.
constexpr std::size_t kRepeats = 40;

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> list;
  while (!text.empty()) {
    const auto space = std::min(text.find(' '), text.size());
    list.emplace_back(text.substr(0, space));
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return list;
}

prometheus::MetricType type_of(PrometheusType type) {
  switch (type) {
    case PrometheusType::counter: return prometheus::MetricType::Counter;
    case PrometheusType::histogram: return prometheus::MetricType::Histogram;
    case PrometheusType::gauge:
    case PrometheusType::info: return prometheus::MetricType::Gauge;
  }
  return prometheus::MetricType::Untyped;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? "\\n" : std::string(1, c);
  }
  return out;
}

}  // namespace

MetricSeries::Id MetricSeries::add(std::string_view metric,
                                   const std::vector<std::string>& labels) {
  const auto* spec = find_prometheus_metric(metric);
  if (spec == nullptr) throw std::logic_error("no metric " + std::string(metric));
  const auto names = words(spec->labels);
  if (names.size() != labels.size()) throw std::logic_error("labels of " + std::string(metric));
  One one{.metric = spec, .labels = {}, .at = values_.size(), .bounds = bounds_for(*spec)};
  for (std::size_t i = 0; i < names.size(); ++i) one.labels.emplace_back(names[i], labels[i]);
  values_.resize(values_.size() + one.size(), spec->type == PrometheusType::gauge ? kAbsent : 0);
  series_.push_back(std::move(one));
  return series_.size() - 1;
}

const std::vector<double>* MetricSeries::bounds_for(const PrometheusMetric& metric) {
  if (metric.type != PrometheusType::histogram) return nullptr;
  for (const auto& [buckets, bounds] : bounds_)
    if (buckets == metric.buckets) return bounds.get();
  bounds_.emplace_back(metric.buckets,
                       std::make_unique<std::vector<double>>(bounds_of(metric.buckets, slow_)));
  return bounds_.back().second.get();
}

void MetricSeries::observe(Id histogram, double value) {
  const One& one = series_[histogram];
  const auto bucket = std::ranges::lower_bound(*one.bounds, value) - one.bounds->begin();
  values_[one.at + static_cast<std::size_t>(bucket)] += 1;
  values_[one.at + one.bounds->size() + 1] += value;
}

void MetricSeries::observe(Id histogram, std::size_t bucket, std::uint64_t count, double sum) {
  const One& one = series_[histogram];
  values_[one.at + std::min(bucket, one.bounds->size())] += static_cast<double>(count);
  values_[one.at + one.bounds->size() + 1] += sum;
}

std::vector<const MetricSeries::One*> MetricSeries::sorted() const {
  std::vector<const One*> order;
  for (const One& one : series_) order.push_back(&one);
  std::ranges::stable_sort(order, {}, [](const One* one) { return one->metric; });
  return order;
}

std::string MetricSeries::text(const std::string& run) const {
  return prometheus::TextSerializer().Serialize(families(run));
}

std::vector<prometheus::MetricFamily> MetricSeries::families(const std::string& run) const {
  std::vector<prometheus::MetricFamily> families;
  for (const One* one : sorted()) {
    if (std::isnan(values_[one->at])) continue;
    if (families.empty() || families.back().name != one->metric->name) {
      prometheus::MetricFamily family;
      family.name = one->metric->name;
      family.help = one->metric->help;
      family.type = type_of(one->metric->type);
      families.push_back(std::move(family));
    }
    prometheus::ClientMetric metric;
    const auto label = [&](std::string_view name, const std::string& value) {
      metric.label.emplace_back();
      metric.label.back().name = name;
      metric.label.back().value = value;
    };
    label("run", run);
    label("protocol", protocol_);
    for (const auto& [name, value] : one->labels) label(name, value);
    const double* value = values_.data() + one->at;
    if (one->bounds != nullptr) {
      double count = 0;
      for (const double bound : *one->bounds) {
        count += *value++;
        metric.histogram.bucket.push_back(
            {.cumulative_count = static_cast<std::uint64_t>(count), .upper_bound = bound});
      }
      count += *value++;
      metric.histogram.sample_count = static_cast<std::uint64_t>(count);
      metric.histogram.sample_sum = *value;
    } else if (one->metric->type == PrometheusType::counter) {
      metric.counter.value = *value;
    } else {
      metric.gauge.value = *value;
    }
    families.back().metric.push_back(std::move(metric));
  }
  return families;
}

bool MetricSeries::differs(const One& one, const Values& a, const Values& b) {
  for (std::size_t i = one.at; i < one.at + one.size(); ++i) {
    if (a[i] != b[i] && !(std::isnan(a[i]) && std::isnan(b[i]))) return true;
  }
  return false;
}

/// Which moments of a series are written: where it has a value that the others do not tell.
std::vector<std::size_t> MetricSeries::moments_of(const One& one,
                                                  const std::vector<Moment>& history,
                                                  std::size_t stride) {
  std::vector<std::size_t> coarse;
  for (std::size_t i = 0; i < history.size(); ++i) {
    const Values& values = history[i].values;
    if (values.size() < one.at + one.size() || std::isnan(values[one.at])) continue;
    if (i % stride == 0 || i + 1 == history.size()) coarse.push_back(i);
  }
  const std::size_t repeat = std::max<std::size_t>(1, coarse.size() / kRepeats);
  std::vector<std::size_t> chosen;
  for (std::size_t k = 0; k < coarse.size(); ++k) {
    const bool edge = k == 0 || k + 1 == coarse.size() || k % repeat == 0;
    const auto at = [&](std::size_t i) -> const Values& { return history[coarse[i]].values; };
    if (edge || differs(one, at(k - 1), at(k)) || differs(one, at(k), at(k + 1)))
      chosen.push_back(coarse[k]);
  }
  return chosen;
}

std::string MetricSeries::label_text(const One& one, const std::string& run) const {
  std::string out = "run=\"" + escaped(run) + "\",protocol=\"" + escaped(protocol_) + "\"";
  for (const auto& [name, value] : one.labels) out += "," + name + "=\"" + escaped(value) + "\"";
  return out;
}

std::string MetricSeries::openmetrics(const std::string& run, const std::vector<Moment>& history,
                                      std::size_t limit) const {
  const auto order = sorted();
  const auto is_fault = [](const One& one) { return one.metric->name == "byzlab_fault_active"; };
  const auto moments = [&](const One& one, std::size_t stride) {
    return moments_of(one, history, is_fault(one) ? 1 : stride);
  };
  std::size_t stride = 1;
  const auto samples = [&] {
    std::size_t sum = 0;
    for (const One* one : order)
      sum += moments(*one, stride).size() * (one->bounds == nullptr ? 1 : one->size() + 1);
    return sum;
  };
  while (samples() > limit && stride < history.size()) stride *= 2;

  std::string out;
  const auto into = std::back_inserter(out);
  const PrometheusMetric* family = nullptr;
  for (const One* one : order) {
    const auto& metric = *one->metric;
    std::string_view name = metric.name;
    if (family != &metric) {
      family = &metric;
      auto base = name;  // OpenMetrics names families without what its samples end in
      if (metric.type == PrometheusType::counter) base.remove_suffix(std::size("_total") - 1);
      if (metric.type == PrometheusType::info) base.remove_suffix(std::size("_info") - 1);
      fmt::format_to(into, "# HELP {} {}\n# TYPE {} {}\n", base, metric.help, base,
                     to_string(metric.type));
    }
    const auto labels = label_text(*one, run);
    for (const std::size_t i : moments(*one, stride)) {
      const double* value = history[i].values.data() + one->at;
      const double at = exact_seconds(history[i].at);
      if (one->bounds == nullptr) {
        fmt::format_to(into, "{}{{{}}} {} {}\n", name, labels, *value, at);
        continue;
      }
      double count = 0;
      for (const double bound : *one->bounds) {
        count += *value++;
        fmt::format_to(into, "{}_bucket{{{},le=\"{}\"}} {} {}\n", name, labels, bound, count, at);
      }
      count += *value++;
      fmt::format_to(into, "{}_bucket{{{},le=\"+Inf\"}} {} {}\n", name, labels, count, at);
      fmt::format_to(into, "{}_count{{{}}} {} {}\n", name, labels, count, at);
      fmt::format_to(into, "{}_sum{{{}}} {} {}\n", name, labels, *value, at);
    }
  }
  return out + "# EOF\n";
}

}  // namespace byzlab
