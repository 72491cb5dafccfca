#!/usr/bin/env bash
# What a second worker brings: a sweep with -j1 and with -j2, in turn, and the medians of the pairs.
#   bench/parallel.sh [BYZLAB] [PAIRS]
#
# "by CPU" is 2 x (runs a CPU-second with -j2) / (runs a CPU-second with -j1), the CPU time of all
# processes counted: what two cores bring when both are free. What runs beside one another costs each
# other (caches, memory, the parent that gathers results) shows in it; waiting does not. "by clock" is
# real time against real time: true on a machine that does nothing else.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
byzlab=$(realpath "${1:-$root/build/release/byzlab}")
pairs=${2:-7}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"
TIMEFORMAT='%R %U %S'

seconds() { # JOBS: real and CPU seconds of one sweep
  local times
  times=$({ time "$byzlab" sweep scenarios/faults/pbft-partition.yaml --seeds 1..60 -j "$1" --fresh -q \
    --progress none -o "$work" > "$work/out" 2>&1; } 2>&1) || { cat "$work/out" >&2; exit 1; }
  rm -rf "$work"/*
  echo "$times" | awk '{ print $1, $2 + $3 }'
}

seconds 2 > /dev/null # warm
for ((i = 0; i < pairs; i++)); do
  # Which comes first changes, so that a machine that gets busier favours neither.
  if ((i % 2)); then two=$(seconds 2) one=$(seconds 1); else one=$(seconds 1) two=$(seconds 2); fi
  echo "$one $two"
done | awk -v cores="$(nproc)" '
  function median(a, n,   i, j, t) {
    for (i = 2; i <= n; i++) for (j = i; j > 1 && a[j - 1] > a[j]; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
    return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
  }
  { cpu[NR] = 2 * $2 / $4; clock[NR] = $1 / $3; busy[NR] = $4 / $3 }
  END {
    c = median(cpu, NR); w = median(clock, NR); b = median(busy, NR)
    printf "parallel   -j2 against -j1: %.2f x by CPU (%.2f to %.2f), %.2f x by clock   median of %d pairs, " \
           "%d cores, %.2f of 2 given   target 1.8 x\n", c, cpu[1], cpu[NR], w, NR, cores, b
  }'
