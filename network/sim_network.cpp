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
      journeys_(overlay_.is_full() ? 0 : ring_.size()),
      plain_(uplinks_.unlimited() && overlay_.is_full()),
      state_(overlay_.processes(), ReplicaState::Now::up),
      held_(overlay_.is_full() ? 0 : overlay_.processes()),
      arrivals_(overlay_.processes()),
      // Many at one instant are usual: everybody hears everybody, and no two latencies differ.
      patience_(1'000'000 + 64 * std::uint64_t{overlay_.processes()} * overlay_.processes()),
      progress_due_(patience_),
      next_look_(patience_) {}

template <class Queue>
SimNetwork<Queue>::~SimNetwork() {
  for (std::size_t i = 0; i < ring_.size(); ++i) {
    if (ring_[i].pending == 0) continue;
    ring_[i].pending = 1;
    settle(i);
  }
  for (std::uint32_t p = 0; p < state_.size(); ++p) {
    uplinks_.empty(ProcessId(p), overlay_, now_, [&](const Uplinks::Packet& packet) {
      if (packet.last) put_down(packet.journey, *packet.message);
    });
  }
  for (const auto& held : held_) {
    for (const Held& h : held) put_down(h.journey, *h.journey->message);
  }
}

template <class Queue>
void SimNetwork<Queue>::run_until(Time end, Receiver& receiver) {
  stopped_ = false;
  QueuedEvent event;
  while (!stopped_) {
    // Tasks and departures of an instant come before its deliveries.
    if (first_due_ <= now_) {
      run_due();
    } else if (queue_.pop(std::min(end, first_due_ - Duration{1}), event)) [[likely]] {
      now_ = event.time;
      if (++events_ >= next_look_) [[unlikely]]
        look_at_progress();
      if (queue_.size() >= kManyPending) fetch_ahead(receiver);
      if ((event.destination & kWakeBit) == 0) [[likely]] {
        arrive(event.id, ProcessId(event.destination), receiver);
      } else {
        receiver.woken(now_, ProcessId(event.destination & ~kWakeBit));
      }
    } else if (first_due_ <= end) {
      now_ = first_due_;
      run_due();
    } else {
      now_ = end;
      return;
    }
  }
}

template <class Queue>
void SimNetwork<Queue>::look_at_progress() {
  if (events_ >= progress_due_) {
    stands_still_ = now_ == looked_at_;
    looked_at_ = now_;
    progress_due_ = events_ + patience_;
  }
  if (events_ >= last_event_ || stands_still_) stopped_ = true;
  next_look_ = std::min(last_event_, progress_due_);
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
void SimNetwork<Queue>::run_due() {
  if (first_task_ <= now_) {
    run_task();
  } else {
    leave_uplink();
  }
  find_first_due();
}

template <class Queue>
void SimNetwork<Queue>::run_task() {
  const DueTask due = tasks_.top();
  tasks_.pop();
  first_task_ = tasks_.empty() ? kNever : tasks_.top().when;
  if (++events_ >= next_look_) look_at_progress();
  (*due.task)();
}

template <class Queue>
inline void SimNetwork<Queue>::arrive(std::uint64_t id, ProcessId to, Receiver& receiver) {
  arriving_ = id;
  if (!journeys_.empty() && journeys_[id & mask_] != nullptr) {
    arrive_on_journey(id, to, receiver);
    return;
  }
  Message& m = *slot(id).message;
  // The receiver may make the ring grow.
  if (receiver.deliver(now_, to, m)) ++counters_.kind[m.kind().value].delivered;
  if (--slot(id).pending == 0) store_.release(&m);
}

template <class Queue>
void SimNetwork<Queue>::settle(std::uint64_t id) {
  Slot& s = slot(id);
  if (--s.pending != 0) return;
  put_down(journeys_.empty() ? nullptr : journeys_[id & mask_], *s.message);
}

template <class Queue>
void SimNetwork<Queue>::send(ProcessId from, ProcessId to, Message& m, Time leave) {
  if (!plain_ && !overlay_.is_full()) {
    auto* journey = new Journey(m, to);
    journey->carriers = 1;  // ours, while it sets out
    store_.hold(&m);
    pass_on(from, *journey, leave);
    put_down(journey, m);
    return;
  }
  count_sent(m, 1);
  if (!plain_) {
    give(from, {.message = &m, .to = to}, leave);
  } else if (!injector_.idle()) {
    const ProcessId target[1] = {to};
    transmit(from, target, m, leave);
  } else {
    // As transmit does it for many.
    const std::uint64_t id = next_id();
    begin(id, from, 1, m, leave);
    queue_.push(leave + latency_.sample(from, to, mix(seed_ ^ id)), id, to.value);
  }
}

template <class Queue>
void SimNetwork<Queue>::broadcast(ProcessId from, Message& m, Time leave) {
  if (plain_) {
    const auto to = overlay_.neighbors(from);
    count_sent(m, to.size());
    transmit(from, to, m, leave);
    return;
  }
  Journey* flood = nullptr;
  if (!overlay_.is_full()) {
    flood = new Journey(m, overlay_.processes());
    flood->reached(from);
    flood->carriers = 1;  // ours, while the first hop is being sent
  }
  store_.hold(&m);
  count_sent(m, overlay_.degree(from));
  if (uplinks_.unlimited()) {
    transmit(from, overlay_.neighbors(from), m, leave, flood);
  } else {
    give(from, {.message = &m, .journey = flood, .packets = overlay_.degree(from)}, leave);
  }
  put_down(flood, m);
}

template <class Queue>
void SimNetwork<Queue>::transmit(ProcessId from, std::span<const ProcessId> to, Message& m,
                                 Time leave, Journey* journey) {
  const std::uint64_t id = next_id();
  if (to.empty()) return;
  const std::span<Time> arrivals(arrivals_.data(), to.size());
  latency_.sample(from, to, leave, mix(seed_ ^ id), arrivals);
  if (!injector_.idle()) {
    transmit_shaped(id, from, to, m, leave, journey);
    return;
  }
  begin(id, from, static_cast<std::uint32_t>(to.size()), m, leave, journey);
  queue_.push_all(arrivals, id, to);
}

template <class Queue>
void SimNetwork<Queue>::transmit_shaped(std::uint64_t id, ProcessId from,
                                        std::span<const ProcessId> to, Message& m, Time leave,
                                        Journey* journey) {
  copies_.clear();
  Fates fates{.from = from,
              .sent = leave,
              .to = to,
              .arrival = std::span(arrivals_.data(), to.size()),
              .copies = copies_,
              .dropped = counters_.dropped};
  const std::uint64_t dropped_before = counters_.total_dropped();
  if (watcher_ == nullptr) {
    injector_.shape(m, id, fates);
  } else {
    injector_.shape(m, id, fates, *watcher_);
  }

  // The record must outlive the copies that are made of it below.
  store_.hold(&m);
  const auto pending = static_cast<std::uint32_t>(queue_.push_all(fates.arrival, id, to));
  if (pending != 0) begin(id, from, pending, m, leave, journey);
  counters_.balance(to.size(),
                    pending + copies_.size() + counters_.total_dropped() - dropped_before);
  for (const Fates::Copy& copy : copies_) queue_copy(copy, from, m, leave, journey);
  store_.release(&m);
}

// A true copy goes the way of its original. A corrupted one is another message: an overlay floods
// it by itself.
template <class Queue>
void SimNetwork<Queue>::queue_copy(const Fates::Copy& copy, ProcessId from, Message& m, Time leave,
                                   Journey* journey) {
  Message* record = &m;
  if (copy.corruption != 0) {
    record = corrupt_bytes(store_, m, copy.corruption, scheme_);
    if (record == nullptr) {
      lose(from, copy.to, leave, m, DropReason::malformed);
      return;
    }
    if (journey != nullptr && journey->is_flood()) {
      journey = new Journey(*record, overlay_.processes());
      journey->reached(from);
    } else if (journey != nullptr) {
      journey = new Journey(*record, *journey->to);
    }
  }
  const std::uint64_t id = next_id();
  begin(id, from, 1, *record, leave, journey);
  queue_.push(copy.arrival, id, copy.to.value);
}

// ------------------------------------------------------------------------------------ uplinks

template <class Queue>
void SimNetwork<Queue>::give(ProcessId from, Uplinks::Load load, Time leave) {
  if (load.packets == 0) return;
  store_.hold(load.message);
  if (load.journey != nullptr) ++load.journey->carriers;
  uplinks_.give(from, load, overlay_, mix(seed_, 0x10AD, ++loads_), leave);
  find_first_due();
}

template <class Queue>
void SimNetwork<Queue>::leave_uplink() {
  const Uplinks::Packet packet = uplinks_.take(overlay_);
  if (packet.journey != nullptr && packet.journey->is_flood() && packet.journey->has(packet.to)) {
    lose(packet.from, packet.to, now_, *packet.message, DropReason::duplicate);  // as in relay()
  } else {
    const ProcessId to[1] = {packet.to};
    transmit(packet.from, to, *packet.message, now_, packet.journey);
  }
  if (packet.last) put_down(packet.journey, *packet.message);
}

template <class Queue>
void SimNetwork<Queue>::empty_uplink(ProcessId p) {
  uplinks_.empty(p, overlay_, now_, [&](const Uplinks::Packet& packet) {
    lose(p, packet.to, now_, *packet.message, DropReason::sender_down);
    if (packet.last) put_down(packet.journey, *packet.message);
  });
  find_first_due();
}

template <class Queue>
void SimNetwork<Queue>::changed(ProcessId p, ReplicaState::Now now) {
  using Now = ReplicaState::Now;
  state_[p.value] = now == Now::resumed ? Now::up : now;
  routes_.forget();
  if (now == Now::crashed) empty_uplink(p);
  if (now != Now::paused) go_on(p);
}

// ------------------------------------------------------------------------------------- overlay

template <class Queue>
void SimNetwork<Queue>::arrive_on_journey(std::uint64_t id, ProcessId to, Receiver& receiver) {
  const Slot s = slot(id);  // a copy: the ring may grow while the handler runs
  Journey& journey = *journeys_[id & mask_];
  Message& m = *s.message;
  const bool passes_by = !journey.is_flood() && *journey.to != to;
  if (journey.is_flood() && journey.has(to)) {
    lose(s.hop, to, transit().sent, m, DropReason::duplicate);
  } else if (passes_by && state_[to.value] == ReplicaState::Now::crashed) {
    lose(s.hop, to, transit().sent, m, DropReason::receiver_down);
  } else {
    if (journey.is_flood()) journey.reached(to);
    if (passes_by || receiver.deliver(now_, to, m)) {
      ++counters_.kind[m.kind().value].delivered;
      if (passes_by || journey.is_flood()) hand_on(to, s.hop, journey);
    } else if (journey.is_flood()) {
      journey.missed(to);  // it may take a later copy
    }
  }
  settle(id);
}

template <class Queue>
void SimNetwork<Queue>::hand_on(ProcessId at, ProcessId hop, Journey& journey) {
  if (state_[at.value] == ReplicaState::Now::paused) {
    ++journey.carriers;
    store_.hold(journey.message);
    held_[at.value].push_back({&journey, hop});
  } else if (journey.is_flood()) {
    relay(at, hop, journey);
  } else {
    ++counters_.relayed;
    pass_on(at, journey, now_);
  }
}

template <class Queue>
void SimNetwork<Queue>::relay(ProcessId at, ProcessId hop, Journey& flood) {
  Message& m = *flood.message;
  if (!uplinks_.unlimited()) {
    const std::uint32_t packets = overlay_.degree(at) - 1;
    counters_.relayed += packets;
    count_sent(m, packets);
    give(at, {.message = &m, .journey = &flood, .skip = hop, .packets = packets}, now_);
    return;
  }
  targets_.clear();
  for (const ProcessId p : overlay_.neighbors(at)) {
    if (p == hop) continue;
    ++counters_.relayed;
    if (flood.has(p)) {
      // The copy is sent and will be a duplicate whenever it arrives: count it, queue nothing.
      count_sent(m, 1);
      lose(at, p, now_, m, DropReason::duplicate);
    } else {
      targets_.push_back(p);
    }
  }
  if (targets_.empty()) return;
  count_sent(m, targets_.size());
  transmit(at, targets_, m, now_, &flood);
}

template <class Queue>
void SimNetwork<Queue>::pass_on(ProcessId at, Journey& unicast, Time leave) {
  Message& m = *unicast.message;
  count_sent(m, 1);
  const auto next = next_hop(at, *unicast.to);
  if (!next) {
    lose(at, *unicast.to, leave, m, DropReason::partition);
  } else if (uplinks_.unlimited()) {
    const ProcessId to[1] = {*next};
    transmit(at, to, m, leave, &unicast);
  } else {
    give(at, {.message = &m, .journey = &unicast, .to = next}, leave);
  }
}

template <class Queue>
std::optional<ProcessId> SimNetwork<Queue>::next_hop(ProcessId at, ProcessId to) {
  if (std::exchange(routes_know_, injector_.changes()) != injector_.changes()) routes_.forget();
  return routes_.next_hop(overlay_, at, to, mix(seed_, 0x40B, ++hops_),
                          [&](ProcessId p, ProcessId q) {
                            const bool relays = state_[q.value] == ReplicaState::Now::up;
                            return (q == to || relays) && !injector_.severed(p, q);
                          });
}

// What it was told while it was paused it relays now; what it was told and then crashed, never.
template <class Queue>
void SimNetwork<Queue>::go_on(ProcessId p) {
  if (held_.empty()) return;
  for (const Held& held : std::exchange(held_[p.value], {})) {
    if (state_[p.value] == ReplicaState::Now::up) hand_on(p, held.hop, *held.journey);
    put_down(held.journey, *held.journey->message);
  }
}

// ------------------------------------------------------------------------------------------

template <class Queue>
void SimNetwork<Queue>::wake(ProcessId process, Time when) {
  queue_.push(when > now_ ? when : now_, next_id(), process.value | kWakeBit);
}

template <class Queue>
void SimNetwork<Queue>::at(Time when, Task task) {
  tasks_.push(DueTask{when, next_task_++, std::make_shared<Task>(std::move(task))});
  first_task_ = tasks_.top().when;
  find_first_due();
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
  enlarge(journeys_);
  enlarge(departures_);
  mask_ = bigger_mask;
}

template class SimNetwork<TimingWheel>;
template class SimNetwork<ReferenceQueue>;

}  // namespace byzlab
