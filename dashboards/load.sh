#!/usr/bin/env bash
# A finished run in a Prometheus of its own: dashboards/load.sh [RUN…], by default the latest.
#
# RUN is what `byzlab export` takes: a folder, a name, a seed, an id or a hash. The history is backfilled with
# promtool so that it ends now, and a server is started on a free port of 127.0.0.1 until Ctrl-C.
#   --data DIR     keep the data there (default: a temporary folder, removed at the end)
#   --epoch T      Unix time of the run's start, for more than one run at the same place
#   --results DIR  where results are (default: results)
# BYZLAB, PROMETHEUS and PROMTOOL name other programs than those found.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

say() { printf 'load.sh: %s\n' "$*" >&2; }
fail() { say "$1"; exit "${2:-70}"; }

links="" boards="" data="" results=results epoch=() runs=()
while [ $# -gt 0 ]; do
  case $1 in
    --data) data=${2:?--data wants a folder}; shift ;;
    --epoch) epoch=(--epoch "${2:?--epoch wants seconds}"); shift ;;
    --results) results=${2:?--results wants a folder}; shift ;;
    -h | --help) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 0 ;;
    -*) fail "no option '$1'" 64 ;;
    *) runs+=("$1") ;;
  esac
  shift
done
[ ${#runs[@]} -gt 0 ] || runs=(latest)

prometheus=${PROMETHEUS:-prometheus} promtool=${PROMTOOL:-promtool}
for program in "$prometheus" "$promtool"; do
  command -v "$program" > /dev/null || fail "$program is not here (Debian: apt-get install prometheus)"
done
byzlab=${BYZLAB:-}
for candidate in "$here/../build/release/byzlab" byzlab; do
  [ -n "$byzlab" ] || byzlab=$(command -v "$candidate") || true
done
[ -n "$byzlab" ] || fail "no byzlab found; set BYZLAB=/path/to/byzlab"

work=$(mktemp -d) server=""
[ -n "$data" ] || data=$work/data
mkdir -p "$data"
cleanup() {
  [ -z "$server" ] || { kill "$server" 2> /dev/null; wait "$server" 2> /dev/null; } || true
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# One block may span a whole run: a week in blocks of two hours would take minutes.
longest=0
for run in "${runs[@]}"; do
  "$byzlab" export "$run" --to openmetrics "${epoch[@]}" -o "$results" --file "$work/metrics.om"
  "$promtool" tsdb create-blocks-from openmetrics --quiet --max-block-duration=8760h "$work/metrics.om" "$data" >&2
  read -r first last < <(awk '/^byzlab_sim_time_seconds\{/ { if (!n++) first = $NF; last = $NF } END { print first, last }' \
    "$work/metrics.om")
  length=$(awk -v a="$first" -v b="$last" 'BEGIN { printf "%d", b - a + 1 }')
  [ "$length" -le "$longest" ] || longest=$length
  label=$(sed -n '/^byzlab_sim_time_seconds{/{s/.*run="\([^"]*\)".*/\1/p;q}' "$work/metrics.om")
  links+="  console   CONSOLE?run=$label&start=$first&end=$last"$'\n'
  boards+="  grafana   http://127.0.0.1:3000/d/byzlab-00-overview?var-run=$label&from=${first%.*}000&to=$((${last%.*} + 1))000"$'\n'
done
# A value that does not change is said about forty times a run: it must be seen from one to the next.
lookback=$((longest / 20 > 300 ? longest / 20 : 300))

printf 'rule_files: ["%s/prometheus/rules/*.yml"]\n' "$here" > "$work/prometheus.yml"
port=9090
start() {
  while (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; do port=$((port + 1)); done
  "$prometheus" --config.file="$work/prometheus.yml" --storage.tsdb.path="$data" \
    --storage.tsdb.retention.time=100y --query.lookback-delta="${lookback}s" \
    --web.listen-address="127.0.0.1:$port" --web.console.templates="$here/prometheus/consoles" \
    --web.console.libraries="$here/prometheus/consoles" --log.level=warn > "$work/log" 2>&1 &
  server=$!
  for _ in $(seq 300); do
    kill -0 "$server" 2> /dev/null || return 1
    if (exec 3<> "/dev/tcp/127.0.0.1/$port" && printf 'GET /-/ready HTTP/1.0\r\n\r\n' >&3 && grep -q '200 OK' <&3) 2> /dev/null
    then return 0; fi
    sleep 0.1
  done
  return 1
}
# Somebody else may take the port between the look and the start.
for _ in 1 2 3; do start && break; server="" port=$((port + 1)); done
[ -n "$server" ] || { cat "$work/log" >&2; fail "prometheus did not start"; }

echo "prometheus  http://127.0.0.1:$port"
printf '%s' "${links//CONSOLE/http://127.0.0.1:$port/consoles/byzlab.html}"
# compose.yaml's Grafana asks the Prometheus at 9090.
if [ "$port" = 9090 ]; then
  printf '%s' "$boards"
  echo "            (with Docker, beside this: docker compose -f $here/compose.yaml up --no-deps grafana)"
else
  say "port 9090 is taken, so the Grafana of compose.yaml asks another Prometheus than this one"
fi
echo "Ctrl-C ends it."
wait "$server"
