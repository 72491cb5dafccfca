#!/usr/bin/env bash
# The command line from outside: exit codes, what goes to stdout and stderr, the results folder.
#
#   cli_test.sh PATH_TO_BYZLAB
set -uo pipefail
byzlab=$(realpath "$1")
export BYZLAB=$byzlab
unset NO_COLOR
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
failures=0

# expect CODE NAME COMMAND…: runs it, keeps out and err.
expect() {
  local code=$1 name=$2
  shift 2
  "$@" > out 2> err < /dev/null
  local got=$?
  [ $got -eq "$code" ] || fail "$name: exit $got instead of $code"
}
fail() {
  echo "FAIL $1"
  sed 's/^/    out: /' out | tail -n 8
  sed 's/^/    err: /' err | tail -n 8
  failures=$((failures + 1))
}
says() { grep -qF -- "$2" "$1" || fail "no \"$2\" on std$1"; }
silent() { [ ! -s "$1" ] || fail "something on std$1"; }

cat > good.yaml << 'YAML'
version: 1
name: good
duration: 5s
seed: 42
protocol: { name: streamlet, replicas: 4 }
network: { latency: { model: constant, delay: 10ms } }
workload: { clients: 1, mode: open, rate: 20 tx/s }
timeline:
  - { label: down, at: 1s, for: 1s, crash: r1 }
expect:
  - agreement: holds
YAML
sed 's/^name: good/name: bad/; s/agreement: holds/threshold: commit_latency.p99 < 1ns/' good.yaml > bad.yaml
sed 's/^name: good/name: wrong/; s/replicas: 4/replicsa: 4/' good.yaml > wrong.yaml
sed 's/^seed: 42/runs: { seeds: 1..6 }/; s/^name: good/name: many/' good.yaml > many.yaml

# --- command line
expect 64 "no command" "$byzlab"
expect 0 "help" "$byzlab" --help
says out "Exit codes"
expect 64 "unknown command" "$byzlab" rnu x.yaml
says err 'did you mean `run`?'
silent out
expect 64 "unknown option" "$byzlab" run good.yaml --sede 4
says err 'did you mean `--seed`?'
expect 64 "a later command" "$byzlab" shrink good.yaml
says err "not available yet"
expect 64 "bad range" "$byzlab" run good.yaml --seeds 9..1
expect 64 "bad hash" "$byzlab" run good.yaml --verify xyz
expect 64 "unknown name" "$byzlab" run no-such-scenario
says err 'no scenario named `no-such-scenario`'

# --- scenario files
expect 65 "missing file" "$byzlab" run missing.yaml
expect 65 "a folder" "$byzlab" run ./
expect 65 "an error" "$byzlab" run wrong.yaml good.yaml
says err 'did you mean `replicas`?'
says err "Nothing was run"
[ ! -e results ] || fail "results were written although nothing was run"
head -c 100000 /dev/urandom > binary.yaml
expect 65 "a binary file" "$byzlab" run binary.yaml
: > empty.yaml
expect 65 "an empty file" "$byzlab" run empty.yaml
truncate -s 100M huge.yaml
expect 65 "a huge file" "$byzlab" run huge.yaml
expect 0 "check" "$byzlab" check good.yaml bad.yaml
expect 65 "check finds errors" "$byzlab" check wrong.yaml
expect 65 "check for GitHub" "$byzlab" check wrong.yaml --format github
says out "::error file=wrong.yaml,line=5"

# --- a run and its folder
expect 0 "run" "$byzlab" run good.yaml
silent err
says out "PASS"
grep -q $'\x1b' out && fail "colour in a pipe"
cp out shown
run=results/latest
for file in summary.json scenario.yaml scenario.lock.yaml repro.sh events.jsonl console.txt \
  timeseries.csv metrics.prom metrics.om; do
  [ -s $run/$file ] || fail "no $file"
done
cmp -s good.yaml $run/scenario.yaml || fail "scenario.yaml is not the input"
cmp -s shown $run/console.txt || fail "console.txt is not what was shown"
grep -q '"verdict": "pass"' $run/summary.json || fail "no verdict in summary.json"
grep -q '"event":"fault","label":"down"' $run/events.jsonl || fail "no fault in events.jsonl"
grep -q '^byzlab_safety_violations_total{.*property="agreement"} 0' $run/metrics.prom ||
  fail "no violation counter in metrics.prom"
[ -z "$(find results -name '.unfinished*')" ] || fail "an unfinished folder is left"
expect 0 "repro.sh" $run/repro.sh
says out "SAME"
(cd / && expect 0 "repro.sh from elsewhere" "$work/$run/repro.sh")
expect 0 "the lock file" "$byzlab" run $run/scenario.lock.yaml -o again
hash_of() { sed -n 's/.*"trace_hash": "\(.*\)".*/\1/p' "$1/summary.json"; }
[ "$(hash_of results/latest)" = "$(hash_of again/latest)" ] || fail "the lock gives another trace"
expect 1 "another hash" "$byzlab" run $run/scenario.lock.yaml --verify 0123456789abcdef
says out "DIFFERENT"
expect 1 "another seed differs" "$byzlab" run $run/scenario.lock.yaml --seed 43 \
  --verify "$(hash_of results/latest)"
expect 0 "replay --verify" "$byzlab" replay --verify
expect 0 "replay" "$byzlab" replay $run --until 1.5s
says out "fault label=down"

# --- verdicts and formats
expect 1 "a failing run" "$byzlab" run bad.yaml
says out "FAIL"
expect 1 "1 beats 0" "$byzlab" run bad.yaml good.yaml
sed '/^timeline/,/label/d; s/^name: good/name: idle/' good.yaml > idle.yaml
expect 2 "nothing could be decided" "$byzlab" run idle.yaml --duration 1ms
says out "INCONCLUSIVE"
expect 0 "json" "$byzlab" run good.yaml --format json
says out '"schema": 1'
expect 1 "json of two" "$byzlab" run good.yaml bad.yaml --format json
[ "$(head -c 1 out)" = "[" ] || fail "no array"
expect 1 "junit" "$byzlab" run good.yaml bad.yaml --format junit
says out '<failure message='
expect 1 "github" "$byzlab" run bad.yaml --format github
says out "::error file=bad.yaml,line="
expect 0 "ascii" "$byzlab" run good.yaml --ascii
LC_ALL=C grep -q '[^ -~]' out && fail "not ASCII"
expect 0 "quiet" "$byzlab" run good.yaml -q
[ "$(wc -l < out)" -eq 1 ] || fail "quiet is not one line"
expect 0 "--set" "$byzlab" run good.yaml --set protocol.replicas=7 --format json
says out '"n": 7'
expect 0 "full trace" "$byzlab" run good.yaml --trace full
grep -q '"kind":"Vote"' results/latest/trace/messages.jsonl || fail "no votes in the trace"

# --- many seeds
expect 0 "many seeds" "$byzlab" run many.yaml -j 2 -q
sed -n 's/.*"trace_hash": "\(.*\)",/\1/p' results/latest/summary.json > two
expect 0 "many seeds, one at a time" "$byzlab" run many.yaml -j 1 -q
sed -n 's/.*"trace_hash": "\(.*\)",/\1/p' results/latest/summary.json | cmp -s - two ||
  fail "-j 1 and -j 2 differ"
[ "$(wc -l < results/latest/runs.jsonl)" -eq 6 ] || fail "not a line a seed"
expect 1 "many seeds that fail" "$byzlab" run bad.yaml --seeds 1..4
says out "seed 1 "
says out "again"
expect 64 "replay of many" "$byzlab" replay results/latest

# --- results that cannot be written
: > file
expect 74 "unwritable results" "$byzlab" run good.yaml -o file/results
silent out
if [ "$(id -u)" -ne 0 ]; then
  mkdir closed && chmod a-w closed
  expect 74 "a closed folder" "$byzlab" run good.yaml -o closed
fi
expect 74 "a full disk" "$byzlab" run good.yaml -q -o /proc/results

# --- interruption
sed 's/^duration: .*/duration: 100d/; s/^name: good/name: long/' good.yaml > long.yaml
"$byzlab" run long.yaml > out 2> err &
sleep 2
kill -INT $!
wait $!
[ $? -eq 130 ] || fail "interrupted: exit $?"
grep -q '"interrupted": true' results/latest/summary.json || fail "partial results are not marked"

# --- comparisons
cat > comparison.yaml << 'END'
version: 1
kind: comparison
name: two
base: { duration: 5s, workload: { rate: 20 tx/s } }
vary: { protocol: [pbft, raft], replicas: [4, 7] }
runs: { seeds: 1..2 }
END
expect 0 "check a comparison" "$byzlab" check comparison.yaml
expect 65 "run a comparison" "$byzlab" run comparison.yaml
expect 0 "compare" "$byzlab" compare comparison.yaml -j 1 --format csv
cp out first
cp -RL results/latest first_compared
expect 0 "compare again, in parallel" "$byzlab" compare comparison.yaml -j 2 --format csv
cmp -s first out || fail "the same comparison gave another table"
for file in table.md table.csv table.tex runs.jsonl comparison.yaml; do
  cmp -s first_compared/$file results/latest/$file || fail "the same comparison gave another $file"
done
for folder in first_compared results/latest; do
  grep -v '"wall_seconds"' $folder/summary.json > $folder.json || fail "no summary without times"
done
cmp -s first_compared.json results/latest.json || fail "the same comparison gave another summary"
[ "$(wc -l < out)" -eq 13 ] || fail "a comparison of 4 cells and 3 metrics has $(wc -l < out) lines"
for file in table.md table.csv table.tex summary.json console.txt comparison.yaml runs.jsonl; do
  [ -s results/latest/$file ] || fail "compare left no $file"
done
expect 65 "compare a scenario without protocols" "$byzlab" compare good.yaml
expect 0 "compare a scenario" "$byzlab" compare good.yaml --protocols pbft,streamlet --seeds 1..2
expect 0 "vary a scenario" "$byzlab" compare good.yaml --vary replicas=4,7 --seeds 1..2
expect 64 "vary nothing" "$byzlab" compare good.yaml --vary replicas
expect 65 "vary to what cannot be" "$byzlab" compare good.yaml --vary replicas=4,x
sed 's|^base: .*|base: ./good.yaml|' comparison.yaml > over_file.yaml
expect 0 "compare over a base in a file" "$byzlab" compare over_file.yaml
[ -s results/latest/base.yaml ] || fail "compare left no base.yaml"
sed 's/raft/rfat/' comparison.yaml > wrong.yaml
expect 65 "compare an unknown protocol" "$byzlab" compare wrong.yaml

# --- the rest
expect 0 "version" "$byzlab" version --json
for what in protocols behaviors faults topologies latencies metrics properties prometheus; do
  expect 0 "list $what" "$byzlab" list $what
  [ -s out ] || fail "nothing listed under $what"
done
expect 0 "schema" "$byzlab" schema
expect 0 "explain" "$byzlab" explain network.latency
expect 64 "explain nothing" "$byzlab" explain netwrok
for shell in bash zsh fish; do expect 0 "completion $shell" "$byzlab" completion $shell; done
"$byzlab" completion bash | bash -n || fail "the bash completion does not parse"
for demo in pbft streamlet nakamoto; do
  expect 0 "demo $demo" timeout 60 "$byzlab" demo $demo
done
for template in partition crash equivocation double-spend; do
  expect 0 "new --from $template" "$byzlab" new made-$template --from $template
  expect 0 "check of it" "$byzlab" check made-$template.yaml
done
expect 64 "new over a file" "$byzlab" new made-crash

[ $failures -eq 0 ] || { echo "$failures failures"; exit 1; }
echo "the command line does what it says"
