// What it costs to keep the index of all runs: of a sweep, whose runs are lines of one file, and of
// a run with a folder of its own. `share` is the part of one core that 1,000 runs a second cost.
#include <benchmark/benchmark.h>

#include "observe/store_query.h"
#include "tests/observe/stored_runs.h"

namespace byzlab {
namespace {

void share(benchmark::State& state, std::int64_t runs) {
  state.SetItemsProcessed(state.iterations() * runs);
  // Seconds of CPU a run: the rate divides by the time, the inverse turns it round.
  state.counters["share"] =
      benchmark::Counter(static_cast<double>(state.iterations() * runs) / 1000,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

/// All runs of a sweep, from runs.jsonl into the tables, in one transaction; opening included.
void index_a_sweep(benchmark::State& state) {
  ScratchFolder scratch;
  const auto folder = finish_seeds(scratch.path, static_cast<std::uint64_t>(state.range(0)));
  for (auto _ : state) Store(scratch.path).add(folder);
  share(state, state.range(0));
}
BENCHMARK(index_a_sweep)->Arg(1000)->Arg(20'000)->Unit(benchmark::kMillisecond);

/// One run with its folder: open, a transaction, close.
void index_a_run(benchmark::State& state) {
  ScratchFolder scratch;
  const auto folder = finish_run(scratch.path, passing_report());
  for (auto _ : state) Store(scratch.path).add(folder);
  share(state, 1);
}
BENCHMARK(index_a_run)->Unit(benchmark::kMicrosecond);

/// The list of 20 among 20,000 runs by an expression, as `byzlab runs --each --where` asks for it.
void ask_for_runs(benchmark::State& state) {
  ScratchFolder scratch;
  finish_seeds(scratch.path, 20'000);
  const Store store(scratch.path);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        list_runs(store, {.each = true, .where = "verdict = 'fail' and n >= 7", .limit = 20}));
  }
}
BENCHMARK(ask_for_runs)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace byzlab
