// Drawing the delays of a broadcast, and making the tables and graphs a run starts with.
#include <benchmark/benchmark.h>

#include <chrono>
#include <vector>

#include "network/overlay.h"
#include "network/regions.h"

namespace byzlab {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kProcesses = 1024;

/// A whole broadcast's arrivals; items are destinations.
void sample(benchmark::State& state, const LatencyModel& model) {
  std::vector<ProcessId> to;
  for (std::uint32_t p = 0; p < kProcesses; ++p) to.emplace_back(p);
  std::vector<Time> arrivals(kProcesses);
  std::uint64_t key = 0;
  for (auto _ : state) {
    model.sample(ProcessId(5), to, kStart + 1s, mix(++key), arrivals);
    benchmark::DoNotOptimize(arrivals.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * kProcesses);
}

void sample_constant(benchmark::State& state) {
  sample(state, LatencyModel(DelayDistribution::constant(10ms)));
}
void sample_lognormal(benchmark::State& state) {
  sample(state, LatencyModel(DelayDistribution::lognormal(90ms, 0.6)));
}
void sample_cloud_regions(benchmark::State& state) {
  std::vector<std::uint16_t> regions;
  for (std::uint32_t p = 0; p < kProcesses; ++p) regions.push_back(p % 21);
  sample(state, LatencyModel(cloud_region_delays(), regions, DelayDistribution::exponential(2ms)));
}
BENCHMARK(sample_constant);
BENCHMARK(sample_lognormal);
BENCHMARK(sample_cloud_regions);

void make_lognormal(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(DelayDistribution::lognormal(90ms, 0.6));
}
BENCHMARK(make_lognormal)->Unit(benchmark::kMicrosecond);

void make_random_overlay(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(Overlay::random(static_cast<std::uint32_t>(state.range(0)), 8, 1));
  }
}
BENCHMARK(make_random_overlay)->Arg(100)->Arg(1000)->Arg(10'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace byzlab
