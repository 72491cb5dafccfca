#include "network/sim_network.h"

#include "network/corruption.h"

namespace byzlab {

template <class Queue>
SimNetwork<Queue>::SimNetwork(SimNetworkParts parts)
    : store_(*parts.store),
      injector_(*parts.injector),
      latency_(std::move(parts.latency)),
      overlay_(std::move(parts.overlay)),
      uplinks_(std::move(parts.uplinks)),
      seed_(parts.seed),
      scheme_(parts.scheme),
      queue_(latency_.smallest(), latency_.largest()),
      ring_(1024),
      mask_(ring_.size() - 1),
      floods_(overlay_.is_full() ? 0 : ring_.size()),
      arrivals_(overlay_.processes()) {}

template <class Queue>
SimNetwork<Queue>::~SimNetwork() {
  for (std::size_t i = 0; i < ring_.size(); ++i) {
    if (ring_[i].pending == 0) continue;
    ring_[i].pending = 1;
    settle(i);
  }
}

template <class Queue>
void SimNetwork<Queue>::run_until(Time end, Receiver& receiver) {
  stopped_ = false;
  QueuedEvent event;
  while (!stopped_) {
    // Tasks of an instant come before its deliveries.
    if (first_task_ <= now_) {
      run_task();
    } else if (queue_.pop(std::min(end, first_task_ - Duration{1}), event)) [[likely]] {
      now_ = event.time;
      if (++events_ >= last_event_) [[unlikely]]
        stopped_ = true;
      if (queue_.size() >= kManyPending) fetch_ahead(receiver);
      if ((event.destination & kWakeBit) == 0) [[likely]] {
        arrive(event.id, ProcessId(event.destination), receiver);
      } else {
        receiver.woken(now_, ProcessId(event.destination & ~kWakeBit));
      }
    } else if (first_task_ <= end) {
      now_ = first_task_;
      run_task();
    } else {
      now_ = end;
      return;
    }
  }
}

// Large runs wait for memory more than for anything else: touch what the next events need. A small
// one has all of it in the cache.
template <class Queue>
void SimNetwork<Queue>::fetch_ahead(const Receiver& receiver) const {
  QueuedEvent event;
  if (!queue_.ahead(kSlotAhead, event)) return;
  __builtin_prefetch(&ring_[event.id & mask_]);
  if ((event.destination & kWakeBit) == 0) receiver.expect(ProcessId(event.destination));
  if (queue_.ahead(kMessageAhead, event) && (event.destination & kWakeBit) == 0) {
    const Slot& s = ring_[event.id & mask_];
    if (s.pending != 0) receiver.expect(ProcessId(event.destination), *s.message);
  }
}

template <class Queue>
void SimNetwork<Queue>::run_task() {
  const DueTask due = tasks_.top();
  tasks_.pop();
  first_task_ = tasks_.empty() ? kNever : tasks_.top().when;
  if (++events_ >= last_event_) stopped_ = true;
  (*due.task)();
}

template <class Queue>
inline void SimNetwork<Queue>::arrive(std::uint64_t id, ProcessId to, Receiver& receiver) {
  arriving_ = id;
  if (!floods_.empty() && floods_[id & mask_] != nullptr) {
    arrive_flooded(id, to, receiver);
    return;
  }
  Message& m = *slot(id).message;
  ++counters_.kind[m.kind().value].delivered;
  receiver.deliver(now_, to, m);  // may make the ring grow
  if (--slot(id).pending == 0) store_.release(&m);
}

template <class Queue>
void SimNetwork<Queue>::arrive_flooded(std::uint64_t id, ProcessId to, Receiver& receiver) {
  const Slot s = slot(id);  // a copy: the ring may grow while the handler runs
  Flood& flood = *floods_[id & mask_];
  if (!flood.test_and_set(to)) {
    ++counters_.kind[s.message->kind().value].delivered;
    if (receiver.deliver(now_, to, *s.message)) relay(to, s.hop, flood);
  } else {
    lose(s.hop, to, transit().sent, *s.message, DropReason::duplicate);
  }
  settle(id);
}

template <class Queue>
void SimNetwork<Queue>::settle(std::uint64_t id) {
  Slot& s = slot(id);
  if (--s.pending != 0) return;
  Flood* const flood = floods_.empty() ? nullptr : floods_[id & mask_];
  if (flood != nullptr && --flood->transmissions == 0) delete flood;
  store_.release(s.message);
}

template <class Queue>
void SimNetwork<Queue>::send(ProcessId from, ProcessId to, Message& m, Time leave) {
  if (!injector_.idle()) {
    const ProcessId target[1] = {to};
    transmit(from, target, m, leave, nullptr);
    return;
  }
  // As transmit does it for many.
  const std::uint64_t id = next_id();
  auto& kind = counters_.kind[m.kind().value];
  ++kind.sent;
  kind.sent_bytes += m.bytes();
  const Time gone = uplinks_.depart(from, leave, m.bytes());
  begin(id, from, 1, m, leave);
  queue_.push(gone + latency_.sample(from, to, mix(seed_ ^ id)), id, to.value);
}

template <class Queue>
void SimNetwork<Queue>::broadcast(ProcessId from, Message& m, Time leave) {
  if (overlay_.is_full()) {
    transmit(from, overlay_.neighbors(from), m, leave, nullptr);
    return;
  }
  auto* flood = new Flood{&m, std::vector<std::uint64_t>((overlay_.processes() + 63) / 64)};
  flood->test_and_set(from);
  flood->transmissions = 1;  // ours, while the first hop is being sent
  transmit(from, overlay_.neighbors(from), m, leave, flood);
  if (--flood->transmissions == 0) delete flood;
}

template <class Queue>
void SimNetwork<Queue>::relay(ProcessId at, ProcessId hop, Flood& flood) {
  targets_.clear();
  auto& kind = counters_.kind[flood.message->kind().value];
  for (const ProcessId p : overlay_.neighbors(at)) {
    if (p == hop) continue;
    ++counters_.relayed;
    if (flood.has(p)) {
      // The copy is sent and will be a duplicate whenever it arrives: count it, queue nothing.
      ++kind.sent;
      kind.sent_bytes += flood.message->bytes();
      lose(at, p, now_, *flood.message, DropReason::duplicate);
      uplinks_.depart(at, now_, flood.message->bytes());
    } else {
      targets_.push_back(p);
    }
  }
  if (!targets_.empty()) transmit(at, targets_, *flood.message, now_, &flood);
}

template <class Queue>
void SimNetwork<Queue>::transmit(ProcessId from, std::span<const ProcessId> to, Message& m,
                                 Time leave, Flood* flood) {
  const std::uint64_t id = next_id();
  auto& kind = counters_.kind[m.kind().value];
  kind.sent += to.size();
  kind.sent_bytes += to.size() * std::uint64_t{m.bytes()};
  if (to.empty()) return;

  const std::span<Time> arrivals(arrivals_.data(), to.size());
  latency_.sample(from, to, leave, mix(seed_ ^ id), arrivals);
  uplinks_.depart_all(from, leave, m.bytes(), arrivals);
  if (!injector_.idle()) {
    transmit_shaped(id, from, to, m, leave, flood);
    return;
  }
  begin(id, from, static_cast<std::uint32_t>(to.size()), m, leave, flood);
  queue_.push_all(arrivals, id, to);
}

template <class Queue>
void SimNetwork<Queue>::transmit_shaped(std::uint64_t id, ProcessId from,
                                        std::span<const ProcessId> to, Message& m, Time leave,
                                        Flood* flood) {
  copies_.clear();
  Fates fates{.from = from,
              .sent = leave,
              .to = to,
              .arrival = std::span(arrivals_.data(), to.size()),
              .copies = copies_,
              .dropped = counters_.dropped};
  if (watcher_ == nullptr) {
    injector_.shape(m, id, fates);
  } else {
    injector_.shape(m, id, fates, *watcher_);
  }

  // The record must outlive the copies that are made of it below.
  store_.hold(&m);
  const auto pending = static_cast<std::uint32_t>(queue_.push_all(fates.arrival, id, to));
  if (pending != 0) begin(id, from, pending, m, leave, flood);
  for (const Fates::Copy& copy : copies_) queue_copy(copy, from, m, leave);
  store_.release(&m);
}

template <class Queue>
void SimNetwork<Queue>::queue_copy(const Fates::Copy& copy, ProcessId from, Message& m,
                                   Time leave) {
  Message* record = &m;
  if (copy.corruption != 0) {
    record = corrupt_bytes(store_, m, copy.corruption, scheme_);
    if (record == nullptr) {
      lose(from, copy.to, leave, m, DropReason::malformed);
      return;
    }
  }
  const std::uint64_t id = next_id();
  begin(id, from, 1, *record, leave);
  queue_.push(copy.arrival, id, copy.to.value);
}

template <class Queue>
void SimNetwork<Queue>::wake(ProcessId process, Time when) {
  queue_.push(when > now_ ? when : now_, next_id(), process.value | kWakeBit);
}

template <class Queue>
void SimNetwork<Queue>::at(Time when, Task task) {
  tasks_.push(DueTask{when, next_task_++, std::make_shared<Task>(std::move(task))});
  first_task_ = tasks_.top().when;
}

template <class Queue>
void SimNetwork<Queue>::grow() {
  const std::uint64_t bigger_mask = 2 * ring_.size() - 1;
  const std::uint64_t oldest = next_id_ > ring_.size() ? next_id_ - ring_.size() : 0;
  const auto enlarge = [&](auto& by_id) {
    if (by_id.empty()) return;
    std::remove_reference_t<decltype(by_id)> bigger(bigger_mask + 1);
    for (std::uint64_t id = oldest; id < next_id_; ++id) {
      bigger[id & bigger_mask] = by_id[id & mask_];
    }
    by_id = std::move(bigger);
  };
  enlarge(ring_);
  enlarge(floods_);
  enlarge(departures_);
  mask_ = bigger_mask;
}

template class SimNetwork<TimingWheel>;
template class SimNetwork<ReferenceQueue>;

}  // namespace byzlab
