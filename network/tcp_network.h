// The network over real sockets: every process listens on loopback, every pair has a connection
// each way, time is the steady clock's.
//
// One thread, one process of the operating system: replicas share nothing but the host that runs
// them. The scenario's latency, bandwidth and link rules act at the sender, before the bytes are
// written; what the sockets themselves cost comes on top. Frames that are due together leave in one
// write.
//
// A frame: u32 length of the rest, u32 author, 64 bytes of signature, kind, payload. Little-endian.
#pragma once

#include <memory>

#include "network/sim_network.h"

namespace byzlab {

class TcpNetwork final : public Network {
 public:
  /// Takes what a simulated network takes. Opens and connects all sockets. Throws
  /// std::runtime_error with a message for the user: an overlay that is not full, no ports or file
  /// descriptors left.
  explicit TcpNetwork(SimNetworkParts parts);
  ~TcpNetwork() override;

  Time now() const override;
  void send(ProcessId from, ProcessId to, Message& m, Time leave) override;
  void broadcast(ProcessId from, Message& m, Time leave) override;
  void wake(ProcessId process, Time when) override;
  void at(Time when, Task task) override;
  void changed(ProcessId process, ReplicaState::Now now) override;
  void run_until(Time end, Receiver& receiver) override;
  void stop() override;
  const NetworkCounters& counters() const override;
  std::uint64_t events() const override;
  std::size_t pending() const override;
  UplinkState uplink(ProcessId p) const override;
  void watch(PacketWatcher& watcher) override;
  Transit transit() const override;

 private:
  class Mesh;
  std::unique_ptr<Mesh> mesh_;
};

}  // namespace byzlab
