#include "observe/histogram_json.h"

#include <boost/json.hpp>

namespace byzlab {

namespace json = boost::json;

json::object histogram_json(const QuantileSketch& sketch) {
  json::array buckets;
  for (const auto& [index, count] : sketch.buckets()) buckets.push_back(json::array{index, count});
  return {{"relative_error", QuantileSketch::kRelativeError},
          {"gamma", QuantileSketch::kGamma},
          {"count", sketch.count()},
          {"zero", sketch.zeros()},
          {"buckets", std::move(buckets)}};
}

json::object histograms_json(const std::vector<Histogram>& histograms) {
  json::object all;
  for (const Histogram& h : histograms) all[h.name] = histogram_json(h.samples);
  return all;
}

std::optional<QuantileSketch> histogram_of(const json::value& document) {
  const json::object* o = document.if_object();
  if (!o) return std::nullopt;
  const json::value *gamma = o->if_contains("gamma"), *zero = o->if_contains("zero"),
                    *buckets = o->if_contains("buckets");
  if (!gamma || !gamma->is_double() || gamma->get_double() != QuantileSketch::kGamma || !zero ||
      !buckets || !buckets->is_array()) {
    return std::nullopt;
  }
  boost::system::error_code wrong;
  QuantileSketch sketch;
  sketch.add(0, zero->to_number<std::uint64_t>(wrong));
  for (const json::value& bucket : buckets->get_array()) {
    const json::array* pair = bucket.if_array();
    if (wrong || !pair || pair->size() != 2) return std::nullopt;
    const auto index = (*pair)[0].to_number<int>(wrong);
    if (wrong) return std::nullopt;
    const auto count = (*pair)[1].to_number<std::uint64_t>(wrong);
    if (wrong || !sketch.add_to_bucket(index, count)) return std::nullopt;
  }
  return wrong ? std::nullopt : std::optional(std::move(sketch));
}

}  // namespace byzlab
