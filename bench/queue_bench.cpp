// The event queues under the hold model (Jones 1986): a queue of constant size; each hold pops the
// first event and pushes one a random delay later. Delays look like a wide-area network's: 8
// regions' distances and a spread. The argument is the number pending, the time is a hold's;
// `bytes` is memory a pending event.
#include <benchmark/benchmark.h>

#include <chrono>
#include <vector>

#include "base/rng.h"
#include "network/reference_queue.h"
#include "network/timing_wheel.h"

namespace byzlab {
namespace {

using namespace std::chrono_literals;

/// Delays drawn beforehand, so that drawing is not measured.
std::vector<Duration> delays() {
  Rng rng(3);
  std::vector<Duration> drawn(1 << 16);
  for (auto& d : drawn) d = 2ms + 10ms * static_cast<int>(rng.below(8)) + rng.exponential(5ms);
  return drawn;
}

template <class Queue>
void hold(benchmark::State& state) {
  const auto pending = static_cast<std::size_t>(state.range(0));
  const auto drawn = delays();
  Queue queue(2ms, 150ms);
  std::uint64_t id = 0;
  QueuedEvent e;
  const auto step = [&] {
    queue.pop(kNever, e);
    ++id;
    queue.push(e.time + drawn[id % drawn.size()], id, static_cast<std::uint32_t>(id & 1023));
  };
  for (; id < pending; ++id) queue.push(kStart + drawn[id % drawn.size()], id, id & 1023);
  for (std::size_t i = 0; i < std::max<std::size_t>(pending, 100'000); ++i) step();
  for (auto _ : state) step();
  state.counters["bytes"] =
      static_cast<double>(queue.memory_bytes()) / static_cast<double>(queue.size());
}
BENCHMARK(hold<TimingWheel>)->RangeMultiplier(10)->Range(10, 10'000'000);
BENCHMARK(hold<ReferenceQueue>)->RangeMultiplier(10)->Range(10, 10'000'000);

/// The load of an all-to-all protocol: each n-th event popped makes a broadcast to n.
template <class Queue>
void broadcast(benchmark::State& state) {
  const auto n = static_cast<std::uint32_t>(state.range(0));
  const auto drawn = delays();
  Queue queue(2ms, 150ms);
  std::vector<ProcessId> to;
  for (std::uint32_t p = 0; p < n; ++p) to.emplace_back(p);
  std::vector<Time> times(n);
  std::uint64_t id = 0;
  const auto post = [&](Time now) {
    ++id;
    for (std::uint32_t p = 0; p < n; ++p) times[p] = now + drawn[(id * n + p) % drawn.size()];
    queue.push_all(times, id, to);
  };
  for (std::uint32_t p = 0; p < n; ++p) post(kStart);
  QueuedEvent e;
  for (auto _ : state) {
    for (std::uint32_t i = 0; i < n; ++i) queue.pop(kNever, e);
    post(e.time);
  }
  state.SetItemsProcessed(state.iterations() * n);
  state.counters["bytes"] =
      static_cast<double>(queue.memory_bytes()) / static_cast<double>(queue.size());
}
BENCHMARK(broadcast<TimingWheel>)->Arg(4)->Arg(16)->Arg(64)->Arg(256)->Arg(1024)->Arg(3000);
BENCHMARK(broadcast<ReferenceQueue>)->Arg(4)->Arg(16)->Arg(64)->Arg(256)->Arg(1024);

/// What a bucket much wider than the latencies costs: every push is late.
void late_pushes(benchmark::State& state) {
  const auto pending = static_cast<std::size_t>(state.range(0));
  TimingWheel queue(300us);
  Rng rng(3);
  std::uint64_t id = 0;
  for (; id < pending; ++id) queue.push(kStart + rng.uniform(100ns, 10us), id, 0);
  QueuedEvent e;
  for (auto _ : state) {
    queue.pop(kNever, e);
    queue.push(e.time + rng.uniform(100ns, 10us), ++id, 0);
  }
}
BENCHMARK(late_pushes)->Arg(10)->Arg(1000)->Arg(100'000);

}  // namespace
}  // namespace byzlab
