// The templates of `byzlab new`: commented scenarios that run as they are.
#include "cli/embedded.h"

namespace byzlab {
namespace {

constexpr std::string_view kPartition = R"yaml(# yaml-language-server: $schema=./byzlab.schema.json
version: 1
name: NAME
description: |
  Say in a sentence what this scenario claims. Here: split 4|3, neither side of seven PBFT replicas
  holds a quorum of 5, so nothing may commit; after the heal the cluster must move again.
duration: 40s                    # simulated time; every duration needs a unit: us ms s min h d
seed: 42                         # without a seed one is drawn, printed and stored

protocol:
  name: pbft                     # byzlab list protocols
  replicas: 7                    # r0 .. r6
  options:                       # byzlab explain protocol.pbft
    view_timeout: 500ms

network:                         # byzlab explain network
  latency: { model: normal, mean: 40ms, stddev: 8ms, min: 1ms }
  loss: 0.1%

workload:
  clients: 4                     # c0 .. c3
  mode: open                     # open: arrivals never wait; closed: each client waits for its reply
  rate: 100 tx/s
  tx_size: 256 B
  warmup: 2s                     # measured numbers start here

groups:                          # names for "who", usable wherever a selector is
  west: r0..r3
  east: r4..r6

timeline:                        # byzlab list faults
  - label: split                 # a label names the window, for `during`, `outside`, `after`
    at: 10s
    for: 10s                     # undone by itself at 20 s
    partition: [ west, east ]

expect:                          # byzlab list properties; agreement, validity, integrity always hold
  - agreement: holds
  - progress: none               # not one commit ...
    during: split
    grace: 300ms                 # ... but what was in flight when the cut came may finish
  - recovery: 5s                 # the first new commit within 5 s of the heal
    after: split
)yaml";

constexpr std::string_view kCrash = R"yaml(# yaml-language-server: $schema=./byzlab.schema.json
version: 1
name: NAME
description: The leader crashes and comes back with its disk; the others elect another one.
duration: 30s
seed: 42

protocol:
  name: pbft
  replicas: 4
  options: { view_timeout: 500ms }

network:
  latency: { model: normal, mean: 40ms, stddev: 8ms, min: 1ms }

workload: { clients: 4, mode: open, rate: 100 tx/s, tx_size: 256 B, warmup: 2s }

timeline:
  - label: leader-down
    at: 10s
    for: 8s                      # restarted at 18 s with its disk; `wipe` loses the disk
    crash: role:leader           # whoever leads at 10 s

expect:
  - agreement: holds
  - recovery: 3s
    after: leader-down
    of: start                    # measured from the crash, not from the restart
)yaml";

constexpr std::string_view kEquivocation =
    R"yaml(# yaml-language-server: $schema=./byzlab.schema.json
version: 1
name: NAME
description: One Byzantine replica of four says different things to different replicas.
duration: 30s
seed: 7

protocol:
  name: pbft
  replicas: 4                    # f = 1

network:
  latency: { model: constant, delay: 20ms }

workload: { clients: 2, mode: open, rate: 50 tx/s, tx_size: 128 B }

adversary:
  members: [ r1 ]                # at most f, unless `beyond_bound: true`
  behaviors:                     # byzlab list behaviors
    - twins: {}                  # two honest copies under one identity: equivocation by any engine

expect:
  - agreement: holds             # one liar is inside the bound
)yaml";

constexpr std::string_view kDoubleSpend =
    R"yaml(# yaml-language-server: $schema=./byzlab.schema.json
version: 1
name: NAME
description: |
  A miner with 51 % of the hash power pays a merchant, waits for its confirmations, then publishes a
  longer private chain. The attack is supposed to work: this scenario passes when it does.
duration: 2d
seed: 1

protocol:
  name: nakamoto
  replicas: 20
  power: { r0: 0.51, rest: equal }   # shares of the hash power
  options: { block_interval: 10min, confirmations: 6 }

network:
  topology: random
  degree: 8
  latency: { model: lognormal, median: 90ms, sigma: 0.6 }

workload: { clients: 4, mode: open, rate: 0.1 tx/s, tx_size: 400 B }

adversary:
  members: [ r0 ]
  beyond_bound: true             # more power than the protocol claims to survive: the point here
  behaviors:
    - double_spend: { merchant: r10, amount: 100, release_after: 6, give_up_behind: 50 }

expect:
  - double_spend: succeeds       # for a probability add  rate: ">= 90%"  and run --seeds 1..200
  - agreement: violated          # finality at depth 6 is reverted
)yaml";

constexpr EmbeddedScenario kTemplates[] = {
    {"partition", "a split without a quorum, and its heal", kPartition},
    {"crash", "the leader crashes and restarts", kCrash},
    {"equivocation", "one replica says two things", kEquivocation},
    {"double-spend", "51 % of the hash power", kDoubleSpend},
};

}  // namespace

std::span<const EmbeddedScenario> templates() { return kTemplates; }

}  // namespace byzlab
