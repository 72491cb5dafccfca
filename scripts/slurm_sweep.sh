#!/usr/bin/env bash
# A sweep or a comparison on a Slurm cluster with a shared folder: an array of jobs, one a shard, and a
# job that puts them together when all are done.
#
#   scripts/slurm_sweep.sh -n SHARDS -o DIR [sbatch options…] -- sweep FILE --seeds 1..1000000
#   scripts/slurm_sweep.sh -n SHARDS -o DIR [sbatch options…] -- compare FILE
#
# DIR is for this one alone and must be seen by all nodes: the shards go to DIR/shards, the whole to
# DIR. A shard is one job that runs for minutes, never one run: Slurm takes most of a second a job. The
# same command again does only what is not done: shards that are whole are skipped, those that were
# killed go on where they were.
#
# Prints the ids of the array and of the merging job. BYZLAB names the program; by default it is
# build/release/byzlab beside this script.
set -euo pipefail

usage() {
  sed -n '2,/^set/p' "$0" | sed '$d; s/^# \{0,1\}//' >&2
  exit 64
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
byzlab=$(realpath "${BYZLAB:-$root/build/release/byzlab}")
shards= out= options=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  case $1 in
    -n) shards=${2:-}; shift 2 ;;
    -o) out=${2:-}; shift 2 ;;
    -h | --help) usage ;;
    *) options+=("$1"); shift ;;
  esac
done
[[ $shards =~ ^[1-9][0-9]*$ ]] && [ -n "$out" ] && [ $# -gt 1 ] || usage
shift
[ "$1" = sweep ] || [ "$1" = compare ] || usage
[ -x "$byzlab" ] || { echo "slurm_sweep.sh: no program $byzlab" >&2; exit 64; }
mkdir -p "$out/shards" "$out/logs"
out=$(realpath "$out")

command=$(printf '%q ' "$byzlab" "$@")
array=$(
  sbatch --parsable --job-name="byzlab-$1" --array="1-$shards" --chdir="$PWD" --requeue \
    --open-mode=append --output="$out/logs/shard-%a.log" "${options[@]}" << END
#!/bin/bash
# Exit codes 1 and 2 are what the runs say, not that they could not be run.
i=\$SLURM_ARRAY_TASK_ID
out=$(printf '%q' "$out")/shards/\$i
compgen -G "\$out/*/2*-shard\${i}of$shards/summary.json" > /dev/null && exit 0
$command --shard "\$i/$shards" -j "\${SLURM_CPUS_PER_TASK:-1}" -o "\$out" --progress plain
code=\$?
[ \$code -le 2 ] && exit 0
exit \$code
END
)
array=${array%%;*}
merge=$(
  sbatch --parsable --job-name=byzlab-merge --dependency="afterok:$array" --kill-on-invalid-dep=yes \
    --chdir="$PWD" --open-mode=append --output="$out/logs/merge.log" "${options[@]}" << END
#!/bin/bash
$(printf '%q ' "$byzlab" merge "$out/shards" -o "$out")
END
)
echo "shards $array, merge ${merge%%;*}; logs and results in $out"
