// What one block costs one replica, when ten thousand of them learn of it one after the other: the
// engine's part of a flooded block, caches cold as they are in such a run.
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "consensus/nakamoto/nakamoto.h"

namespace byzlab::nakamoto {
namespace {

struct NoRequests final : Mempool {
  bool pending() override { return false; }
  std::vector<Request> batch(BatchLimit, std::span<const BlockRef>) override { return {}; }
};

void block_at_every_replica(benchmark::State& state) {
  const auto n = static_cast<std::uint32_t>(state.range(0));
  constexpr int kBlocks = 100;
  static constexpr MessageTable kTable = Nakamoto::messages();
  const Committee committee(n);
  const Crypto crypto(Crypto::Scheme::modelled, 1, n);
  const Options options(kOptions);
  for (auto _ : state) {
    state.PauseTiming();
    MessageStore store(kTable);
    NoRequests mempool;
    const DurableState nothing;
    Rng rng(1);
    std::vector<Context::Environment> environments;
    std::vector<std::unique_ptr<Nakamoto>> engines;
    Outbox outbox;
    for (std::uint32_t i = 0; i < n; ++i) {
      environments.push_back({.self = ReplicaId(i),
                              .committee = &committee,
                              .crypto = &crypto,
                              .store = &store,
                              .mempool = &mempool,
                              .recovered = &nothing,
                              .rng = &rng});
      engines.push_back(std::make_unique<Nakamoto>(options));
      Context ctx(environments[i], kStart, outbox);
      engines[i]->start(ctx);
      outbox.discard(store);
    }
    BlockRef tip = crypto.genesis();
    state.ResumeTiming();
    for (std::uint32_t b = 0; b < kBlocks; ++b) {
      const ReplicaId miner(b * 7919 % n);
      tip = crypto.make_block(
          {.parent = tip->digest, .height = tip->height.next(), .proposer = miner, .nonce = b});
      const HeldMessage m(store, store.make(miner, NewBlock{{tip}}));
      for (std::uint32_t i = 0; i < n; ++i) {
        Context ctx(environments[i], kStart, outbox);
        engines[i]->on_message(ctx, miner, *m);
        outbox.discard(store);
      }
    }
    state.PauseTiming();
    engines.clear();
    state.ResumeTiming();
  }
  state.counters["ns_a_block_and_replica"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * kBlocks * n * 1e-9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(block_at_every_replica)->Arg(100)->Arg(10000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace byzlab::nakamoto
