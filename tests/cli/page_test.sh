#!/usr/bin/env bash
# The page's server from outside: view, run --serve, commands, forks.
#
#   page_test.sh PATH_TO_BYZLAB
set -uo pipefail
byzlab=$(realpath "$1")
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2> /dev/null; rm -rf "$work"' EXIT
cd "$work"
failures=0
fail() {
  echo "FAIL $1"
  for f in out err answer; do [ -s $f ] && sed "s/^/    $f: /" $f | cut -c1-300 | tail -n 5; done
  failures=$((failures + 1))
}

cat > good.yaml << 'YAML'
version: 1
name: good
duration: 20s
seed: 42
protocol: { name: pbft, replicas: 4 }
network: { latency: { model: constant, delay: 10ms } }
workload: { clients: 2, mode: open, rate: 20 tx/s }
expect:
  - agreement: holds
YAML

# start COMMAND…: a server in the background; its port is in $port.
start() {
  : > out; : > err
  "$@" > out 2> err < /dev/null &
  server=$!
  port=
  for _ in $(seq 100); do
    port=$(sed -n 's|.*http://127.0.0.1:\([0-9]*\)/.*|\1|p' out err | head -n 1)
    [ -n "$port" ] && return
    sleep 0.1
  done
  fail "no address: $*"
}
# stop CODE NAME: Ctrl-C ends it with this exit code.
stop() {
  kill -INT "$server"
  wait "$server"
  local got=$?
  server=
  [ $got -eq "$1" ] || fail "$2: exit $got instead of $1"
}
# ask METHOD TARGET [BODY] [HEADER]: status in $status, body in the file `answer`.
ask() {
  local body=${3-} header=
  [ -z "${4-}" ] || header=$4$'\r\n'
  exec 3<> "/dev/tcp/127.0.0.1/$port" || return
  printf '%s %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n%s\r\n%s' \
    "$1" "$2" "$port" ${#body} "$header" "$body" >&3
  local all
  all=$(tr -d '\0' <&3)
  exec 3>&-
  status=$(printf '%s' "$all" | sed -n '1s/^[^ ]* \([0-9]*\).*/\1/p')
  printf '%s' "$all" | sed '1,/^\r$/d' > answer
}
expect() { [ "$status" = "$1" ] || fail "$2: status $status instead of $1"; }
says() { grep -qF -- "$1" answer || fail "no \"$1\" in the answer"; }
# until_says TARGET TEXT: asks again until the answer has the text.
until_says() {
  for _ in $(seq 150); do
    ask GET "$1"
    grep -qF -- "$2" answer && return
    sleep 0.1
  done
  fail "$1 never said $2"
}
hash_of() { sed -n 's/.*"trace_hash": "\([0-9a-f]*\)".*/\1/p' "$1/summary.json"; }

# --- finished runs
"$byzlab" run good.yaml -q > /dev/null 2>&1 || fail "the run"
run=$(cat results/latest.txt)
start "$byzlab" view --port 0 --no-open
grep -q "#id=$run" out || fail "the address says the run"
ask GET /healthz
expect 200 health
ask GET /api/runs
expect 200 runs
says "\"id\":\"$run\""
ask GET "/api/run?id=$run"
expect 200 run
says "\"trace_hash\": \"$(hash_of results/latest)\""
says '"blocks":{"id":['
says '"story":['
for _ in $(seq 100); do [ -s results/latest/trace/messages.bin ] && break; sleep 0.1; done
[ -s results/latest/trace/messages.bin ] || fail "messages are made ready before anybody asks"
ask GET "/api/messages?id=$run&from=1&to=1.2&limit=3000"
expect 200 messages
says '"kinds":["","PrePrepare","Prepare","Commit"'
says '"rows":{"sent":['
ask GET "/api/messages?id=$run&from=0&to=20&limit=10"
says '"bundles":[{"from_t":0'
[ -s results/latest/trace/messages.bin ] || fail "the messages were kept"
ask GET "/api/run?id=../../etc"
expect 404 "a path out of the results"
ask GET /api/runs "" "Origin: http://evil.example"
expect 403 "another site"
ask POST /api/fork '{"id":"x","at":1,"command":"crash","replica":1}'
expect 405 "a fork without --interactive"
stop 0 view

# --- exports of a window
exported() { "$byzlab" export latest --file picture "$@" > out 2> err; }
rm -r results/latest/trace  # they don't need what the page has made
exported --to svg --from 1s --until 1.3s || fail "export --to svg"
[ "$(head -c 5 picture)" = "<svg " ] && grep -q "</svg>" picture || fail "an SVG"
exported --to perfetto --from 1s --until 1.3s || fail "export --to perfetto"
grep -q '"traceEvents":\[' picture && grep -q '"name":"view 0"' picture || fail "a trace"
exported --to shiviz --from 1s --until 1.3s || fail "export --to shiviz"
grep -q '^r0 {"r0":1' picture || fail "a clock"
[ ! -e results/latest/trace/messages.bin ] || fail "an export leaves nothing in the run's folder"
exported --to svg --limit 10
[ $? -eq 64 ] && grep -q "There are [0-9]* messages between 0 s and 20 s, and the limit is 10" err ||
  fail "a window that is too large"
exported --to csv --from 1s
[ $? -eq 64 ] && grep -q "choose messages" err || fail "--from without messages"

# --- forks
start "$byzlab" view --port 0 --no-open --interactive
ask POST /api/fork "{\"id\":\"$run\",\"at\":5.25,\"command\":\"crash\",\"replica\":0}"
expect 200 fork
fork=$(sed -n 's/.*"id":"\([^"]*\)".*/\1/p' answer)
grep -q 'at: 5250ms' "results/$fork/scenario.lock.yaml" || fail "the fork has the fault"
grep -q '"t":5.25,"event":"crash","replica":"r0"' "results/$fork/events.jsonl" || fail "r0 crashed"
grep -q "\"seed\": 42" "results/$fork/summary.json" || fail "the fork has the seed"
ask POST /api/fork "{\"id\":\"$run\",\"at\":5.25,\"command\":\"crash\",\"replica\":9}"
expect 400 "a fork with nobody"
ask POST /api/fork '{"id":"../x","at":1,"command":"crash","replica":1}'
expect 404 "a fork of nothing"
ask POST /api/fork 'nonsense'
expect 400 "no JSON"
stop 0 "view --interactive"

# --- live, as fast as it goes: the page stays when the run is over
start "$byzlab" run good.yaml --serve=0
until_says /api/runs '"verdict":"pass"'
ask GET "/api/run?id=live"
expect 200 "what is over"
ask POST /api/command '{"command":"pause"}'
expect 403 "a command without --interactive"
stop 0 "run --serve"
grep -q "PASS" out || fail "the verdict is on stdout"
[ "$(hash_of results/latest)" = "$(hash_of "results/$run")" ] || fail "a served run is the same run"

# --- commands: what was run is what is written
start "$byzlab" run good.yaml --serve=0 --pace 4x --interactive
until_says "/api/run?id=live" '"t":[0.1'
ask POST /api/command '{"command":"pause"}'
expect 200 pause
says '"ok":true'
ask POST /api/command '{"command":"crash","replica":1}'
expect 200 crash
says 'live-1, crash: r1'
ask POST /api/command '{"command":"step","by":0.5}'
expect 200 step
until_says "/api/run?id=live" '"state":["crashed"]'
ask POST /api/command '{"command":"restart","replica":1}'
expect 200 restart
ask POST /api/command '{"command":"isolate","replica":2}'
expect 200 isolate
ask POST /api/command '{"command":"become","replica":3,"behavior":"silent"}'
expect 200 become
ask POST /api/command '{"command":"step","by":1}'
sleep 0.5
ask POST /api/command '{"command":"heal","replica":2}'
expect 200 heal
ask POST /api/command '{"command":"heal","replica":0}'
expect 400 "nothing to heal"
ask POST /api/command '{"command":"dance","replica":0}'
expect 400 "no such command"
ask POST /api/command '{"command":"crash","replica":1}' "Origin: http://evil.example"
expect 403 "a command from another site"
ask POST /api/command '{"command":"speed","speed":null}'
expect 200 speed
ask POST /api/command '{"command":"resume"}'
expect 200 resume
for _ in $(seq 150); do grep -q "trace" out && break; sleep 0.1; done
ask POST /api/command '{"command":"pause"}'
expect 409 "a command to what is over"
kill -INT "$server"
wait "$server"
server=
lock=results/latest/scenario.lock.yaml
for text in 'crash: "r1"' 'restart: "r1"' 'isolate: "r2"' 'become: { who: "r3"'; do
  grep -qF "$text" $lock || fail "no $text in the file"
done
hash=$(hash_of results/latest)
[ "$hash" != "$(hash_of "results/$run")" ] || fail "the commands did something"
"$byzlab" run $lock --verify "$hash" > out 2> err || fail "the file replays the run"

# --- what cannot be
"$byzlab" run good.yaml --serve=10.0.0.1:7070 > out 2> err
[ $? -eq 64 ] || fail "another address"
"$byzlab" run good.yaml --serve --interactive --transport tcp > out 2> err
[ $? -eq 64 ] || fail "commands over TCP"
"$byzlab" run good.yaml --pace 3x > out 2> err
[ $? -eq 64 ] || fail "a pace without a page"

[ $failures -eq 0 ] || { echo "$failures failed"; exit 1; }
