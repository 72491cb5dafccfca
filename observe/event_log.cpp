// events.jsonl, from the stream of events.
#include "observe/event_log.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_text.h"

namespace byzlab {
namespace {

std::string json_string(std::string_view text) {
  std::string out;
  write_json_string(text, out);
  return out;
}

/// Seconds with the nanoseconds they have: 1.204, 0.000000512.
std::string seconds_text(Time at) {
  const auto ns = nanoseconds(at);
  std::string text = fmt::format("{}.{:09}", ns / 1'000'000'000, ns % 1'000'000'000);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string_view name_of(ReplicaState::Now now) {
  switch (now) {
    case ReplicaState::Now::up: return "restart";
    case ReplicaState::Now::crashed: return "crash";
    case ReplicaState::Now::paused: return "pause";
    case ReplicaState::Now::resumed: return "resume";
  }
  return "";
}

}  // namespace

Interest EventLog::interest() const {
  return Interest::in<Committed, ViewEntered, Noted, ReplicaState, FaultChanged>();
}

void EventLog::begin(const RunInfo& info) {
  fault_labels_ = info.fault_labels;
  byzantine_.assign(info.n, false);
  for (const auto r : info.byzantine)
    if (r.value < info.n) byzantine_[r.value] = true;
}

void EventLog::on(Time now, const Event& event) {
  std::visit(
      [&](const auto& e) {
        if constexpr (requires { note(now, e); }) note(now, e);
      },
      event);
}

/// The first commit of each height by an honest replica, and every other block at that height.
void EventLog::note(Time now, const Committed& e) {
  if (is_byzantine(e.replica)) return;
  const std::size_t blocks = new_at(*e.block);
  if (blocks == 0) return;
  add(now, blocks == 1 ? "commit" : "conflicting_commit",
      fmt::format(R"(,"height":{},"block":"{}","view":{},"proposer":"r{}","replica":"r{}","tx":{})",
                  e.block->height.value, e.block->digest.short_hex(), e.block->view.value,
                  e.block->proposer.value, e.replica.value, e.block->requests.size()));
}

std::size_t EventLog::new_at(const Block& block) {
  constexpr std::uint64_t kFar = 10'000;  // heights go up one by one
  const std::uint64_t height = block.height.value;
  std::size_t known = 0;
  if (height < first_.size() + kFar) {
    if (height >= first_.size()) first_.resize(height + 1);
    if (first_[height] == block.digest) return 0;
    if (first_[height].is_zero()) {
      first_[height] = block.digest;
      return others_.contains(block.height) ? others_[block.height].size() + 1 : 1;
    }
    known = 1;
  }
  auto& others = others_[block.height];
  if (std::ranges::find(others, block.digest) != others.end()) return 0;
  others.push_back(block.digest);
  return known + others.size();
}

/// When the first honest replica enters a higher view, and when its leader is another one.
void EventLog::note(Time now, const ViewEntered& e) {
  if (is_byzantine(e.replica)) return;
  const std::pair at{e.height, e.view};
  if (highest_view_ && at <= *highest_view_) return;
  highest_view_ = at;
  const bool rounds = e.height != Height(0);
  add(now, "view",
      (rounds ? fmt::format(R"(,"height":{})", e.height.value) : std::string()) +
          fmt::format(R"(,"view":{},"leader":"r{}","replica":"r{}")", e.view.value, e.leader.value,
                      e.replica.value));
  if (leader_ != e.leader) {
    leader_ = e.leader;
    add(now, "leader", fmt::format(R"(,"leader":"r{}","view":{})", e.leader.value, e.view.value));
  }
}

void EventLog::note(Time now, const Noted& e) {
  const auto replica = fmt::format(R"(,"replica":"r{}")", e.replica.value);
  switch (e.milestone) {
    case Milestone::view_change:
      return add(now, "view_change", replica + fmt::format(R"(,"view":{})", e.view.value));
    case Milestone::reorg:
      if (is_byzantine(e.replica)) return;
      return add(now, "reorg", replica + fmt::format(R"(,"depth":{})", e.value));
    case Milestone::state_transfer:
      return add(now, "state_transfer", replica + fmt::format(R"(,"height":{})", e.value));
    case Milestone::equivocation:
      return add(now, "evidence", replica + fmt::format(R"(,"accused":"r{}")", e.value));
    case Milestone::withheld:
      return add(now, "withheld", replica + fmt::format(R"(,"height":{})", e.value));
    case Milestone::published:
      return add(now, "published", replica + fmt::format(R"(,"height":{})", e.value));
    case Milestone::proposed:
    case Milestone::voted:
    case Milestone::certified:
    case Milestone::timeout:
    case Milestone::new_view:
    case Milestone::checkpoint: return;  // one or more a commit: too many for a file people read
  }
}

void EventLog::note(Time now, const ReplicaState& e) {
  add(now, name_of(e.now),
      fmt::format(R"(,"replica":"r{}"{})", e.replica.value,
                  e.durable_lost ? R"(,"durable_lost":true)" : ""));
}

void EventLog::note(Time now, const FaultChanged& e) {
  const auto label =
      e.fault < fault_labels_.size() ? fault_labels_[e.fault] : "fault-" + std::to_string(e.fault);
  add(now, e.active ? "fault" : "heal",
      fmt::format(R"(,"label":{},"round":{})", json_string(label), e.round));
}

void EventLog::end(Time now, const Report& report) {
  for (const auto& line : report.story) {
    if (!line.violation) continue;
    const auto where = std::upper_bound(lines_.begin(), lines_.end(), line.at,
                                        [](Time at, const Line& other) { return at < other.at; });
    lines_.insert(where, Line{line.at, fmt::format(R"({{"t":{},"event":"violation","text":{}}})",
                                                   seconds_text(line.at), json_string(line.text))});
  }
  if (dropped_ > 0) {
    lines_.push_back({now, fmt::format(R"({{"t":{},"event":"truncated","lines_dropped":{}}})",
                                       seconds_text(now), dropped_)});
  }
}

std::string EventLog::text() const {
  std::string out;
  for (const auto& line : lines_) (out += line.text) += '\n';
  return out;
}

void EventLog::add(Time now, std::string_view event, const std::string& rest) {
  if (lines_.size() >= limit_) {
    ++dropped_;
    return;
  }
  lines_.push_back(
      {now, fmt::format(R"({{"t":{},"event":"{}"{}}})", seconds_text(now), event, rest)});
}

bool EventLog::is_byzantine(ReplicaId replica) const {
  return replica.value < byzantine_.size() && byzantine_[replica.value];
}

}  // namespace byzlab
