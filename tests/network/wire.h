// A simulated network with nobody behind it: messages of a wanted size go in, and who got what when
// comes out.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <unordered_map>
#include <vector>

#include "network/sim_network.h"
#include "tests/faults/toy.h"

namespace byzlab::testing {

class Wire final : public Receiver, public PacketWatcher {
 public:
  struct Setup {
    std::uint32_t n = 2;
    DelayDistribution latency = DelayDistribution::constant(std::chrono::milliseconds{10});
    std::optional<std::uint64_t> bandwidth = std::nullopt;
    std::uint32_t degree = 0;  ///< of a random overlay; 0 is full
    std::uint64_t seed = 1;
  };
  struct Arrival {
    Time at, sent;
    ProcessId to, from;
    std::uint64_t number;  ///< of the message; 0 of a corrupted one
  };
  struct Loss {
    ProcessId from, to;
    Time at;
    DropReason why;
  };

  explicit Wire(Setup setup)
      : injector(toy::kToyMessages, setup.seed),
        overlay(setup.degree == 0 ? Overlay::full(setup.n)
                                  : Overlay::random(setup.n, setup.degree, setup.seed)),
        network(SimNetworkParts{.store = &store_,
                                .injector = &injector,
                                .latency = LatencyModel(setup.latency),
                                .overlay = overlay,
                                .uplinks = Uplinks(setup.n, setup.bandwidth),
                                .seed = setup.seed}) {
    network.watch(*this);
  }

  /// A message of `bytes` on the wire, envelope included; gives its number.
  std::uint64_t send(std::uint32_t from, std::uint32_t to, std::uint32_t bytes = 200) {
    return out(from, bytes,
               [&](Message& m) { network.send(ProcessId(from), ProcessId(to), m, network.now()); });
  }
  std::uint64_t broadcast(std::uint32_t from, std::uint32_t bytes = 200) {
    return out(from, bytes,
               [&](Message& m) { network.broadcast(ProcessId(from), m, network.now()); });
  }
  void at(Duration when, std::function<void()> task) { network.at(kStart + when, std::move(task)); }
  void run(Duration until) { network.run_until(kStart + until, *this); }
  void become(std::uint32_t p, ReplicaState::Now now) { network.changed(ProcessId(p), now); }

  bool deliver(Time now, ProcessId to, Message& m) override {
    const auto known = numbers_.find(m.digest());
    const bool corrupted = known == numbers_.end();
    if ((refuses && refuses(to)) || (corrupted && !takes_corrupted)) {
      ++refused;
      return false;
    }
    const Transit way = network.transit();
    arrivals.push_back({now, way.sent, to, way.from, corrupted ? 0 : known->second});
    if (on_arrival) on_arrival(arrivals.back());
    return true;
  }
  void woken(Time, ProcessId) override {}
  void lost(ProcessId from, ProcessId to, Time, const Message&, DropReason why) override {
    losses.push_back({from, to, network.now(), why});
  }

  std::uint64_t sent() const { return total(&KindCounters::sent); }
  std::uint64_t delivered() const { return total(&KindCounters::delivered); }
  /// Every packet is somewhere: sent + copied = delivered + dropped + absent + pending.
  bool conserves() const {
    const NetworkCounters& c = network.counters();
    return sent() + c.copied ==
           delivered() + c.total_dropped() + refused + c.absent + network.pending();
  }

  std::vector<Arrival> arrivals;
  std::vector<Loss> losses;
  std::function<bool(ProcessId)> refuses;
  bool takes_corrupted = false;
  std::function<void(const Arrival&)> on_arrival;
  std::uint64_t refused = 0;
  FaultInjector injector;
  Overlay overlay;

 private:
  template <class Out>
  std::uint64_t out(std::uint32_t from, std::uint32_t bytes, Out out) {
    const std::uint64_t number = ++last_;
    std::vector<std::uint8_t> body(bytes > 120 ? bytes - 120 : 8);
    for (std::size_t i = 0; i < 8; ++i) body[i] = static_cast<std::uint8_t>(number >> 8 * i);
    Message* m = store_.make(ReplicaId(from), toy::Blob{.body = body});
    const auto missing = static_cast<std::int64_t>(bytes) - m->bytes();
    store_.hold(m);
    if (missing != 0) {
      store_.release(m);
      body.resize(body.size() + static_cast<std::size_t>(missing));
      m = store_.make(ReplicaId(from), toy::Blob{.body = body});
      store_.hold(m);
    }
    numbers_[m->digest()] = number;
    out(*m);
    store_.release(m);
    return number;
  }
  std::uint64_t total(std::uint64_t KindCounters::* what) const {
    std::uint64_t sum = 0;
    for (const auto& k : network.counters().kind) sum += k.*what;
    return sum;
  }

  MessageStore store_{toy::kToyMessages};
  std::unordered_map<std::uint64_t, std::uint64_t> numbers_;
  std::uint64_t last_ = 0;

 public:
  SimNetwork<TimingWheel> network;
};

/// Mean, and the share of a sample that is at most x.
inline double mean_of(const std::vector<double>& sample) {
  double sum = 0;
  for (const double x : sample) sum += x;
  return sum / static_cast<double>(sample.size());
}

/// Kolmogorov and Smirnov's distance of a sample to a continuous distribution.
template <class Cdf>
double ks_distance(std::vector<double> sample, Cdf cdf) {
  std::ranges::sort(sample);
  const auto n = static_cast<double>(sample.size());
  double distance = 0;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const double p = cdf(sample[i]);
    distance =
        std::max({distance, p - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - p});
  }
  return distance;
}
/// What only one sample of the true distribution in a thousand exceeds.
inline double ks_bound(std::size_t n) { return 1.95 / std::sqrt(static_cast<double>(n)); }

}  // namespace byzlab::testing
