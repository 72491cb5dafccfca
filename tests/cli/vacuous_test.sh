#!/usr/bin/env bash
# Nothing passes because nothing happened: an adversary, a behavior or a fault that drew nobody, met
# nothing or never struck makes a run inconclusive, unless the file asks for none; of many seeds it is
# so only if no seed drew one, however the seeds are run.
#
#   vacuous_test.sh PATH_TO_BYZLAB
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
  sed 's/^/    out: /' out | tail -n 12
  sed 's/^/    err: /' err | tail -n 4
  failures=$((failures + 1))
}
says() { grep -qF -- "$2" "$1" || fail "no \"$2\" on std$1"; }
not() { ! grep -qF -- "$2" "$1" || fail "\"$2\" on std$1"; }

# scenario NAME PROTOCOL LINE…: two seconds of it.
scenario() {
  local name=$1 protocol=$2
  shift 2
  {
    printf 'version: 1\nname: %s\nduration: 2s\nprotocol: { name: %s }\n' "$name" "$protocol"
    printf 'network: { latency: 10ms }\nworkload: { clients: 2, rate: 40 tx/s }\n'
    printf '%s\n' "$@" 'expect: [ { agreement: holds } ]'
  } > "$name.yaml"
}
silent='behaviors: [ silent ]'

# --- drew nobody
scenario nobody "pbft, replicas: 3" "adversary: { members: any(f), $silent }"
expect 2 "any(f) of f = 0" "$byzlab" run nobody.yaml
says out "no adversary drawn"
says out "INCONCLUSIVE"
says out "any(f), is nobody (f = 0)"
expect 2 "and its lock" "$byzlab" run results/latest/scenario.lock.yaml -o again
scenario asked "pbft, replicas: 4" "adversary: { members: any(0), $silent }"
expect 0 "any(0) asks for none" "$byzlab" run asked.yaml
says out "no adversary drawn"
expect 0 "and its lock" "$byzlab" run results/latest/scenario.lock.yaml -o again
# Of a range that begins with none, some seeds draw none on purpose, and each drawn number is its seed's.
scenario ranged "pbft, replicas: 7" "adversary: { members: any(0..f), $silent }"
drawn=""
for seed in {1..16}; do
  expect 0 "any(0..f), seed $seed" "$byzlab" run ranged.yaml --seed $seed
  drawn+=$(grep -oE 'no adversary drawn|adversary r[0-9]( r[0-9])?' out | sed 's/r[0-9]/r/g')";"
done
for what in "no adversary drawn;" "adversary r;" "adversary r r;"; do
  [[ $drawn == *"$what"* ]] || fail "any(0..f) never drew \"$what\": $drawn"
done
scenario headless "pbft, replicas: 4" "adversary: { $silent }"
expect 2 "behaviors of nobody" "$byzlab" run headless.yaml
scenario gentle "pbft, replicas: 4" "adversary: { members: r3 }"
expect 2 "members without a behavior" "$byzlab" run gentle.yaml
scenario crash "pbft, replicas: 3" "timeline: [ { label: down, at: 1s, crash: any(f) } ]"
expect 2 "a crash of nobody" "$byzlab" run crash.yaml
says out 'fault `down` had no effect'
scenario none "pbft, replicas: 4" "timeline: [ { at: 1s, crash: any(0) }, { at: 1s, drop: 0% } ]"
expect 0 "faults that the file asks not to be" "$byzlab" run none.yaml

# --- met nothing, never struck
scenario views "pbft, replicas: 4" "adversary: { members: r3, behaviors: [ silent: { kinds: ViewChange } ] }"
expect 2 "silence about what nobody says" "$byzlab" run views.yaml
says out 'behavior `silent` had no effect'
scenario late "pbft, replicas: 4" "adversary: { members: r3, behaviors: [ delay: { start: 1h } ] }"
expect 2 "a behavior after the end" "$byzlab" run late.yaml
scenario turn "pbft, replicas: 4" \
  "timeline: [ { label: turn, at: 1s, become: { who: r3, behavior: { silent: { kinds: ViewChange } } } } ]"
expect 2 "a replica that turned and did nothing" "$byzlab" run turn.yaml
says out 'fault `turn` had no effect'
scenario same "pbft, replicas: 4" "adversary: { members: r3, behaviors: [ twins ] }"
# PBFT notes no votes: nobody can say that its twins never differed.
expect 0 "twins of a protocol that notes no votes" "$byzlab" run same.yaml
scenario chance "pbft, replicas: 4" "adversary: { members: r3, behaviors: [ silent: { probability: 0 } ] }"
expect 0 "a probability of 0" "$byzlab" run chance.yaml
scenario lucky "pbft, replicas: 4" "timeline: [ { at: 1s, drop: { links: r1 -> r2, probability: 0.0000001 } } ]"
expect 2 "a loss that never struck" "$byzlab" run lucky.yaml
sed 's/latency: 10ms/latency: 10ms, corrupt: 0.0000001/' asked.yaml > base.yaml
expect 2 "nor did the network's" "$byzlab" run base.yaml
says out '`network.corrupt` never struck'
scenario among "pbft, replicas: 3"
sed -i 's/agreement: holds/progress: none, among: any(f)/' among.yaml
expect 2 "an expectation of nobody" "$byzlab" run among.yaml
scenario payer "nakamoto, replicas: 4" "adversary: { members: r3, behaviors: [ double_spend: { merchant: r0 } ] }"
expect 2 "nobody was paid" "$byzlab" run payer.yaml

# --- what did happen
scenario loud "pbft, replicas: 4" "adversary: { members: r3, $silent }"
expect 0 "a silent replica" "$byzlab" run loud.yaml --format json
grep -qE '"by_member": ?\{' out && grep -qE '"effects": *[1-9]' out || fail "no effects counted"

# --- many seeds: of one in which somebody was drawn the others are none the worse
sed 's/replicas: 3 /replicas: 3..4 /; s/^name: .*/name: some/' nobody.yaml > some.yaml
expect 0 "some seeds drew one" "$byzlab" run some.yaml --seeds 1..8
says out "is nobody (f = 0) in "
expect 0 "a sweep of them" "$byzlab" sweep some.yaml --seeds 1..8 -o swept -q
expect 2 "no seed drew one" "$byzlab" run nobody.yaml --seeds 1..4
says out "in any of 4 seeds"
expect 2 "a sweep of them" "$byzlab" sweep nobody.yaml --seeds 1..4 -q
for i in 1 2; do
  "$byzlab" sweep nobody.yaml --seeds 1..4 --shard $i/2 -o none -q > out 2> err
  "$byzlab" sweep some.yaml --seeds 1..8 --shard $i/2 -o parts -q > out 2> err
done
expect 2 "shards of which none drew one" "$byzlab" merge none -o merged -q
expect 0 "shards of which some drew one" "$byzlab" merge parts -o merged -q
expect 2 "a varied sweep, a cell of which drew nobody" \
  "$byzlab" sweep some.yaml --seeds 1..4 --vary replicas=3,4
says out "in any of 4 seeds"
expect 2 "a comparison" "$byzlab" compare nobody.yaml --protocols pbft,hotstuff --seeds 1..3
says out "in any of 3 seeds"
expect 0 "a comparison of which some seeds drew one" \
  "$byzlab" compare some.yaml --protocols pbft,hotstuff --seeds 1..8

# --- f = 0 is said before
scenario three "pbft, replicas: 3" "timeline: [ { at: 1s, for: 500ms, crash: r0 } ]"
expect 0 "a crash with three" "$byzlab" check three.yaml
says out "pbft with 3 replicas tolerates no fault (f = 0); 4 is the least for f = 1"
expect 65 "strictly" "$byzlab" check three.yaml --strict

[ $failures -eq 0 ] && echo "all good"
exit $failures
