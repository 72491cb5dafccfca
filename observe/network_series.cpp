// network.json, from the regular looks at a run.
#include "observe/network_series.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/event_names.h"
#include "base/json_text.h"
#include "observe/numbers.h"

namespace byzlab {

void NetworkSeries::begin(const RunInfo& info) {
  kinds_.assign(kKindLimit, {});
  for (std::size_t k = 0; k < kKindLimit; ++k) {
    if (const MessageType* type = (*info.messages)[k]) kinds_[k] = std::string(type->name);
  }
  const bool is_limited = info.scenario->network.bandwidth.has_value();
  bits_per_second_ = info.scenario->network.bandwidth.value_or(0);
  const std::size_t each = is_limited ? std::size_t{2} * info.n : 0;
  room_ =
      each == 0 ? most_moments_ : std::clamp<std::size_t>(most_cells_ / each, 50, most_moments_);
  room_ -= room_ % 2;  // then the next after thinning is the one that is due
  latest_ = {};
  if (is_limited) {
    latest_.busy.assign(info.n, Duration{0});
    latest_.queue.assign(info.n, 0);
  }
  moments_.assign(1, latest_);
  every_ = 1;
  seen_ = 0;
}

void NetworkSeries::sampled(const RunSample& sample) {
  latest_.at = sample.now;
  latest_.kinds = sample.counters.kind;
  latest_.dropped = sample.counters.dropped;
  for (std::size_t r = 0; r < std::min(latest_.busy.size(), sample.uplinks.size()); ++r) {
    const UplinkState& uplink = sample.uplinks[r];
    const Duration waits = std::max(Duration{0}, uplink.idle_at - sample.now);
    latest_.busy[r] = std::max(Duration{0}, uplink.given - waits);
    const double bytes = seconds(waits) * static_cast<double>(uplink.bits_per_second) / 8;
    latest_.queue[r] = std::max(latest_.queue[r], static_cast<std::uint64_t>(bytes));
  }
  if (sample.now == moments_.back().at) {  // the end, looked at already
    for (std::size_t r = 0; r < latest_.queue.size(); ++r) {
      latest_.queue[r] = std::max(latest_.queue[r], moments_.back().queue[r]);
    }
    moments_.back() = latest_;
    return;
  }
  if (++seen_ % every_ != 0) return;
  if (moments_.size() >= room_) thin();
  moments_.push_back(latest_);
  std::ranges::fill(latest_.queue, 0);
}

/// Every other moment goes, and what waited longest then stays with the next.
void NetworkSeries::thin() {
  std::size_t kept = 1;  // the beginning
  for (std::size_t i = 2; i < moments_.size(); i += 2) {
    for (std::size_t r = 0; r < moments_[i].queue.size(); ++r) {
      moments_[i].queue[r] = std::max(moments_[i].queue[r], moments_[i - 1].queue[r]);
    }
    moments_[kept++] = std::move(moments_[i]);
  }
  for (std::size_t r = 0; r < latest_.queue.size(); ++r) {
    latest_.queue[r] = std::max(latest_.queue[r], moments_.back().queue[r]);
  }
  moments_.resize(kept);
  every_ *= 2;
}

std::string NetworkSeries::json() const {
  std::vector<const Moment*> all;
  for (const Moment& moment : moments_) all.push_back(&moment);
  if (latest_.at > moments_.back().at) all.push_back(&latest_);
  const Moment& last = *all.back();
  const auto column = [&](auto&& value) {
    std::string out = "[";
    for (const Moment* moment : all) {
      if (out.size() > 1) out += ',';
      out += value(*moment);
    }
    return out + "]";
  };
  std::string out =
      "{\"t\":" + column([](const Moment& m) { return fmt::format("{}", exact_seconds(m.at)); });
  out += ",\n\"kinds\":{";
  const char* comma = "";
  for (std::size_t k = 0; k < kKindLimit; ++k) {
    if (kinds_[k].empty() || last.kinds[k].sent == 0) continue;
    out += std::exchange(comma, ",\n");
    write_json_string(kinds_[k], out);
    const auto counts = [&](std::uint64_t KindCounters::* which) {
      return column([&](const Moment& m) { return std::to_string(m.kinds[k].*which); });
    };
    out += ":{\"sent\":" + counts(&KindCounters::sent) +
           ",\"bytes\":" + counts(&KindCounters::sent_bytes) +
           ",\"delivered\":" + counts(&KindCounters::delivered) + "}";
  }
  out += "},\n\"dropped\":{";
  comma = "";
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    if (last.dropped[i] == 0) continue;
    out += std::exchange(comma, ",\n");
    write_json_string(name_of(static_cast<DropReason>(i)), out);
    out += ":" + column([&](const Moment& m) { return std::to_string(m.dropped[i]); });
  }
  out += "}";
  if (bits_per_second_ > 0) {
    const auto by_replica = [&](auto&& value) {
      std::string rows;
      for (std::size_t r = 0; r < last.busy.size(); ++r) {
        rows += (r == 0 ? "" : ",\n") + column([&](const Moment& m) { return value(m, r); });
      }
      return "[" + rows + "]";
    };
    out += fmt::format(
        ",\n\"uplinks\":{{\"bits_per_second\":{},\"busy\":{},\n\"queue\":{}}}", bits_per_second_,
        by_replica([](const Moment& m, std::size_t r) {
          return fmt::format("{:.7g}", seconds(m.busy[r]));
        }),
        by_replica([](const Moment& m, std::size_t r) { return std::to_string(m.queue[r]); }));
  }
  return out + "}\n";
}

}  // namespace byzlab
