#!/usr/bin/env bash
# Numbers of the command line and of files: what does not fit is refused, with the right thing beside
# it; nothing becomes another number.
#
#   numbers_test.sh PATH_TO_BYZLAB
set -uo pipefail
byzlab=$(realpath "$1")
unset NO_COLOR
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
failures=0

expect() {
  local code=$1 name=$2
  shift 2
  "$@" > out 2> err < /dev/null
  local got=$?
  [ $got -eq "$code" ] || fail "$name: exit $got instead of $code"
}
fail() {
  echo "FAIL $1"
  sed 's/^/    err: /' err | tail -n 8
  failures=$((failures + 1))
}
says() { grep -qF -- "$2" "$1" || fail "no \"$2\" on std$1"; }

cat > small.yaml << 'YAML'
version: 1
name: small
duration: 2s
protocol: { name: pbft, replicas: 4 }
network: { latency: 10ms }
workload: { clients: 1, rate: 20 tx/s }
expect: [ { agreement: holds } ]
YAML

refused() {
  local option=$1 value=$2
  shift 2
  expect 64 "$* $option $value" "$byzlab" "$@" "$option" "$value"
  says err "$option"
  says err "\`$value\`"
  expect 64 "$* $option=$value" "$byzlab" "$@" "$option=$value"
}
for value in -1 18446744073709551616 99999999999999999999999 1e3 0x10 ""; do
  refused --seed "$value" run small.yaml
done
refused --seed -1 demo
refused --seed -1 runs
refused --max-events -1 run small.yaml
refused --max-events 18446744073709551616 sweep small.yaml --seeds 1..2
refused --max-events -1 compare small.yaml --protocols pbft,raft
refused --limit -1 runs
refused --limit 0 export --to svg
refused --metrics-port 65536 run small.yaml
refused --port -1 view
expect 64 "no jobs" "$byzlab" run small.yaml -j 0
says err "--jobs wants a whole number from 1"
expect 64 "no jobs" "$byzlab" sweep small.yaml --seeds 1..2 --jobs 0
expect 64 "no jobs" "$byzlab" compare small.yaml --protocols pbft,raft -j 0
expect 64 "negative jobs" "$byzlab" run small.yaml -j -2
expect 64 "no replicas" "$byzlab" runs -n 0
expect 0 "the largest seed" "$byzlab" run small.yaml --seed 18446744073709551615 -q
expect 0 "no limit" "$byzlab" run small.yaml --seed 0 --max-events 0 -q

# --- one number is no range
for command in "run small.yaml" "sweep small.yaml" "compare small.yaml --protocols pbft,raft"; do
  expect 64 "$command --seeds 10" "$byzlab" $command --seeds 10
  says err "1..10 for 10 seeds"
  says err "10..10 for that one"
done
expect 64 "the wrong way round" "$byzlab" run small.yaml --seeds 9..1
says err "1..9"
for range in 1..18446744073709551616 -1..3 1.. ..3 1..2..3; do
  expect 64 "--seeds $range" "$byzlab" run small.yaml --seeds "$range"
done
expect 0 "one seed as a range" "$byzlab" run small.yaml --seeds 10..10 -q

# --- the same in files and in --set
for value in -1 18446744073709551616 1.5; do
  sed "s/^duration/seed: $value\nduration/" small.yaml > seed.yaml
  expect 65 "seed: $value" "$byzlab" check seed.yaml
  says out "seed.yaml:3:7"
  expect 65 "--set seed=$value" "$byzlab" run small.yaml --set "seed=$value"
done
for value in 10 9..1 -1..3 1..18446744073709551616; do
  sed "s/^duration/runs: { seeds: $value }\nduration/" small.yaml > seeds.yaml
  expect 65 "seeds: $value" "$byzlab" check seeds.yaml
  says out "E116"
done

# --- limits hold for a single run, and say which it was
sed 's/^duration.*/duration: 100h/' small.yaml > long.yaml
expect 2 "real time" "$byzlab" run long.yaml --max-wall 200ms
says out "of real time, its limit (--max-wall)"
expect 0 "its results are there" test -s results/latest/summary.json
expect 2 "memory" "$byzlab" run long.yaml --max-memory 1MB
says out "with 1 MB of memory, its limit (--max-memory)"

# --- a file that never begins, and one that speaks to the terminal
mkfifo pipe.yaml
expect 65 "a pipe" timeout 20 "$byzlab" check pipe.yaml
says out "this is no regular file"
{ cat small.yaml; printf 'timeline: [ { at: 100ms, mark: "a\\e]0;b\\u202Ec\\x9bd" } ]\n'; } > mark.yaml
expect 0 "a mark with control characters" "$byzlab" run mark.yaml
says out 'a\u{1b}]0;b\u{202e}c\u{9b}d'
if grep -q $'\e]0' out results/latest/console.txt; then fail "an escape reached the terminal"; fi

[ $failures -eq 0 ] && echo "all good"
exit $failures
