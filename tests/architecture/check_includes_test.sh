#!/usr/bin/env bash
# The test of check_includes.sh: a lawful tree passes, and each seeded offence is found where it stands.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failed=0

# seed FILE TEXT: a lawful tree plus TEXT at the end of FILE.
seed() {
  rm -rf "${tree:?}"/*
  mkdir -p "$tree"/{base,consensus/{pbft,raft},network,faults,testbed/scenario,observe,cli}
  echo '#include <vector>' > "$tree/base/ids.h"
  printf '%s\n' '#include "base/ids.h"' '#include <unordered_map>  // lookup only' \
    '// never std::random_device, nor rand()' 'auto t = ctx.now(); auto s = "std::thread";' \
    '/* system_clock' '   steady_clock */ int operand(int);' > "$tree/consensus/pbft/pbft.cpp"
  echo '#include "consensus/pbft/pbft.h"' > "$tree/consensus/registry.cpp"
  printf '%s\n' '#include "consensus/engine.h"' '#include "network/link.h"' > "$tree/faults/loss.cpp"
  echo '#include <boost/asio.hpp>' > "$tree/network/tcp_network.cpp"
  echo '#include <yaml-cpp/yaml.h>' > "$tree/testbed/scenario/loader.cpp"
  echo '#include <prometheus/registry.h>' > "$tree/observe/metrics.cpp"
  printf '%s\n' '#include "observe/trace.h"' '#include <CLI/CLI.hpp>' > "$tree/cli/main.cpp"
  if [ -n "${1:-}" ]; then printf '%s\n' "$2" >> "$tree/$1"; fi
}

# must_find FILE TEXT: TEXT, appended to FILE, is the one offence, reported with its file and line.
must_find() {
  seed "$1" "$2"
  local line out
  line=$(wc -l < "$tree/$1")
  if out=$("$here/check_includes.sh" "$tree" 2>&1) || [[ $out != "$1:$((line)): "* ]] ||
     [ "$(wc -l <<< "$out")" -ne 1 ]; then
    printf 'NOT FOUND  %s: %s\n  it said: %s\n' "$1" "$2" "$out"
    failed=1
  else
    printf 'found      %s\n' "$out"
  fi
}

seed
if ! out=$("$here/check_includes.sh" "$tree" 2>&1); then
  printf 'a lawful tree is refused:\n%s\n' "$out"
  failed=1
fi

must_find base/ids.h '#include "consensus/engine.h"'
must_find consensus/pbft/pbft.cpp '#include "network/link.h"'
must_find consensus/pbft/pbft.cpp '#include <network/link.h>'
must_find consensus/pbft/pbft.cpp '#include "consensus/raft/raft.h"'
must_find consensus/pbft/pbft.cpp '#include "pbft.h"'
must_find consensus/pbft/pbft.cpp '#include "../raft/raft.h"'
must_find consensus/engine.h '#include "consensus/pbft/pbft.h"'
must_find network/link.h '#include "consensus/engine.h"'
must_find network/sim_network.cpp '#include <boost/asio/io_context.hpp>'
must_find faults/loss.cpp '#include "consensus/quorum.h"'
must_find faults/loss.cpp '#include "testbed/cluster.h"'
must_find testbed/cluster.cpp '#include "observe/trace.h"'
must_find testbed/cluster.cpp '#include <yaml-cpp/yaml.h>'
must_find observe/trace.cpp '#include "cli/run.h"'
must_find observe/trace.cpp '#include <prometheus/registry.h>'
must_find consensus/pbft/pbft.cpp '#include <unordered_set>'
must_find consensus/pbft/pbft.cpp '#include <boost/unordered/unordered_flat_map.hpp>'
must_find consensus/pbft/pbft.cpp 'auto t = std::chrono::system_clock::now();'
must_find faults/loss.cpp 'auto t = std::chrono::steady_clock::now();'
must_find faults/loss.cpp 'std::random_device seed;'
must_find faults/loss.cpp 'std::uniform_int_distribution<int> pick(0, 3);'
must_find faults/loss.cpp 'int x = rand();'
must_find consensus/raft/raft.cpp 'std::thread worker;'
must_find consensus/raft/raft.cpp 'std::map<const Block*, int> votes;'
must_find consensus/raft/raft.cpp 'std::set<Block *> seen;'
must_find consensus/raft/raft.cpp 'double w = std::log(0.5);'
must_find consensus/raft/raft.cpp 'std::cout << 1;'
exit $failed
