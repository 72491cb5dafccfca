// The seam between the two worlds. Nothing above this file knows whether a message crosses virtual
// time or a real socket.
//
// A network carries records between processes and keeps the time. It owns neither: the host that
// uses it does. What it delivers has survived the overlay, the link rules and the queues; authentic
// or not is the receiver's to check.
#pragma once

#include <algorithm>
#include <functional>
#include <numeric>
#include <span>

#include "base/event.h"
#include "base/ids.h"
#include "base/message.h"
#include "base/time.h"
#include "network/uplink.h"

namespace byzlab {

/// Called by a network, one call at a time, times never decreasing.
class Receiver {
 public:
  virtual ~Receiver() = default;
  /// `m` reached `to`. True when the receiver took it: it counts as delivered, and an overlay may
  /// relay it further. What it refuses, the receiver counts as dropped.
  virtual bool deliver(Time now, ProcessId to, Message& m) = 0;
  /// Something will soon be delivered to `to`, most likely; and a little later, that it is `m`. A
  /// chance to fetch what that touches. No effect.
  virtual void expect(ProcessId /*to*/) const {}
  virtual void expect(ProcessId /*to*/, const Message& /*m*/) const {}
  /// A wake-up asked for with Network::wake.
  virtual void woken(Time now, ProcessId process) = 0;
};

/// Counts of the message path, by kind. A unicast is one message, a broadcast one a destination;
/// copies to self count nowhere.
struct KindCounters {
  std::uint64_t sent = 0;  ///< handed to the network, one a destination
  std::uint64_t sent_bytes = 0;
  std::uint64_t delivered = 0;  ///< taken by who they reached
};

/// sent + copied = delivered + dropped + absent + what is under way.
struct NetworkCounters {
  std::array<KindCounters, kKindLimit> kind{};
  std::array<std::uint64_t, kDropReasons> dropped{};  ///< by DropReason
  std::uint64_t relayed = 0;  ///< of those sent, the ones an overlay's relays sent
  std::uint64_t copied = 0;   ///< packets that link rules made beside those that were sent
  std::uint64_t absent = 0;   ///< of those sent, the ones to where no link goes (twins)

  std::uint64_t total_dropped() const {
    return std::accumulate(dropped.begin(), dropped.end(), std::uint64_t{0});
  }
  /// After rules: of `packets` sent, so many packets and copies are under way or dropped.
  void balance(std::uint64_t packets, std::uint64_t known) {
    copied += known - std::min(known, packets);
    absent += packets - std::min(known, packets);
  }
};

/// Wants to know of the packets that get lost between their processes.
class PacketWatcher {
 public:
  virtual ~PacketWatcher() = default;
  virtual void lost(ProcessId from, ProcessId to, Time sent, const Message& m, DropReason why) = 0;
};

/// A packet's way so far.
struct Transit {
  ProcessId from{};  ///< who sent it here: its author, or who relayed it
  Time sent{};       ///< when it left there
};

class Network {
 public:
  using Task = std::function<void()>;

  virtual ~Network() = default;

  virtual Time now() const = 0;
  /// To one process, on the direct link, leaving the sender at `leave` ≥ now(). The network holds
  /// the record until it is delivered or lost.
  virtual void send(ProcessId from, ProcessId to, Message& m, Time leave) = 0;
  /// To every other process, by the overlay's plan.
  virtual void broadcast(ProcessId from, Message& m, Time leave) = 0;
  /// woken(process) at `when`, or at once if that has passed. Wake-ups can't be taken back.
  virtual void wake(ProcessId process, Time when) = 0;
  /// Runs a task at `when`. For what is rare: faults, the workload, sampling.
  virtual void at(Time when, Task task) = 0;
  /// Delivers until `end` (inclusive) or stop().
  virtual void run_until(Time end, Receiver& receiver) = 0;
  virtual void stop() = 0;
  /// A process has stopped, or goes on. What waits in the uplink of one that crashed is lost.
  /// Nothing passes through one that is not up; what reached it while it was paused it relays when
  /// it goes on.
  virtual void changed(ProcessId /*process*/, ReplicaState::Now /*now*/) {}
  /// As stop(), once this many events have been handled; real time needs no such limit.
  virtual void stop_after(std::uint64_t /*events*/) {}
  /// run_until() gave up: so many events happened at one instant that time stands still.
  virtual bool stands_still() const { return false; }
  virtual const NetworkCounters& counters() const = 0;
  /// Deliveries, wake-ups and tasks handled so far.
  virtual std::uint64_t events() const = 0;
  /// How many more are planned by now.
  virtual std::size_t pending() const = 0;
  virtual UplinkState uplink(ProcessId p) const = 0;

  /// Tells of lost packets from now on, and remembers when packets left. Before anything is sent.
  virtual void watch(PacketWatcher& watcher) = 0;
  /// During Receiver::deliver, with a watcher: the way of the packet that arrives.
  virtual Transit transit() const = 0;
};

}  // namespace byzlab
