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

for program in "$@"; do
  same "$program" "$program" run "$scenario"
done
expected=""
same "four seeds, one thread" "$1" run "$scenario" --seeds 1..4 -j 1
same "four seeds, two threads" "$1" run "$scenario" --seeds 1..4 -j 2
exit $different
