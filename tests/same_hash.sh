#!/usr/bin/env bash
# The same scenario and seed give the same trace hash in every build, and on one thread as on two.
#
#   same_hash.sh SCENARIO BYZLAB...
set -euo pipefail
scenario=$1
shift
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
different=0

# Whether the run's expectations hold is another test; here only a run without a hash is a failure.
hashes() { { "$@" --format json -o "$results" || true; } | grep -o '"trace_hash": *"[^"]*"' | tr -d '\n'; }

# same NAME COMMAND...: compares with the first that was asked.
expected=""
same() {
  local name=$1 got
  shift
  got=$(hashes "$@") || { echo "$name printed no trace hash: $*"; exit 1; }
  [ -n "$expected" ] || expected=$got
  if [ "$got" = "$expected" ]; then echo "same       $name: $got"; else
    echo "DIFFERENT  $name: $got, expected $expected"
    different=1
  fi
}

command=(run "$scenario")
seeds=1..4
if grep -q '^kind: comparison' "$scenario"; then  # every cell, and a hash over all of them
  command=(compare "$scenario" --seeds 1..1)
  seeds=1..2
fi
for program in "$@"; do
  same "$program" "$program" "${command[@]}"
done
expected=""
same "some seeds, one thread" "$1" "${command[@]:0:2}" --seeds $seeds -j 1
same "some seeds, two threads" "$1" "${command[@]:0:2}" --seeds $seeds -j 2
exit $different
