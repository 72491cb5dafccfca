// The messages that prove a violation of agreement.
#include "observe/violation_windows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <vector>

#include "base/json_text.h"
#include "observe/numbers.h"

namespace byzlab {
namespace {

using Conflict = Recording::Conflict;

constexpr std::size_t kRows = 1500;  // in a window
constexpr std::size_t kCandidates = 100'000;
constexpr Duration kAround = std::chrono::milliseconds{20};

bool is_violated(const ExpectationResult& e) {
  return e.bound != Bound::not_applicable && (e.property == scenario::Property::agreement ||
                                              e.property == scenario::Property::total_order);
}

/// Of the messages about a block that came in time, those that brought its committer to it.
std::vector<MessageRow> proof(const std::vector<MessageRow>& about, std::uint32_t block,
                              const Conflict::Commit& commit) {
  // kind → receiver → each sender's first.
  std::map<std::uint8_t, std::map<std::uint16_t, std::map<std::uint16_t, MessageRow>>> heard;
  for (const MessageRow& row : about) {
    if (row.block != block || row.dropped != 0 || row.at > nanoseconds(commit.at)) continue;
    heard[row.kind][row.to].try_emplace(row.from, row);
  }
  std::vector<MessageRow> proves;
  for (const auto& [kind, receivers] : heard) {
    auto chosen = receivers.begin();
    const auto votes = [&](auto receiver) {
      // The committer itself, if several told it; else whoever was told by the most.
      const bool committer = receiver->first == commit.replica.value;
      return std::pair{
          committer && receiver->second.size() > 1 ? std::size_t{1} << 32 : receiver->second.size(),
          committer};
    };
    for (auto r = receivers.begin(); r != receivers.end(); ++r) {
      if (votes(r) > votes(chosen)) chosen = r;
    }
    for (const auto& [sender, row] : chosen->second) proves.push_back(row);
  }
  return proves;
}

bool same(const MessageRow& a, const MessageRow& b) {
  return std::memcmp(&a, &b, sizeof(MessageRow)) == 0;
}

std::string window_of(const std::string& id, const Conflict& conflict,
                      const MessageIndex& messages) {
  const auto first = messages.find_block(conflict.first.block),
             second = messages.find_block(conflict.second.block);
  const auto is_about = [&](const MessageRow& row) {
    return row.block != MessageRow::kNone && (row.block == first || row.block == second);
  };
  const auto about = messages.select(kStart, conflict.second.at, kCandidates, is_about)
                         .value_or(std::vector<MessageRow>{});
  std::vector<MessageRow> proves;
  if (first) proves = proof(about, *first, conflict.first);
  if (second) {
    const auto more = proof(about, *second, conflict.second);
    proves.insert(proves.end(), more.begin(), more.end());
  }
  Time from = conflict.first.at, to = conflict.second.at + kAround;
  for (const MessageRow& row : proves) from = std::min(from, Time{Duration{row.sent}});
  from = std::max(kStart, from - kAround);

  // Everything in the window, if that can be looked at; else what speaks of the blocks.
  auto rows = messages.select(from, to, kRows, [](const MessageRow&) { return true; });
  if (!rows && about.size() <= kRows) rows = about;
  if (!rows) rows = proves;
  std::ranges::stable_sort(*rows, {}, &MessageRow::sent);
  std::set<std::size_t> indexes;
  for (const MessageRow& row : proves) {
    const auto found = std::ranges::find_if(*rows, [&](const auto& r) { return same(r, row); });
    if (found != rows->end()) indexes.insert(static_cast<std::size_t>(found - rows->begin()));
  }
  std::string out = "{\"id\":";
  write_json_string(id, out);
  return out + fmt::format(",\"at\":{},\n\"window\":{},\n\"proves\":[{}]}}",
                           exact_seconds(conflict.second.at), messages.rows_json(from, to, *rows),
                           fmt::join(indexes, ","));
}

}  // namespace

bool has_conflict(const Report& report) {
  return std::ranges::any_of(report.expectations, is_violated);
}

std::string violation_windows(const Report& report, const Recording& recording,
                              const MessageIndex& messages) {
  const auto conflict = recording.conflict();
  std::string out = "[";
  const char* comma = "";
  for (const auto& expectation : report.expectations) {
    if (!conflict || !is_violated(expectation)) continue;
    out += std::exchange(comma, ",\n") + window_of(expectation.id, *conflict, messages);
  }
  return out + "]\n";
}

}  // namespace byzlab
