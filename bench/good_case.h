// The good case of a protocol on the real host and network, with nothing else: no clients, no
// judge.
//
// Requests come from a well that never runs dry, so that what is measured is the message path:
// engine, host, injector, counters, trace hash.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "consensus/registry.h"
#include "network/sim_network.h"
#include "testbed/replica_host.h"

namespace byzlab::bench {

/// A request whenever one is asked for.
class Well final : public Mempool {
 public:
  explicit Well(const Crypto& crypto) : crypto_(crypto) {}
  bool pending() override { return true; }
  std::vector<Request> batch(BatchLimit, std::span<const BlockRef>) override {
    Request r{.id = RequestId(next_++), .client = ClientId(0), .bytes = 8};
    r.auth = crypto_.authenticate(r);
    return {r};
  }

 private:
  const Crypto& crypto_;
  std::uint64_t next_ = 0;
};

class Nobody final : public Mempool {
 public:
  bool pending() override { return false; }
  std::vector<Request> batch(BatchLimit, std::span<const BlockRef>) override { return {}; }
};

/// Who has requests. Only the first leader, where a backup with some would start a view change
/// timer; everybody, where the leader is elected.
enum class Requests : std::uint8_t { at_first, everywhere };

template <class Queue>
class GoodCase final : private CommitSink {
 public:
  GoodCase(const EngineInfo& info, std::uint32_t n, const Options& options, LatencyModel latency,
           Overlay overlay, Requests requests = Requests::at_first)
      : info_(info),
        committee_(Committee(n).with(info.fault_bound(n), info.quorum(n))),
        crypto_(Crypto::Scheme::modelled, 1, n),
        store_(info_.messages),
        well_(crypto_),
        injector(info_.messages, 1),
        network(SimNetworkParts{.store = &store_,
                                .injector = &injector,
                                .latency = std::move(latency),
                                .overlay = std::move(overlay),
                                .uplinks = Uplinks(n, std::nullopt),
                                .seed = 1}) {
    std::vector<ReplicaId> replica_of;
    for (std::uint32_t i = 0; i < n; ++i) replica_of.push_back(ReplicaId(i));
    host = std::make_unique<ReplicaHost>(ReplicaHost::Parts{
        .committee = &committee_,
        .crypto = &crypto_,
        .store = &store_,
        .network = &network,
        .events = &events,
        .commits = this,
        .replica_of = std::move(replica_of),
        .make_engine = [this, options](ProcessId) { return info_.make(options); },
        .mempool = [this, requests](ProcessId p) -> Mempool& {
          if (p.value == 0 || requests == Requests::everywhere) return well_;
          return nobody_;
        },
        .costs = {},
        .seed = 1});
  }
  void start() {
    host->start();
    host->request_arrives(ProcessId(0), kStart);
  }
  void run_until(Time end) { network.run_until(end, *host); }
  std::uint64_t delivered() const {
    std::uint64_t total = 0;
    for (const auto& k : network.counters().kind) total += k.delivered;
    return total;
  }
  std::uint64_t commits() const { return commits_; }

 private:
  void committed(ProcessId, const Block&) override { ++commits_; }

  EngineInfo info_;
  Committee committee_;
  Crypto crypto_;
  MessageStore store_;
  Well well_;
  Nobody nobody_;
  std::uint64_t commits_ = 0;

 public:
  EventStream events;
  FaultInjector injector;
  SimNetwork<Queue> network;
  std::unique_ptr<ReplicaHost> host;
};

/// Eight regions a few milliseconds to 150 ms apart, with 10 % jitter: what SPEED figures are taken
/// on.
inline LatencyModel eight_regions(std::uint32_t n) {
  DelayMatrix matrix;
  for (int i = 0; i < 8; ++i) matrix.names.push_back("region" + std::to_string(i));
  for (int i = 0; i < 8; ++i) {
    for (int j = 0; j < 8; ++j) {
      matrix.one_way.push_back(std::chrono::milliseconds{2 + 20 * (i < j ? j - i : i - j)});
    }
  }
  std::vector<std::uint16_t> region_of;
  for (std::uint32_t p = 0; p < n; ++p) region_of.push_back(static_cast<std::uint16_t>(p % 8));
  return LatencyModel(matrix, region_of,
                      DelayDistribution::lognormal(std::chrono::milliseconds{5}, 0.5));
}

}  // namespace byzlab::bench
