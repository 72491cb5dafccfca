#!/usr/bin/env bash
# scripts/slurm_sweep.sh against a real Slurm: munged, slurmctld and slurmd are started as root in a
# temporary folder, on loopback and free ports, and stopped at the end. Exit 77 where that cannot be.
#   slurm_test.sh <byzlab> <source folder>
set -uo pipefail
byzlab=$(realpath "$1")
source=$(realpath "$2")
export BYZLAB=$byzlab
export PATH=$PATH:/usr/sbin:/sbin

skip() {
  echo "skipped: $*"
  exit 77
}
for program in munged slurmctld slurmd sbatch squeue; do
  command -v $program > /dev/null || skip "there is no $program here (Debian: slurm-wlm)"
done
[ "$(id -u)" -eq 0 ] || skip "only root can start slurmd"

work=$(mktemp -d)
chmod 755 "$work"
daemons=()
stop() {
  for ((i = ${#daemons[@]} - 1; i >= 0; i--)); do
    kill "${daemons[i]}" 2> /dev/null
    wait "${daemons[i]}" 2> /dev/null
  done
  rm -rf "$work"
}
trap stop EXIT
fail() {
  echo "FAIL: $*" >&2
  tail -n 15 "$work"/*.log "$work"/results/logs/* >&2 2> /dev/null
  exit 1
}
cd "$work" || exit 1

free_ports() { # two that nobody listens on
  local port found=0
  for ((port = 20000 + RANDOM % 20000; found < 2; port++)); do
    (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null && continue
    echo "$port"
    found=$((found + 1))
  done
}
mapfile -t ports < <(free_ports)

mkdir munge state spool
head -c 128 /dev/urandom > munge/key
chmod 700 munge/key
chmod 400 munge/key
cat > slurm.conf << END
ClusterName=byzlab
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=${ports[0]}
SlurmdPort=${ports[1]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
CredType=cred/munge
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SchedulerType=sched/builtin
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=1
MpiDefault=none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
MinJobAge=300
NodeName=$(hostname -s) NodeAddr=127.0.0.1 NodeHostname=$(hostname -s) CPUs=2 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
export SLURM_CONF=$work/slurm.conf

munged --foreground --force --socket="$work/munge/socket" --key-file="$work/munge/key" \
  --pid-file="$work/munge/pid" --seed-file="$work/munge/seed" --log-file="$work/munge.log" \
  --num-threads=2 > munged.out.log 2>&1 &
daemons+=($!)
for ((i = 0; i < 100; i++)); do [ -S munge/socket ] && break; sleep 0.05; done
[ -S munge/socket ] || skip "munged does not start here: $(tail -n 1 munge.log munged.out.log)"
slurmctld -D -f "$SLURM_CONF" > slurmctld.out.log 2>&1 &
daemons+=($!)
slurmd -D -f "$SLURM_CONF" > slurmd.out.log 2>&1 &
daemons+=($!)
ready=
for ((i = 0; i < 150; i++)); do
  sinfo -h -o %t 2> /dev/null | grep -q '^idle' && ready=1 && break
  sleep 0.1
done
[ -n "$ready" ] || skip "no Slurm node comes up here: $(tail -n 1 slurmd.log slurmd.out.log | tr '\n' ' ')"

cat > small.yaml << 'END'
version: 1
name: small
duration: 5s
protocol: { name: pbft, replicas: 4..7 }
workload: { clients: 2, rate: 20 tx/s }
expect: [ agreement: holds ]
END
"$byzlab" sweep small.yaml --seeds 1..300 -o whole -q || fail "the sweep on one machine"
whole=$(echo whole/small/2*)

wait_for() { # job
  for ((i = 0; i < 600; i++)); do
    case $(squeue -h -o %T -j "$1" 2> /dev/null) in
      "") return 0 ;;
      *) sleep 0.1 ;;
    esac
    squeue -h -t CA,CD,F,TO,NF -o %T -j "$1" 2> /dev/null | grep -q . && return 0
  done
  return 1
}
submit() { # the sweep, or what is named
  [ $# -gt 0 ] || set -- sweep small.yaml --seeds 1..300
  "$source/scripts/slurm_sweep.sh" -n 3 -o results --time=5 -- "$@" > submitted ||
    fail "the jobs were not taken: $(cat submitted)"
  merge=$(sed 's/.*merge \([0-9]*\);.*/\1/' submitted)
  wait_for "$merge" || fail "the jobs do not end: $(squeue)"
}
submit
merged=$(echo results/small/2*)
[ -f "$merged/runs.jsonl" ] || fail "nothing was merged"
diff -r --exclude times.json --exclude console.txt "$whole" "$merged" ||
  fail "the cluster's results differ from one machine's"

# Again: shards that are done are not done again; a lost one is.
before=$(stat -c %Y.%i results/shards/1/small/2*/runs.jsonl)
rm -r results/shards/2 results/small
submit
[ "$(stat -c %Y.%i results/shards/1/small/2*/runs.jsonl)" = "$before" ] || fail "a shard was done twice"
cmp -s "$whole/runs.jsonl" results/small/2*/runs.jsonl || fail "the second time: other results"

# A comparison is taken apart in the same way.
rm -r results whole
"$byzlab" compare small.yaml --protocols pbft,raft --seeds 1..30 -o whole -q || fail "a comparison"
submit compare small.yaml --protocols pbft,raft --seeds 1..30
diff -r --exclude times.json --exclude console.txt whole/small/2* results/small/2* ||
  fail "the cluster's comparison differs from one machine's"
echo "on a Slurm cluster the same as on one machine"
