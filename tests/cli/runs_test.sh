#!/usr/bin/env bash
# byzlab runs, byzlab diff, and the words for runs, from outside.
#
#   runs_test.sh PATH_TO_BYZLAB
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
  sed 's/^/    out: /' out | tail -n 8
  sed 's/^/    err: /' err | tail -n 8
  failures=$((failures + 1))
}
says() { grep -qF -- "$2" "$1" || fail "no \"$2\" on std$1"; }

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

expect 0 "runs of nothing" "$byzlab" runs
says out "no such runs"
[ ! -e results ] || fail "asking made a results folder"
expect 64 "replay of nothing" "$byzlab" replay
"$byzlab" run good.yaml -q > /dev/null
"$byzlab" run bad.yaml -q --seed 7 > /dev/null
"$byzlab" run bad.yaml -q --seeds 1..3 > /dev/null
"$byzlab" compare good.yaml --protocols streamlet,pbft --seeds 1..2 -q > /dev/null

# --- the list
expect 0 "runs" "$byzlab" runs
[ "$(grep -c '^  \(pass\|fail\|open\)' out)" -eq 7 ] || fail "not a line a folder"  # 3 failing seeds keep theirs
grep -q $'\x1b' out && fail "colour in a pipe"
expect 0 "runs by name" "$byzlab" runs good
grep -q ' bad/' out && fail "another name"
expect 0 "an expression" "$byzlab" runs --where "verdict = 'fail' and n >= 4" --format csv --columns id,kind,seed
[ "$(wc -l < out)" -eq 6 ] || fail "not 5 failing folders"
expect 0 "each run" "$byzlab" runs --each --kind comparison --format json
[ "$(grep -c '"seed":' out)" -eq 4 ] || fail "not 4 runs of a comparison"
expect 0 "Markdown" "$byzlab" runs --format markdown
says out "| id | kind |"
expect 0 "a limit" "$byzlab" runs --limit 2
says out "2 of 7"
expect 64 "a wrong column" "$byzlab" runs --where "verdit = 'fail'"
says err 'did you mean `verdict`?'
expect 64 "writing" "$byzlab" runs --where "1); delete from folder; --"
expect 64 "a wrong verdict" "$byzlab" runs --verdict failed

# --- the store comes back from the folders
"$byzlab" runs --each --format csv --limit 0 > each
"$byzlab" runs --format csv --limit 0 > before
rm results/index.sqlite*
expect 0 "rebuild" "$byzlab" runs --rebuild
says err "from 7 folders"
"$byzlab" runs --format csv --limit 0 | cmp -s - before || fail "the rebuilt store says something else"
"$byzlab" runs --each --format csv --limit 0 | cmp -s - each || fail "the rebuilt store has other runs"
head -c 5000 /dev/urandom > results/index.sqlite
expect 0 "a run beside a damaged store" "$byzlab" run good.yaml -q --seed 43
says err "runs --rebuild"
expect 0 "a list beside a damaged store" "$byzlab" runs
says err "is damaged"
says out "s43"
expect 0 "rebuild of it" "$byzlab" runs --rebuild
expect 0 "runs after it" "$byzlab" runs --seed 43
[ -s err ] && fail "still a warning"

# --- words for runs
expect 0 "replay by name" "$byzlab" replay good --verify
expect 0 "replay by seed" "$byzlab" replay s43 --verify
expect 0 "replay of the newest" "$byzlab" replay latest --verify
expect 64 "replay of an unknown run" "$byzlab" replay gooood
says err 'no run `gooood`'

# --- differences
expect 0 "the same run twice" "$byzlab" run good.yaml -q --seed 43
expect 0 "diff of the same" "$byzlab" diff latest~1 latest
says out "SAME"
expect 0 "diff of the same, run again" "$byzlab" diff latest~1 latest --messages
says out "events are the same"
cp results/latest/events.jsonl .
expect 0 "a slower run" "$byzlab" run good.yaml -q --seed 43 --set network.latency.delay=11ms
expect 1 "diff" "$byzlab" diff latest~1 latest
says out "network.latency.delay"
says out "first differing event: #"
says out "commit_latency"
says out "DIFFERENT"
expect 1 "diff as JSON" "$byzlab" diff latest~1 latest --messages --format json
says out '"first_differing_delivery": {'
# Events that were not recorded: only running both again can tell.
cp events.jsonl results/latest/
expect 1 "diff of runs whose recorded events are the same" "$byzlab" diff latest~1 latest
says out "are the same"
says out "first differing delivery or event: #"
expect 64 "one with many" "$byzlab" diff latest bad/"$(ls results/bad | grep 's1\.\.3')"
"$byzlab" run bad.yaml -q --seeds 2..4 > /dev/null
expect 1 "many with many" "$byzlab" diff "$(ls results/bad | grep 's1\.\.3')" "$(ls results/bad | grep 's2\.\.4')"
says out "2 in both, 1 only in a, 1 only in b"
expect 0 "a run" "$byzlab" run good.yaml -q --seed 43
expect 0 "with a long description" "$byzlab" run good.yaml -q --seed 43 --set description="$(printf 'é%.0s' {1..90})"
expect 0 "diff of descriptions" "$byzlab" diff latest~1 latest
says out " $(printf 'é%.0s' {1..59})…"
expect 0 "diff of descriptions, whole" "$byzlab" diff latest~1 latest --all
says out " $(printf 'é%.0s' {1..90})"

# --- a disk that is full, where we may mount one: it has room for five such runs, not for sixty
one_run=$(du -sk results/good/*-s43-* | sort -n | tail -n 1 | cut -f 1)
cat > full.sh << 'SH'
mkdir -p disk && mount -t tmpfs -o size="$2"k tmpfs disk || exit 99
for seed in $(seq 1 60); do
  "$1" run good.yaml -q --seed "$seed" -o disk/results > /dev/null 2> err
  code=$?
  [ $code -eq 0 ] || break
done
"$1" runs -o disk/results --limit 0 > list 2> list.err || exit 98
find disk/results -name summary.json | wc -l > folders
exit $code
SH
unshare -rm sh full.sh "$byzlab" $((5 * one_run)) > out 2> err.full
code=$?
if [ $code -eq 99 ] || [ ! -e list ] && ! unshare -rm true 2> /dev/null; then
  echo "no disk can be mounted here: that one full is not tried"
else
  [ $code -eq 74 ] || fail "a full disk: exit $code instead of 74"
  grep -q "full\|No space left" err || fail "not said that the disk is full"
  [ "$(grep -c '^  pass' list)" -eq "$(cat folders)" ] || fail "the list on a full disk is not that of the folders"
  [ "$(cat folders)" -gt 2 ] || fail "nothing was written before the disk was full"
fi

[ $failures -eq 0 ] || { echo "$failures failures"; exit 1; }
echo "runs are listed, found and compared"
