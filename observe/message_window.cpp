// MessageWindow's JSON.
#include "observe/message_window.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/event_names.h"
#include "base/json_text.h"
#include "observe/numbers.h"

namespace byzlab {
namespace {

constexpr std::size_t kBins = 100;

std::string seconds_text(std::int64_t ns) { return fmt::format("{}", exact_seconds(Duration{ns})); }

std::string kinds_json(std::span<const std::string_view> kinds) {
  std::size_t count = kinds.size();
  while (count > 0 && kinds[count - 1].empty()) --count;
  std::string out = "[";
  for (std::size_t k = 0; k < count; ++k) {
    if (k > 0) out += ',';
    write_json_string(kinds[k], out);
  }
  return out + "]";
}

}  // namespace

std::string_view MessageRow::why_lost() const {
  if (dropped == 0 || dropped > kDropReasons) return "";
  return name_of(static_cast<DropReason>(dropped - 1));
}

MessageWindow::MessageWindow(Time from, Time to, std::size_t limit)
    : from_(from),
      to_(to),
      limit_(limit),
      first_(nanoseconds(from)),
      width_(std::max<std::int64_t>(
          1, (nanoseconds(to) - nanoseconds(from)) / static_cast<std::int64_t>(kBins))),
      bundles_(kBins * kKindLimit) {}

void MessageWindow::add(const MessageRow& row) {
  if (++total_ <= limit_) rows_.push_back(row);
  const auto bin = std::clamp<std::int64_t>((row.sent - first_) / width_, 0, kBins - 1);
  Bundle& bundle = bundles_[static_cast<std::size_t>(bin) * kKindLimit + row.kind % kKindLimit];
  ++bundle.count;
  bundle.dropped += row.dropped != 0 ? 1 : 0;
}

std::string MessageWindow::json(const MessageNames& names, std::string_view more) const {
  if (total_ <= limit_) {
    auto rows = rows_;
    std::ranges::stable_sort(rows, {}, &MessageRow::sent);
    return message_rows_json(from_, to_, rows, names, more);
  }
  std::string out =
      fmt::format(R"({{"from":{},"to":{},"total":{},"kinds":{}{},"rows":null,"bundles":[)",
                  exact_seconds(from_), exact_seconds(to_), total_, kinds_json(names.kinds), more);
  const char* comma = "";
  for (std::size_t i = 0; i < bundles_.size(); ++i) {
    if (bundles_[i].count == 0) continue;
    const auto bin = static_cast<std::int64_t>(i / kKindLimit);
    const std::int64_t end = bin + 1 == kBins ? nanoseconds(to_) : first_ + (bin + 1) * width_;
    out += fmt::format(R"({}{{"from_t":{},"to_t":{},"kind":{},"count":{},"dropped":{}}})",
                       std::exchange(comma, ","), seconds_text(first_ + bin * width_),
                       seconds_text(end), i % kKindLimit, bundles_[i].count, bundles_[i].dropped);
  }
  return out + "]}";
}

std::string message_rows_json(Time from, Time to, std::span<const MessageRow> rows,
                              const MessageNames& names, std::string_view more) {
  std::string out =
      fmt::format(R"({{"from":{},"to":{},"total":{},"kinds":{}{},"rows":{{)", exact_seconds(from),
                  exact_seconds(to), rows.size(), kinds_json(names.kinds), more);
  bool first_column = true;
  const auto column = [&](std::string_view name, auto&& text) {
    out += fmt::format("{}\"{}\":[", std::exchange(first_column, false) ? "" : ",\n", name);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i > 0) out += ',';
      text(rows[i]);
    }
    out += ']';
  };
  const auto number_or_null = [&](std::uint32_t value) {
    if (value == MessageRow::kNone) {
      out += "null";
    } else {
      out += std::to_string(value);
    }
  };
  column("sent", [&](const MessageRow& r) { out += seconds_text(r.sent); });
  column("at", [&](const MessageRow& r) { out += r.dropped != 0 ? "null" : seconds_text(r.at); });
  column("from", [&](const MessageRow& r) { out += std::to_string(r.from); });
  column("to", [&](const MessageRow& r) { out += std::to_string(r.to); });
  column("kind", [&](const MessageRow& r) { out += std::to_string(r.kind); });
  column("view", [&](const MessageRow& r) { number_or_null(r.view); });
  column("height", [&](const MessageRow& r) { number_or_null(r.height); });
  column("block", [&](const MessageRow& r) {
    const auto name = names.block(r.block);
    out += name.empty() ? "null" : '"' + name + '"';
  });
  column("bytes", [&](const MessageRow& r) { out += std::to_string(r.bytes); });
  column("dropped", [&](const MessageRow& r) {
    const auto why = r.why_lost();
    if (why.empty()) {
      out += "null";
    } else {
      ((out += '"') += why) += '"';
    }
  });
  return out + "},\"bundles\":null}";
}

}  // namespace byzlab
