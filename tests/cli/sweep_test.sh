#!/usr/bin/env bash
# Many runs: what is killed, interrupted, crashing, hanging, too large or out of disk loses no run
# and counts none twice; parts of a sweep are put together to the very same files.
#   sweep_test.sh <byzlab>
set -uo pipefail
byzlab=$(realpath "$1")
support=$(realpath "$(dirname "$0")/many_runs.sh")
work=$(mktemp -d)
trap 'umount "$work/tiny" 2> /dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1

. "$support"

# A run of some 3 ms, whose faults are drawn from its seed.
cat > small.yaml << 'END'
version: 1
name: small
duration: 20s
protocol: { name: pbft, replicas: 4..7 }
workload: { clients: 2, rate: 20 tx/s }
timeline:
  - { at: 5s..6s, for: 1s, crash: any(1) }
expect:
  - agreement: holds
  - recovery: 5s
    after: faults
END
sed 's/^name: small/name: heavy/; s/^duration: .*/duration: 1000s/' small.yaml > heavy.yaml

# --- the whole, once, undisturbed
expect 0 "a sweep" "$byzlab" sweep small.yaml --seeds 1..400 -j 2 -o whole
says out "PASS  0 of 400 seeds failed: 0 %  (95 % interval 0.00 to 0.95 %)"
whole=$(only whole '2*-s1..400')
[ "$(wc -l < "$whole/runs.jsonl")" -eq 400 ] || fail "not a line a run"
[ -z "$(find whole -name 'unfinished*')" ] || fail "an unfinished folder is left"
expect 0 "run does the same" "$byzlab" run small.yaml --seeds 1..400 -j 1 -o run -q
same "$whole" "$(only run '2*-s1..400')" || { fail "run and sweep differ"; head differences; }

# --- killed again and again
killed_again_and_again killed 50 "$byzlab" sweep small.yaml --seeds 1..400 -j 2 -o killed ||
  fail "the rest of a killed sweep: exit $?"
grep -q "continuing killed/small/unfinished-s1..400-.* of 400 runs were done" err ||
  fail "it did not say that it goes on"
killed=$(only killed '2*-s1..400')
same "$whole" "$killed" || { fail "killed and undisturbed differ"; head differences; }
[ -z "$(find killed -name 'unfinished*')" ] || fail "an unfinished folder is left"

# --- interrupted: kept, marked, gone on with
"$byzlab" sweep heavy.yaml --seeds 1..16 -j 2 -o stopped > out 2> err &
process=$!
wait_for_lines stopped 1 $process > /dev/null
kill -INT $process
wait $process
[ $? -eq 130 ] || fail "an interrupted sweep: exit $?"
says out "interrupted after"
folder=$(only stopped 'unfinished*')
grep -q '"interrupted": true' "$folder/summary.json" || fail "partial results are not marked"
[ -z "$(pgrep -P $process)" ] || fail "workers are left"
expect 0 "the rest of it" "$byzlab" sweep --resume "$folder" -j 2 -q
[ -d "$folder" ] && fail "the unfinished folder is left"
[ "$(wc -l < "$(only stopped runs.jsonl)")" -eq 16 ] || fail "not all runs after an interruption"
grep -q '"interrupted": false' "$(only stopped summary.json)" || fail "still marked"
expect 64 "resume nothing" "$byzlab" sweep --resume "$folder"

# --- a run that crashes, hangs, is too large or too long
"$byzlab" sweep heavy.yaml --seeds 1..6 -j 1 -o crashed > out 2> err &
process=$!
kill -SEGV "$(worker_of $process)"
wait $process
[ $? -eq 70 ] || { fail "a crash of a run: exit $?"; cat out err; }
says err "internal error: a run crashed: segmentation fault"
says err "again    byzlab run heavy.yaml --seed "
says out "1 crashed"
[ -s "$(only crashed crashes.txt)" ] || fail "no crash report"
[ "$(wc -l < "$(only crashed runs.jsonl)")" -eq 6 ] || fail "a crash took others with it"

"$byzlab" sweep heavy.yaml --seeds 1..3 -j 1 -o hung --max-wall 2s > out 2> err &
process=$!
kill -STOP "$(worker_of $process)"
wait $process
[ $? -eq 2 ] || { fail "a run that hangs: exit $?"; cat out err; }
says err "it took more than 2 s of real time"
says out "1 stopped at a limit"

expect 2 "too many events" "$byzlab" sweep small.yaml --seeds 1..20 --max-events 5000 -o long
says out "stopped after 5000 events, its limit"
says out "20 stopped at a limit"
expect 2 "too large" "$byzlab" sweep heavy.yaml --seeds 1..2 --max-memory "20 MB" -o large
says err "of memory"

# --- keys that vary
expect 0 "vary" "$byzlab" sweep small.yaml --seeds 1..10 --vary replicas=4,7 --vary network.loss=0%,1% -o vary
says out "4 combinations, 40 runs"
says out "95 % interval 0.00 to"
vary=$(only vary '2*-s1..10')
grep -q '"label": "protocol.replicas=7, network.loss=1%"' "$vary/summary.json" || fail "no cells"
# --- what some seed draws and the file cannot have is found before anything runs
cat > drawn.yaml << 'END'
version: 1
name: drawn
duration: 5s
protocol: { name: pbft, replicas: 4..7 }
network: { latency: 20ms }
workload: { clients: 2, rate: 20 tx/s }
timeline:
  - { label: down, at: 1s, for: 1s, crash: r6 }
END
sed 's/4\.\.7/7/; s/crash: r6/one_of: [ { crash: r1 }, { crash: r7 } ]/' drawn.yaml > one_of.yaml
for file in drawn one_of; do
  for command in check "sweep --seeds 1..40" "run --seeds 1..40" "compare --vary workload.clients=1,2 --seeds 1..40"; do
    options=
    [[ $command = *\ * ]] && options="${command#* } -o nowhere"
    expect 65 "$command of $file" "$byzlab" ${command%% *} $file.yaml $options
    cat out err > both
    says both "$file.yaml:8:"
    says both "error[E"
  done
done
[ -e nowhere ] && fail "something was run"
expect 65 "vary to what cannot be" "$byzlab" sweep small.yaml --vary replicas=4,x
expect 64 "vary nothing" "$byzlab" sweep small.yaml --vary replicas
sed 's/recovery: 5s/recovery: 1ms/; s/^name: small/name: failing/' small.yaml > failing.yaml
expect 1 "a sweep that fails" "$byzlab" sweep failing.yaml --seeds 1..30 --vary replicas=4,7
says out "again    byzlab run failing.yaml --seed "
says err "✗ seed "
[ "$(find results/failing -name scenario.lock.yaml | wc -l)" -eq 10 ] || fail "not ten folders of failures"
expect 0 "keep all" "$byzlab" sweep small.yaml --seeds 1..3 --keep all -o kept
[ "$(find kept -name scenario.lock.yaml | wc -l)" -eq 3 ] || fail "not all folders"

# --- shards
for i in 1 2 3; do
  expect 0 "shard $i" "$byzlab" sweep small.yaml --seeds 1..400 --shard $i/3 -o shards -q
done
expect 0 "merge" "$byzlab" merge shards -o merged
says out "PASS  0 of 400 seeds failed: 0 %  (95 % interval 0.00 to 0.95 %)"
same "$whole" "$(only merged '2*-s1..400')" || { fail "merged and whole differ"; head differences; }
for i in 1 2 3 4 5 6 7; do
  "$byzlab" sweep small.yaml --seeds 1..10 --vary replicas=4,7 --vary network.loss=0%,1% \
    --shard $i/7 -o parts -q || fail "part $i"
done
expect 0 "merge cells" "$byzlab" merge parts/small/* -o merged-cells
same "$vary" "$(only merged-cells '2*-s1..10')" || { fail "merged cells differ"; head differences; }
expect 74 "a shard twice" "$byzlab" merge shards shards -o twice
says err "is also in"
rm -r shards/small/*shard2of3
expect 74 "a shard is missing" "$byzlab" merge shards -o missing
says err "shard 2/3 is missing"
expect 74 "shards of two sweeps" "$byzlab" merge shards parts -o mixed
expect 64 "no shard" "$byzlab" sweep small.yaml --shard 4/3

# --- a full disk (a tiny one, which only root can make)
if with_a_tiny_disk 200k; then
  expect 74 "a full disk" "$byzlab" sweep small.yaml --seeds 1..400 -o tiny
  says err "No space left on device"
  says err "of 400 runs in tiny/small/unfinished-s1..400-"
  journal=$(only tiny runs.jsonl)
  lines=$(wc -l < "$journal")
  [ "$lines" -gt 10 ] || fail "only $lines runs on the full disk"
  head -n "$lines" "$(only whole runs.jsonl)" | cmp -s - "$journal" ||
    fail "what is on the full disk is not the beginning of what was to be"
  mount -o remount,size=10m tiny
  expect 0 "the rest, on a larger disk" "$byzlab" sweep small.yaml --seeds 1..400 -o tiny -q
  same "$whole" "$(only tiny '2*-s1..400')" || fail "after a full disk: other results"
fi

finish "sweeps"
