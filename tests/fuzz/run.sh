#!/usr/bin/env bash
# Runs one libFuzzer target: tests/fuzz/corpus/WHAT again, then mutations of it and of what it found.
#
#   run.sh BUILD_TREE WHAT [LIBFUZZER_FLAG...]
#
# New inputs go to BUILD_TREE/corpus/WHAT, an input that fails to BUILD_TREE/crashes: move that one into
# tests/fuzz/corpus/WHAT, under a name that says what it is, together with the mend.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$1
what=$2
shift 2

mkdir -p "$tree/corpus/$what" "$tree/crashes"
corpora=("$tree/corpus/$what")
[ ! -d "$here/corpus/$what" ] || corpora+=("$here/corpus/$what")
# What reads scenarios starts from real ones.
case $what in *scenario* | *loader*) corpora+=("$here/../../scenarios") ;; esac

exec "$tree/tests/fuzz_$what" -artifact_prefix="$tree/crashes/$what-" -rss_limit_mb=2048 -timeout=20 \
  "$@" "${corpora[@]}"
