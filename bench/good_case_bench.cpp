// What a delivery costs: PBFT's good case through the real engine, host, injector, counters and
// trace hash.
//
// Each benchmark builds a cluster, warms it up, and then measures CPU time of this thread over
// stretches of virtual time. The figure is the counter ns_per_delivery; copies to self are in the
// time, not in the divisor. `bench/table` prints the figures beside their targets.
#include <benchmark/benchmark.h>

#include <ctime>

#include "bench/good_case.h"
#include "faults/links/delay.h"
#include "faults/links/loss.h"
#include "faults/links/partition.h"
#include "faults/links/reorder.h"

namespace byzlab::bench {
namespace {

double thread_cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

template <class Queue>
std::unique_ptr<GoodCase<Queue>> pbft(std::uint32_t n, std::int64_t slots) {
  const EngineInfo& info = *find_engine("pbft");
  const Options options = Options(info.options)
                              .with("batch_size", "1")
                              .with("pipeline", std::to_string(slots))
                              .with("view_timeout", "1h");
  return std::make_unique<GoodCase<Queue>>(info, n, options, eight_regions(n), Overlay::full(n));
}

/// Runs stretches of virtual time, each of some hundred thousand deliveries; `decision` is the
/// messages of one.
template <class Queue>
void measure(benchmark::State& state, GoodCase<Queue>& good_case, std::uint64_t decision) {
  good_case.start();
  Time until = kStart;
  const auto advance = [&](std::uint64_t deliveries) {
    const std::uint64_t goal = good_case.delivered() + deliveries;
    while (good_case.delivered() < goal) {
      until += std::chrono::milliseconds{50};
      good_case.run_until(until);
    }
  };
  advance(std::max<std::uint64_t>(2 * decision, 200'000));
  double cpu = 0;
  std::uint64_t delivered = 0;
  for (auto _ : state) {
    const std::uint64_t before = good_case.delivered();
    const double start = thread_cpu_seconds();
    advance(std::max<std::uint64_t>(2 * decision, 500'000));
    const double spent = thread_cpu_seconds() - start;
    state.SetIterationTime(spent);
    cpu += spent;
    delivered += good_case.delivered() - before;
  }
  state.counters["ns_per_delivery"] = cpu * 1e9 / static_cast<double>(delivered);
  state.counters["decision_ms"] =
      cpu * 1e3 / static_cast<double>(delivered) * static_cast<double>(decision);
}

std::uint64_t pbft_decision(const benchmark::State& state) {
  const auto n = static_cast<std::uint64_t>(state.range(0));
  return 2 * n * (n - 1);
}

template <class Queue>
void good_case(benchmark::State& state) {
  auto g = pbft<Queue>(static_cast<std::uint32_t>(state.range(0)), state.range(1));
  measure(state, *g, pbft_decision(state));
}

/// Raft: its messages are one broadcast and as many answers, each a record of its own. Timeouts are
/// far apart, so that one replica is elected at the first attempt, whatever n.
void good_case_raft(benchmark::State& state) {
  const auto n = static_cast<std::uint32_t>(state.range(0));
  const EngineInfo& info = *find_engine("raft");
  const Options options = Options(info.options)
                              .with("batch_size", "1")
                              .with("pipeline", std::to_string(state.range(1)))
                              .with("election_timeout", "10min");
  GoodCase<TimingWheel> g(info, n, options, eight_regions(n), Overlay::full(n),
                          Requests::everywhere);
  measure(state, g, 2 * (n - 1));
}

/// Protocols that decide one height after the other: a proposal and two rounds of votes.
void good_case_heights(benchmark::State& state, std::string_view engine, std::string_view timeout) {
  const auto n = static_cast<std::uint32_t>(state.range(0));
  const EngineInfo& info = *find_engine(engine);
  const Options options = Options(info.options)
                              .with("max_block_requests", "1")
                              .with(timeout, "1h")
                              .with("resend_after", "1h");
  GoodCase<TimingWheel> g(info, n, options, eight_regions(n), Overlay::full(n));
  const std::uint64_t others = n - 1;
  measure(state, g, others * (2 * n + 1));
}

/// The HotStuff family: a proposal to all, and from each a vote to one, each a record of its own.
void good_case_linear(benchmark::State& state, std::string_view name, std::string_view mode,
                      std::uint64_t messages) {
  const auto n = static_cast<std::uint32_t>(state.range(0));
  const EngineInfo& info = *find_engine(name);
  Options options =
      Options(info.options).with("max_block_requests", "1").with("view_timeout", "1h");
  options = options.with("timeout_cap", "1h");
  if (!mode.empty()) options = options.with("mode", mode);
  GoodCase<TimingWheel> g(info, n, options, eight_regions(n), Overlay::full(n),
                          Requests::everywhere);
  measure(state, g, messages * (n - 1));
}
void good_case_hotstuff(benchmark::State& state) {
  good_case_linear(state, "hotstuff", "chained", 2);
}
void good_case_hotstuff_basic(benchmark::State& state) {
  good_case_linear(state, "hotstuff", "basic", 8);
}
void good_case_hotstuff2(benchmark::State& state) { good_case_linear(state, "hotstuff2", "", 2); }

/// Eight rules of four kinds that change nothing, so that the work stays the same; each looks at
/// the broadcasts of every second replica.
void eight_rules(benchmark::State& state) {
  const auto n = static_cast<std::uint32_t>(state.range(0));
  auto g = pbft<TimingWheel>(n, state.range(1));
  std::vector<std::unique_ptr<LinkRule>> rules;
  const auto some = [&](std::uint32_t parity) {
    ProcessSet from(n);
    for (std::uint32_t p = parity; p < n; p += 2) from.insert(ProcessId(p));
    return Where{.from = from, .to = {}, .views = {}};
  };
  std::vector<ProcessId> everybody;
  for (std::uint32_t p = 0; p < n; ++p) everybody.push_back(ProcessId(p));
  const Probability hardly = Probability::of(1e-15);
  for (std::uint32_t parity = 0; parity < 2; ++parity) {
    rules.push_back(std::make_unique<links::Loss>(some(parity), hardly));
    rules.push_back(std::make_unique<links::Delay>(some(parity), Duration{0}, Duration{0}));
    rules.push_back(std::make_unique<links::Reorder>(some(parity), hardly, Duration{1}));
    rules.push_back(std::make_unique<links::Partition>(
        some(parity), n, std::vector<std::vector<ProcessId>>{everybody}));
  }
  std::vector<LinkRule*> active;
  for (const auto& rule : rules) active.push_back(rule.get());
  g->injector.assign(std::move(active));
  measure(state, *g, pbft_decision(state));
}

class Counter final : public Observer {
 public:
  Interest interest() const override { return Interest::in<Delivered, Committed>(); }
  void on(Time, const Event& event) override {
    if (const auto* d = std::get_if<Delivered>(&event)) bytes_ += d->message->bytes();
  }
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::uint64_t bytes_ = 0;
};

void three_observers(benchmark::State& state) {
  auto g = pbft<TimingWheel>(static_cast<std::uint32_t>(state.range(0)), state.range(1));
  Counter counters[3];
  for (Counter& c : counters) g->events.add(c);
  measure(state, *g, pbft_decision(state));
  benchmark::DoNotOptimize(counters[0].bytes());
}

// n and slots in flight.
void sizes(benchmark::internal::Benchmark* b) {
  b->Args({4, 4})->Args({16, 4})->Args({64, 4})->Args({256, 4})->Args({1024, 1});
}
void sizes_and_slots(benchmark::internal::Benchmark* b) {
  sizes(b);
  b->Args({4, 1})->Args({4, 16})->Args({64, 1})->Args({64, 16})->Args({256, 1})->Args({256, 16});
}

BENCHMARK(good_case<TimingWheel>)->Apply(sizes_and_slots)->UseManualTime()->Iterations(2);
BENCHMARK(good_case<ReferenceQueue>)->Apply(sizes)->UseManualTime()->Iterations(2);
BENCHMARK(good_case_raft)->Args({16, 4})->Args({256, 4})->UseManualTime()->Iterations(2);
BENCHMARK_CAPTURE(good_case_heights, tendermint, "tendermint", "timeout_propose")
    ->Arg(16)
    ->Arg(256)
    ->UseManualTime()
    ->Iterations(2);
BENCHMARK_CAPTURE(good_case_heights, ibft, "ibft", "round_timeout")
    ->Arg(16)
    ->Arg(256)
    ->UseManualTime()
    ->Iterations(2);
BENCHMARK(good_case_hotstuff)->Arg(256)->UseManualTime()->Iterations(2);
BENCHMARK(good_case_hotstuff_basic)->Arg(256)->UseManualTime()->Iterations(2);
BENCHMARK(good_case_hotstuff2)->Arg(256)->UseManualTime()->Iterations(2);
BENCHMARK(eight_rules)->Apply(sizes)->UseManualTime()->Iterations(2);
BENCHMARK(three_observers)->Apply(sizes)->UseManualTime()->Iterations(2);

/// 10 000 miners, degree 8, 100 blocks by flooding; one iteration is the whole of it.
void flood_of_blocks(benchmark::State& state) {
  const EngineInfo& info = *find_engine("nakamoto");
  double cpu = 0;
  for (auto _ : state) {
    GoodCase<TimingWheel> g(
        info, 10'000, Options(info.options),
        LatencyModel(DelayDistribution::lognormal(std::chrono::milliseconds{90}, 0.6)),
        Overlay::random(10'000, 8, 1));
    const double start = thread_cpu_seconds();
    g.start();
    Time until = kStart;
    while (g.network.counters().kind[1].delivered < 100ull * 9'999) {
      until += std::chrono::minutes{1};
      g.run_until(until);
    }
    const double spent = thread_cpu_seconds() - start;
    state.SetIterationTime(spent);
    cpu += spent;
  }
  state.counters["seconds"] = cpu / static_cast<double>(state.iterations());
}
BENCHMARK(flood_of_blocks)->UseManualTime()->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace
}  // namespace byzlab::bench
