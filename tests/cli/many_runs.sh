# What the tests of many runs share; sourced with $byzlab set, in an empty folder.

failures=0
fail() {
  echo "FAIL: $*" >&2
  failures=$((failures + 1))
}
# expect CODE WHAT COMMAND…: runs it, keeps its output in out and err.
expect() {
  local code=$1 what=$2
  shift 2
  "$@" > out 2> err < /dev/null
  local got=$?
  [ $got -eq "$code" ] || { fail "$what: exit $got, not $code: $*"; cat out err >&2; }
}
says() { grep -qF -- "$2" "$1" || { fail "no \"$2\" in $1 of the last command"; cat "$1" >&2; }; }

only() { find "$1" -name "$2" 2> /dev/null | head -n 1; }
# same FOLDER FOLDER: equal but for the times, which stand in two files of their own.
same() { diff -r --exclude times.json --exclude console.txt "$1" "$2" > differences; }

# wait_for_lines FOLDER COUNT PROCESS: until runs.jsonl below it has so many; prints its name.
wait_for_lines() {
  local journal
  for ((i = 0; i < 1000; i++)); do
    journal=$(only "$1" runs.jsonl)
    [ -n "$journal" ] && [ "$(wc -l < "$journal")" -ge "$2" ] && break
    kill -0 "$3" 2> /dev/null || break
    sleep 0.01
  done
  echo "$journal"
}

# killed_again_and_again OUT STEP COMMAND…: kills it with -9 whenever runs.jsonl below OUT has STEP
# lines more, six times, once as if in the middle of a line; the seventh may end.
killed_again_and_again() {
  local out=$1 step=$2 journal process round
  shift 2
  "$@" > out 2> err &
  process=$!
  for round in 1 2 3 4 5 6; do
    journal=$(wait_for_lines "$out" $((round * step)) $process)
    kill -9 $process 2> /dev/null
    wait $process 2> /dev/null
    [ $round -eq 3 ] && [ -n "$journal" ] && printf '{"seed":3' >> "$journal"
    "$@" > out 2> err &
    process=$!
  done
  wait $process
}

worker_of() { # of a process: one that is at a run
  for ((i = 0; i < 500; i++)); do
    pgrep -P "$1" | head -n 1 | grep . && return
    sleep 0.01
  done
}

# with_a_tiny_disk SIZE: mounts one at tiny; only root can.
with_a_tiny_disk() {
  mkdir tiny
  mount -t tmpfs -o "size=$1" none tiny 2> /dev/null && return
  echo "no tiny disk could be made: a full disk was not tried"
  return 1
}

finish() { # WHAT
  [ $failures -eq 0 ] || { echo "$failures failures"; exit 1; }
  echo "$1: nothing lost, nothing twice"
}
