// The network in virtual time: one thread, one event queue, no clock but the next event's.
//
// A transmission (a unicast, a broadcast, or one hop of a flood) gets the next id; the queue holds
// one 8-byte entry for each destination, (time, id, destination), and a ring maps ids to records.
// The order of everything: tasks of an instant first, in the order they were given, then deliveries
// and wake-ups by (time, id, destination).
#pragma once

#include <memory>
#include <queue>
#include <variant>
#include <vector>

#include "network/event_queue.h"
#include "network/latency.h"
#include "network/link.h"
#include "network/overlay.h"
#include "network/reference_queue.h"
#include "network/timing_wheel.h"
#include "network/transport.h"
#include "network/uplink.h"

namespace byzlab {

/// What a simulated network is made of. What is referred to must outlive the network.
struct SimNetworkParts {
  MessageStore* store = nullptr;
  FaultInjector* injector = nullptr;
  LatencyModel latency;
  Overlay overlay;  ///< broadcasts flood it, unless it is full
  Uplinks uplinks;
  std::uint64_t seed = 0;
  HashScheme scheme = HashScheme::modelled;  ///< of digests in corrupted copies
};

template <class Queue>
class SimNetwork final : public Network {
 public:
  explicit SimNetwork(SimNetworkParts parts);
  ~SimNetwork() override;

  Time now() const override { return now_; }
  void send(ProcessId from, ProcessId to, Message& m, Time leave) override;
  void broadcast(ProcessId from, Message& m, Time leave) override;
  void wake(ProcessId process, Time when) override;
  void at(Time when, Task task) override;
  void run_until(Time end, Receiver& receiver) override;
  void stop() override { stopped_ = true; }
  void stop_after(std::uint64_t events) override { last_event_ = events; }
  const NetworkCounters& counters() const override { return counters_; }

  std::uint64_t events() const override { return events_; }
  std::size_t pending() const override { return queue_.size(); }
  UplinkState uplink(ProcessId p) const override { return uplinks_.state(p); }
  void watch(PacketWatcher& watcher) override {
    watcher_ = &watcher;
    departures_.resize(ring_.size());
  }
  Transit transit() const override {
    return {.from = ring_[arriving_ & mask_].hop,
            .sent = watcher_ == nullptr ? now_ : departures_[arriving_ & mask_]};
  }
  std::size_t queue_bytes() const { return queue_.memory_bytes(); }

 private:
  /// One flooded broadcast: who has it. Lives while copies of it are under way.
  struct Flood {
    Message* message;
    std::vector<std::uint64_t> seen;
    std::uint32_t transmissions = 0;
    bool test_and_set(ProcessId p) {
      const std::uint64_t bit = std::uint64_t{1} << (p.value % 64);
      const bool had = (seen[p.value / 64] & bit) != 0;
      seen[p.value / 64] |= bit;
      return had;
    }
    bool has(ProcessId p) const { return (seen[p.value / 64] >> (p.value % 64) & 1) != 0; }
  };
  /// A transmission under way.
  struct Slot {
    Message* message = nullptr;
    std::uint32_t pending = 0;  // destinations it has not reached yet
    ProcessId hop{};            // who transmitted it
  };
  struct DueTask {
    Time when;
    std::uint64_t order;
    std::shared_ptr<Task> task;
    bool operator>(const DueTask& other) const {
      return std::tie(when, order) > std::tie(other.when, other.order);
    }
  };

  /// A queue entry whose destination has this bit is a wake-up.
  static constexpr std::uint32_t kWakeBit = 1u << 17;
  /// How many events ahead of its use memory is fetched.
  static constexpr std::size_t kSlotAhead = 8;
  static constexpr std::size_t kMessageAhead = 3;
  static constexpr std::size_t kManyPending = 1024;

  void transmit(ProcessId from, std::span<const ProcessId> to, Message& m, Time leave,
                Flood* flood);
  /// As transmit, where a rule may change what arrives.
  void transmit_shaped(std::uint64_t id, ProcessId from, std::span<const ProcessId> to, Message& m,
                       Time leave, Flood* flood);
  void queue_copy(const Fates::Copy& copy, ProcessId from, Message& m, Time leave);
  void lose(ProcessId from, ProcessId to, Time sent, const Message& m, DropReason why) {
    ++counters_.dropped[static_cast<std::size_t>(why)];
    if (watcher_ != nullptr) watcher_->lost(from, to, sent, m, why);
  }
  /// Begins a transmission to `pending` destinations, at least one, and holds the message for it.
  void begin(std::uint64_t id, ProcessId from, std::uint32_t pending, Message& m, Time leave,
             Flood* flood = nullptr) {
    ring_[id & mask_] = Slot{&m, pending, from};
    store_.hold(&m);
    if (watcher_ != nullptr) departures_[id & mask_] = leave;
    if (floods_.empty()) return;
    floods_[id & mask_] = flood;
    if (flood != nullptr) ++flood->transmissions;
  }
  std::uint64_t next_id() {
    while (ring_[next_id_ & mask_].pending != 0) grow();
    return next_id_++;
  }
  Slot& slot(std::uint64_t id) { return ring_[id & mask_]; }
  void grow();
  void run_task();
  void fetch_ahead(const Receiver& receiver) const;
  void arrive(std::uint64_t id, ProcessId to, Receiver& receiver);
  void arrive_flooded(std::uint64_t id, ProcessId to, Receiver& receiver);
  void relay(ProcessId at, ProcessId hop, Flood& flood);
  void settle(std::uint64_t id);

  MessageStore& store_;
  FaultInjector& injector_;
  LatencyModel latency_;
  Overlay overlay_;
  Uplinks uplinks_;
  std::uint64_t seed_;
  HashScheme scheme_;

  Queue queue_;
  Time now_ = kStart;
  bool stopped_ = false;
  std::vector<Slot> ring_;
  std::uint64_t mask_;
  PacketWatcher* watcher_ = nullptr;
  std::vector<Flood*> floods_;    // beside ring_, when the overlay is not full
  std::vector<Time> departures_;  // beside ring_, when somebody watches
  std::uint64_t arriving_ = 0;    // the transmission being delivered
  std::uint64_t next_id_ = 1;
  std::priority_queue<DueTask, std::vector<DueTask>, std::greater<>> tasks_;
  Time first_task_ = kNever;  // of tasks_
  std::uint64_t next_task_ = 0;

  std::vector<Time> arrivals_;       // scratch of transmit
  std::vector<Fates::Copy> copies_;  // scratch of transmit_shaped
  std::vector<ProcessId> targets_;   // scratch of relay
  NetworkCounters counters_;
  std::uint64_t events_ = 0;
  std::uint64_t last_event_ = ~std::uint64_t{0};
};

extern template class SimNetwork<TimingWheel>;
extern template class SimNetwork<ReferenceQueue>;

}  // namespace byzlab
