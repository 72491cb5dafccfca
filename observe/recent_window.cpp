// Windows of the latest moments, as JSON.
#include "observe/recent_window.h"

#include <fmt/format.h>

#include <algorithm>

#include "observe/numbers.h"

namespace byzlab {

void RecentMessages::begin(const RunInfo& info) {
  info_ = info;
  ring_.clear();
  for (std::size_t k = 0; k < kKindLimit; ++k) {
    const MessageType* type = info.messages == nullptr ? nullptr : (*info.messages)[k];
    kinds_[k] = type == nullptr ? std::string() : std::string(type->name);
  }
}

void RecentMessages::note(Time now, const Delivered& e) {
  add({.at = nanoseconds(now)}, e.from, e.to, e.sent, *e.message);
}

void RecentMessages::note(Time now, const Dropped& e) {
  const bool on_the_way =
      e.reason != DropReason::receiver_down && e.reason != DropReason::unauthentic;
  add({.at = nanoseconds(on_the_way ? e.sent : now),
       .dropped = static_cast<std::uint8_t>(static_cast<unsigned>(e.reason) + 1)},
      e.from, e.to, e.sent, *e.message);
}

void RecentMessages::add(MessageRow row, ProcessId from, ProcessId to, Time sent,
                         const Message& m) {
  const auto replica_of = [&](ProcessId p) {
    const bool known = p.value < info_.replica_of.size();
    return static_cast<std::uint16_t>(known ? info_.replica_of[p.value].value : p.value);
  };
  row.sent = nanoseconds(sent);
  row.from = replica_of(from);
  row.to = replica_of(to);
  row.bytes = m.bytes();
  row.kind = m.kind().value;
  std::uint64_t block = 0;
  if (const MessageType* type = row.kind < kKindLimit ? (*info_.messages)[row.kind] : nullptr) {
    row.view = row_number(type->view(m.payload()));
    const MessageSubject subject = type->subject(m.payload());
    row.height = row_number(subject.height);
    if (subject.block) {
      row.block = 0;
      block = subject.block->words[0];
    }
  }
  ring_.add({row, block});
}

std::string RecentMessages::window_json(Time from, Time to, Time now, std::size_t limit,
                                        int digits) const {
  to = std::max(from, std::min(to, now));
  std::vector<std::uint64_t> blocks;
  MessageWindow window(from, to, limit);
  ring_.for_each([&](const Kept& kept) {
    if (kept.row.sent > nanoseconds(to) || kept.row.at < nanoseconds(from)) return;
    MessageRow row = kept.row;
    if (row.block != MessageRow::kNone) {
      row.block = static_cast<std::uint32_t>(blocks.size());
      blocks.push_back(kept.block);
    }
    window.add(row);
  });
  std::vector<std::string_view> kinds(kinds_.begin(), kinds_.end());
  const auto name = [&](std::uint32_t block) {
    return block >= blocks.size()
               ? std::string()
               : to_hex(blocks[block]).substr(0, static_cast<std::size_t>(digits));
  };
  const Time since = ring_.forgot() ? Time{Duration{ring_.oldest().row.at}} : kStart;
  return window.json({.kinds = kinds, .block = name},
                     fmt::format(R"(,"known_from":{})", exact_seconds(since)));
}

std::string RecentRequests::window_json(Time from, Time to, std::size_t limit) const {
  std::vector<Row> rows;
  ring_.for_each([&](const Row& row) {
    if (row.at >= from && row.at - row.latency <= to) rows.push_back(row);
  });
  const std::size_t total = rows.size();
  const std::size_t every = limit == 0 ? total + 1 : (total + limit - 1) / limit;
  std::string t, client, latency;
  for (std::size_t i = 0; limit > 0 && i < total; i += every) {
    const char* comma = i == 0 ? "" : ",";
    t += fmt::format("{}{}", comma, exact_seconds(rows[i].at));
    client += fmt::format("{}{}", comma, rows[i].client);
    latency += fmt::format("{}{:.6g}", comma, seconds(rows[i].latency));
  }
  const Time since = ring_.forgot() ? ring_.oldest().at : kStart;
  return fmt::format(
      R"({{"from":{},"to":{},"total":{},"known_from":{},"t":[{}],"client":[{}],"latency":[{}]}})",
      exact_seconds(from), exact_seconds(to), total, exact_seconds(since), t, client, latency);
}

}  // namespace byzlab
