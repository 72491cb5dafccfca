// The event queue as anyone would write it first: std::priority_queue of plain structs.
//
// Kept for what it is worth: nobody doubts its order. The tests compare TimingWheel with it, and
// `byzlab_bench` measures what the wheel gains.
#pragma once

#include <functional>
#include <queue>
#include <vector>

#include "network/event_queue.h"

namespace byzlab {

class ReferenceQueue {
 public:
  /// Takes the arguments of TimingWheel, and ignores them.
  explicit ReferenceQueue(Duration /*smallest_latency*/, Duration /*largest_latency*/ = {}) {}

  void push(Time time, std::uint64_t id, std::uint32_t destination) {
    heap_.push(QueuedEvent{.time = time, .id = id, .destination = destination});
  }

  std::size_t push_all(std::span<const Time> times, std::uint64_t id,
                       std::span<const ProcessId> to) {
    std::size_t pushed = 0;
    for (std::size_t i = 0; i < times.size(); ++i) {
      if (times[i] == kNever) continue;
      push(times[i], id, to[i].value);
      ++pushed;
    }
    return pushed;
  }

  bool pop(Time limit, QueuedEvent& out) {
    if (heap_.empty() || heap_.top().time > limit) return false;
    out = heap_.top();
    heap_.pop();
    return true;
  }

  bool ahead(std::size_t /*k*/, QueuedEvent& /*out*/) const { return false; }

  std::size_t size() const { return heap_.size(); }
  std::size_t memory_bytes() const { return heap_.capacity_bytes(); }

 private:
  struct Heap : std::priority_queue<QueuedEvent, std::vector<QueuedEvent>, std::greater<>> {
    std::size_t capacity_bytes() const { return c.capacity() * sizeof(QueuedEvent); }
  };
  Heap heap_;
};
static_assert(EventQueue<ReferenceQueue>);

}  // namespace byzlab
