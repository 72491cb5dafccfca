// The scenarios of `byzlab demo`. Each gives its verdict in well under five seconds.
#include "cli/embedded.h"

namespace byzlab {
namespace {

constexpr std::string_view kPbft = R"yaml(version: 1
name: demo-pbft
description: Four PBFT replicas lose their leader, then are split in half; they recover from both.
duration: 20s
seed: 42

protocol:
  name: pbft
  replicas: 4
  options: { view_timeout: 500ms }

network:
  latency: { model: normal, mean: 40ms, stddev: 8ms, min: 1ms }

workload: { clients: 4, mode: open, rate: 100 tx/s, tx_size: 256 B, warmup: 1s }

groups:
  left: r0..r1
  right: r2..r3

timeline:
  - label: leader-down
    at: 4s
    for: 4s
    crash: role:leader
  - label: split
    at: 11s
    for: 4s
    partition: [ left, right ]

expect:
  - agreement: holds
  - recovery: 2s
    after: leader-down
    of: start
  - progress: none
    during: split
    grace: 300ms
  - recovery: 3s
    after: split
)yaml";

constexpr std::string_view kStreamlet = R"yaml(version: 1
name: demo-streamlet
description: |
  Two of four Streamlet replicas run as twins: two honest copies each, under one identity. That is
  twice the bound f = 1, so two honest replicas can be led to finalize different blocks.
duration: 30s
seed: 7

protocol:
  name: streamlet
  replicas: 4

network:
  latency: { model: constant, delay: 20ms }

workload: { clients: 2, mode: open, rate: 20 tx/s, tx_size: 128 B }

adversary:
  members: [ r2, r3 ]
  beyond_bound: true
  behaviors:
    - twins: {}

expect:
  - agreement: violated
)yaml";

constexpr std::string_view kNakamoto = R"yaml(version: 1
name: demo-nakamoto
description: |
  A miner with 60 % of the hash power pays a merchant, waits for 2 confirmations, then publishes a
  longer private chain that spends the coin elsewhere.
duration: 12h
seed: 3

protocol:
  name: nakamoto
  replicas: 10
  power: { r0: 0.6, rest: equal }
  options: { block_interval: 10min, confirmations: 2 }

network:
  topology: random
  degree: 4
  latency: { model: lognormal, median: 90ms, sigma: 0.6 }

workload: { clients: 4, mode: open, rate: 0.1 tx/s, tx_size: 400 B }

adversary:
  members: [ r0 ]
  beyond_bound: true
  behaviors:
    - double_spend: { merchant: r5, amount: 100, release_after: 2, give_up_behind: 50 }

expect:
  - double_spend: succeeds
  - agreement: violated
)yaml";

constexpr EmbeddedScenario kDemos[] = {
    {"pbft", "a crashed leader and a partition; the cluster recovers", kPbft},
    {"streamlet", "twice as many liars as the bound allows; agreement breaks", kStreamlet},
    {"nakamoto", "a double spend with the majority of the hash power", kNakamoto},
};

}  // namespace

std::span<const EmbeddedScenario> demos() { return kDemos; }

}  // namespace byzlab
