#!/usr/bin/env bash
# Comparisons of many runs, in worker processes: the same tables with any -j, after kill -9, Ctrl-C
# and a full disk, and from shards; runs that crash, hang or are too long are told apart.
#   compare_test.sh <byzlab>
set -uo pipefail
byzlab=$(realpath "$1")
support=$(realpath "$(dirname "$0")/many_runs.sh")
work=$(mktemp -d)
trap 'umount "$work/tiny" 2> /dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
. "$support"

# 2 x 2 x 2 cells less one, a run of some 3 ms.
cat > base.yaml << 'END'
version: 1
name: base
duration: 10s
protocol: { name: pbft, replicas: 4 }
network: { latency: { model: uniform, min: 5ms, max: 30ms } }
workload: { clients: 2, rate: 20 tx/s, warmup: 1s }
END
cat > small.yaml << 'END'
version: 1
kind: comparison
name: small
base: ./base.yaml
vary:
  protocol: [pbft, hotstuff]
  replicas: [4, 7]
  condition:
    happy: {}
    liar: { adversary: { members: any(f), behaviors: [ equivocate ] } }
exclude:
  - { protocol: hotstuff, replicas: 4, condition: liar, because: to have one that is left out }
runs: { seeds: 1..20 }
report: { rows: protocol, columns: condition, pages: replicas, metrics: [throughput, commit_latency.p99, commit_latency.pooled_p99, messages_per_commit], baseline: pbft }
END
sed 's/^duration: .*/duration: 400s/' base.yaml > heavy_base.yaml
sed 's/^name: small/name: heavy/; s/base.yaml/heavy_base.yaml/; s/1\.\.20/1..2/' small.yaml > heavy.yaml
compare() { "$byzlab" compare "$@" > /dev/null 2> /dev/null; }

# --- the whole, undisturbed, in one process and in two
expect 0 "a comparison" "$byzlab" compare small.yaml -j 1 -o whole
says out "8 cells - 1 excluded, 20 paired seeds = 140 runs"
whole=$(only whole '2*-s1..20')
[ "$(wc -l < "$whole/runs.jsonl")" -eq 140 ] || fail "not a line a run"
for file in summary.json table.md table.csv table.tex times.json comparison.yaml base.yaml plan.json; do
  [ -s "$whole/$file" ] || fail "no $file"
done
expect 0 "the same twice at once" "$byzlab" compare small.yaml -j 2 -o twice
same "$whole" "$(only twice '2*-s1..20')" || { fail "-j 1 and -j 2 differ"; head differences; }
[ "$(grep -c '"cell":2,' "$whole/runs.jsonl")" -eq 20 ] || fail "not 20 runs in cell 2"

# --- the shipped comparison, one seed of it
engines=$(realpath "$(dirname "$support")/../../scenarios/compare/engines.yaml")
expect 0 "the engines" "$byzlab" compare "$engines" --seeds 1..1 -j 1 -o engines -q
expect 0 "the engines again" "$byzlab" compare "$engines" --seeds 1..1 -j 2 -o engines-again -q
same "$(only engines '2*-s1..1')" "$(only engines-again '2*-s1..1')" || { fail "the engines' tables differ"; head differences; }

# --- killed again and again
killed_again_and_again killed 18 "$byzlab" compare small.yaml -j 2 -o killed
[ $? -eq 0 ] || fail "the rest of a killed comparison"
grep -q "continuing killed/small/unfinished-s1..20-.* of 140 runs were done" err ||
  fail "it did not say that it goes on"
same "$whole" "$(only killed '2*-s1..20')" || { fail "killed and undisturbed differ"; head differences; }
[ -z "$(find killed -name 'unfinished*')" ] || fail "an unfinished folder is left"

# --- interrupted: kept, marked, gone on with, or begun anew
"$byzlab" compare heavy.yaml -j 2 -o stopped > out 2> err &
process=$!
wait_for_lines stopped 1 $process > /dev/null
kill -INT $process
wait $process
[ $? -eq 130 ] || fail "an interrupted comparison: exit $?"
says out "Interrupted: cells have the runs that were done"
folder=$(only stopped 'unfinished*')
grep -q '"interrupted": true' "$folder/summary.json" || fail "partial results are not marked"
[ -z "$(pgrep -P $process)" ] || fail "workers are left"
expect 0 "the rest of it" "$byzlab" compare heavy.yaml -j 2 -o stopped
says err "continuing"
[ -d "$folder" ] && fail "the unfinished folder is left"
compare small.yaml --shard 1/2 -o fresh
mv "$(only fresh '2*')" fresh/small/unfinished-other
expect 0 "anew" "$byzlab" compare small.yaml --fresh -j 2 -o fresh
grep -q continuing err && fail "--fresh went on"

# --- runs that crash, hang or are too long
"$byzlab" compare heavy.yaml -j 1 -o crashed > out 2> err &
process=$!
kill -SEGV "$(worker_of $process)"
wait $process
[ $? -eq 70 ] || { fail "a crash of a run: exit $?"; cat out err; }
says err "internal error: a run crashed: segmentation fault"
says err "again    byzlab compare heavy.yaml"
says out "1 run was stopped at a limit or crashed"
[ "$(wc -l < "$(only crashed runs.jsonl)")" -eq 14 ] || fail "a crash took others with it"
"$byzlab" compare heavy.yaml -j 1 -o hung --max-wall 2s > out 2> err &
process=$!
kill -STOP "$(worker_of $process)"
wait $process
says err "it took more than 2 s of real time"
expect 2 "too many events" "$byzlab" compare small.yaml --seeds 1..2 --max-events 1000 -o long
says out "14 runs were stopped at a limit or crashed"

# --- shards, put together where the files they were made from are not
for i in 1 2 3; do
  compare small.yaml --shard $i/3 -j 2 -o shards || fail "shard $i"
done
mkdir elsewhere
(cd elsewhere && expect 0 "merge" "$byzlab" merge ../shards -o ../merged && [ $failures -eq 0 ]) || fail "merge"
same "$whole" "$(only merged '2*-s1..20')" || { fail "merged and whole differ"; head differences; }
rm -r shards/small/*shard2of3
expect 74 "a shard is missing" "$byzlab" merge shards -o missing
says err "shard 2/3 is missing"
expect 64 "no shard" "$byzlab" compare small.yaml --shard 4/3

# --- a scenario that is varied without a file of its own
for i in 1 2; do
  "$byzlab" compare base.yaml --protocols pbft,raft --seeds 1..6 --shard $i/2 -o parts -q > /dev/null ||
    fail "a part of a varied scenario"
done
expect 0 "a varied scenario" "$byzlab" compare base.yaml --protocols pbft,raft --seeds 1..6 -o varied
expect 0 "merge its parts" "$byzlab" merge parts -o parts-merged
same "$(only varied '2*-s1..6')" "$(only parts-merged '2*-s1..6')" || { fail "merged parts differ"; head differences; }

# --- a full disk
if with_a_tiny_disk 160k; then
  expect 74 "a full disk" "$byzlab" compare small.yaml -o tiny
  says err "of 140 runs in tiny/small/unfinished-s1..20-"
  journal=$(only tiny runs.jsonl)
  lines=$(wc -l < "$journal")
  [ "$lines" -gt 10 ] || fail "only $lines runs on the full disk"
  head -n "$lines" "$whole/runs.jsonl" | cmp -s - "$journal" ||
    fail "what is on the full disk is not the beginning of what was to be"
  mount -o remount,size=20m tiny
  expect 0 "the rest, on a larger disk" "$byzlab" compare small.yaml -o tiny -q
  same "$whole" "$(only tiny '2*-s1..20')" || fail "after a full disk: other results"
fi

finish "comparisons"
