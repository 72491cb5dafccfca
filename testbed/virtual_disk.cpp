#include "testbed/virtual_disk.h"

#include <algorithm>

#include "base/overloaded.h"

namespace byzlab {

namespace {
// Of whole states, a disk that lies remembers about so many.
constexpr std::int64_t kStates = 64;
}  // namespace

std::uint64_t VirtualDisk::write(Time now, Write what) {
  ++written_;
  if (joins_last(now, what)) {
    waiting_.back() = {
        .number = written_, .first = waiting_.back().first, .since = now, .what = std::move(what)};
  } else {
    waiting_.push_back({.number = written_, .first = now, .since = now, .what = std::move(what)});
  }
  if (loses() > Duration{0}) {
    known_ = written_;
    advance(now);
  } else if (sync_ends_ == kNever) {
    if (sync() == Duration{0}) {
      settle(written_);
    } else {
      synced_next_ = written_;
      sync_ends_ = now + sync();
    }
  }
  return written_;
}

void VirtualDisk::advance(Time now) {
  if (const Duration age = loses(); age > Duration{0}) {
    // No sync says when; it is written back after a while.
    while (!waiting_.empty() && waiting_.front().since + age <= now) {
      settle(waiting_.front().number);
    }
  }
  while (sync_ends_ <= now) {
    const Time done = sync_ends_;
    sync_ends_ = kNever;
    settle(synced_next_);
    if (written_ == synced_next_ || loses() > Duration{0}) return;
    synced_next_ = written_;
    sync_ends_ = done + sync();
  }
}

/// A state makes the one before it superfluous, where both become durable at once or nearly so.
bool VirtualDisk::joins_last(Time now, const Write& what) const {
  const auto whole = [](const Write& w) {
    return w.size() == 1 && std::holds_alternative<DurableState>(w.front());
  };
  if (waiting_.empty() || !whole(what) || !whole(waiting_.back().what)) return false;
  const bool under_way = sync_ends_ != kNever && waiting_.back().number <= synced_next_;
  return !under_way && now - waiting_.back().first <= loses() / kStates;
}

VirtualDisk::Loss VirtualDisk::crash(Time now, Rng draw) {
  advance(now);
  Loss loss{.gone = waiting_.size()};
  loss.amnesia = !waiting_.empty() && waiting_.front().number <= known_;
  if (tears() && !waiting_.empty()) {
    const std::uint64_t kept = draw.below(waiting_.size());  // the one behind them is torn
    loss.torn = true;
    loss.gone -= kept;
    for (std::uint64_t i = 0; i < kept; ++i) {
      for (Op& op : waiting_[i].what) apply(op);
    }
  }
  waiting_.clear();
  known_ = written_;
  sync_ends_ = kNever;
  return loss;
}

void VirtualDisk::add(const DiskFault& fault) {
  faults_.push_back(fault);
  if (loses() > Duration{0}) known_ = written_;
}

void VirtualDisk::remove(Time now, const DiskFault& fault) {
  const auto found = std::ranges::find(faults_, fault);
  if (found == faults_.end()) return;
  const bool lied = loses() > Duration{0};
  faults_.erase(found);
  advance(now);
  // What it pretended to have written, it writes now.
  if (lied && loses() == Duration{0}) settle(known_);
}

bool VirtualDisk::fails() const { return std::ranges::any_of(faults_, &DiskFault::fails); }
bool VirtualDisk::tears() const { return std::ranges::any_of(faults_, &DiskFault::tears); }

Duration VirtualDisk::sync() const {
  Duration most{0};
  for (const DiskFault& fault : faults_) most = std::max(most, fault.sync);
  return most;
}

Duration VirtualDisk::loses() const {
  Duration most{0};
  for (const DiskFault& fault : faults_) most = std::max(most, fault.loses);
  return most;
}

/// All up to this write is durable.
void VirtualDisk::settle(std::uint64_t up_to) {
  for (; !waiting_.empty() && waiting_.front().number <= up_to; waiting_.pop_front()) {
    for (Op& op : waiting_.front().what) apply(op);
  }
  known_ = std::max(known_, up_to);
}

void VirtualDisk::apply(Op& op) {
  std::visit(Overloaded{
                 [&](Append& a) { platter_.records.append(a.record); },
                 [&](Replace& r) {
                   platter_.records.clear();
                   platter_.records.append(r.record);
                 },
                 [&](BlockRef& block) { platter_.blocks.push_back(std::move(block)); },
                 [&](DurableState& whole) { platter_ = std::move(whole); },
             },
             op);
}

}  // namespace byzlab
