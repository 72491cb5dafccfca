// The network in virtual time: one thread, one event queue, no clock but the next event's.
//
// A transmission (a unicast, a broadcast, or one hop of a flood) gets the next id; the queue holds
// one 8-byte entry for each destination, (time, id, destination), and a ring maps ids to records.
// With a bandwidth every packet is a transmission of its own, from the moment it leaves its uplink.
// The order of everything: tasks of an instant first, in the order they were given, then what
// leaves uplinks by sender, then deliveries and wake-ups by (time, id, destination).
#pragma once

#include <memory>
#include <queue>
#include <variant>
#include <vector>

#include "network/event_queue.h"
#include "network/journey.h"
#include "network/latency.h"
#include "network/link.h"
#include "network/overlay.h"
#include "network/reference_queue.h"
#include "network/routes.h"
#include "network/timing_wheel.h"
#include "network/transport.h"
#include "network/uplink.h"

namespace byzlab {

/// What a simulated network is made of. What is referred to must outlive the network.
struct SimNetworkParts {
  MessageStore* store = nullptr;
  FaultInjector* injector = nullptr;
  LatencyModel latency;
  Overlay overlay;  ///< unless it is full, broadcasts flood it and unicasts go from hop to hop
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
  void changed(ProcessId process, ReplicaState::Now now) override;
  void stop_after(std::uint64_t events) override {
    last_event_ = events;
    next_look_ = std::min(next_look_, last_event_);
  }
  bool stands_still() const override { return stands_still_; }
  const NetworkCounters& counters() const override { return counters_; }

  std::uint64_t events() const override { return events_; }
  std::size_t pending() const override { return queue_.size() + uplinks_.waiting(); }
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
  /// A transmission under way.
  struct Slot {
    Message* message = nullptr;
    std::uint32_t pending = 0;  // destinations it has not reached yet
    ProcessId hop{};            // who transmitted it
  };
  /// What a paused process relays when it goes on.
  struct Held {
    Journey* journey;
    ProcessId hop;
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

  void count_sent(const Message& m, std::uint64_t packets) {
    auto& kind = counters_.kind[m.kind().value];
    kind.sent += packets;
    kind.sent_bytes += packets * m.bytes();
  }
  /// On the way, at `leave`, to some processes. Over a full overlay there is no journey.
  void transmit(ProcessId from, std::span<const ProcessId> to, Message& m, Time leave,
                Journey* journey = nullptr);
  /// As transmit, where a rule may change what arrives.
  void transmit_shaped(std::uint64_t id, ProcessId from, std::span<const ProcessId> to, Message& m,
                       Time leave, Journey* journey);
  void queue_copy(const Fates::Copy& copy, ProcessId from, Message& m, Time leave,
                  Journey* journey);
  void lose(ProcessId from, ProcessId to, Time sent, const Message& m, DropReason why) {
    ++counters_.dropped[static_cast<std::size_t>(why)];
    if (watcher_ != nullptr) watcher_->lost(from, to, sent, m, why);
  }
  /// Begins a transmission to `pending` destinations, at least one, and holds the message for it.
  void begin(std::uint64_t id, ProcessId from, std::uint32_t pending, Message& m, Time leave,
             Journey* journey = nullptr) {
    ring_[id & mask_] = Slot{&m, pending, from};
    store_.hold(&m);
    if (watcher_ != nullptr) departures_[id & mask_] = leave;
    if (journeys_.empty()) return;
    journeys_[id & mask_] = journey;
    if (journey != nullptr) ++journey->carriers;
  }
  std::uint64_t next_id() {
    while (ring_[next_id_ & mask_].pending != 0) grow();
    return next_id_++;
  }
  Slot& slot(std::uint64_t id) { return ring_[id & mask_]; }
  void grow();
  void run_due();
  void run_task();
  void look_at_progress();
  void find_first_due() { first_due_ = std::min(first_task_, uplinks_.next()); }
  void fetch_ahead(const Receiver& receiver) const;
  void arrive(std::uint64_t id, ProcessId to, Receiver& receiver);
  void settle(std::uint64_t id);

  // The uplinks.
  void give(ProcessId from, Uplinks::Load load, Time leave);
  void leave_uplink();
  void empty_uplink(ProcessId p);

  // Journeys over an overlay that is not full.
  void arrive_on_journey(std::uint64_t id, ProcessId to, Receiver& receiver);
  void hand_on(ProcessId at, ProcessId hop, Journey& journey);
  void relay(ProcessId at, ProcessId hop, Journey& flood);
  void pass_on(ProcessId at, Journey& unicast, Time leave);
  std::optional<ProcessId> next_hop(ProcessId at, ProcessId to);
  void go_on(ProcessId p);
  /// One carrier of a message fewer.
  void put_down(Journey* journey, Message& m) {
    if (journey != nullptr && --journey->carriers == 0) delete journey;
    store_.release(&m);
  }

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
  std::vector<Journey*> journeys_;  // beside ring_, when the overlay is not full
  std::vector<Time> departures_;    // beside ring_, when somebody watches
  std::uint64_t arriving_ = 0;      // the transmission being delivered
  std::uint64_t next_id_ = 1;
  std::priority_queue<DueTask, std::vector<DueTask>, std::greater<>> tasks_;
  Time first_task_ = kNever;  // of tasks_
  Time first_due_ = kNever;   // of tasks_ and uplinks_
  std::uint64_t next_task_ = 0;
  bool plain_;  // no uplinks and a full overlay: nothing on a packet's way
  std::vector<ReplicaState::Now> state_;  // by process
  std::vector<std::vector<Held>> held_;   // by process, when the overlay is not full
  Routes routes_;
  std::uint64_t routes_know_ = 0;  // of the injector's changes
  std::uint64_t loads_ = 0;        // given to uplinks
  std::uint64_t hops_ = 0;         // of unicasts over the overlay

  std::vector<Time> arrivals_;       // scratch of transmit
  std::vector<Fates::Copy> copies_;  // scratch of transmit_shaped
  std::vector<ProcessId> targets_;   // scratch of relay
  NetworkCounters counters_;
  std::uint64_t events_ = 0;
  std::uint64_t last_event_ = ~std::uint64_t{0};
  // Time stands still when it is the same at two looks that are `patience_` events apart.
  std::uint64_t patience_;
  std::uint64_t progress_due_;  // the event of the next such look
  std::uint64_t next_look_;     // of that, or of the last event
  Time looked_at_ = kNever;
  bool stands_still_ = false;
};

extern template class SimNetwork<TimingWheel>;
extern template class SimNetwork<ReferenceQueue>;

}  // namespace byzlab
