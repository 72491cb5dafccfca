#!/usr/bin/env bash
# What README shows of runs is what they print.
#
#   readme_test.sh PATH_TO_BYZLAB SOURCE_FOLDER
set -uo pipefail
byzlab=$(realpath "$1")
source=$(realpath "$2")
unset NO_COLOR
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

# says FILE TEXT: each line of TEXT, which must have some, stands in FILE
says() {
  [ -n "$2" ] || { echo "FAIL README has no such block any more"; failures=$((failures + 1)); return; }
  while IFS= read -r line; do
    grep -qxF -- "$line" "$1" && continue
    echo "FAIL README shows what is not printed: $line"
    failures=$((failures + 1))
  done <<< "$2"
}

# block WORD: README's fenced block that has a line beginning with WORD, without its fences
block() {
  awk -v word="$1" '/^```/ { if (inside && found) { printf "%s", text; exit }
                             inside = !inside; text = ""; found = 0; next }
                    inside { text = text $0 "\n"; if (index($0, word) == 1) found = 1 }' "$source/README.md"
}

"$byzlab" run "$source/scenarios/attacks/double-spend-51.yaml" > run.txt 2>&1 || failures=$((failures + 1))
# Time and the folder's name differ: the verdict's last line is compared by its events and hash.
says run.txt "$(block 'double-spend-51 ' | grep -E '^(double-spend-51|   ✓|PASS)')"
verdict=$(block 'double-spend-51 ' | grep -oE '[0-9 ]+ events   trace [0-9a-f]+')
[ -n "$verdict" ] && grep -qF "$verdict" run.txt ||
  { echo "FAIL other events or another trace hash than README's"; failures=$((failures + 1)); }

"$byzlab" compare "$source/scenarios/compare/resilience.yaml" > compare.txt 2>&1 || failures=$((failures + 1))
says compare.txt "$(block 'attack = silent')"

[ $failures -eq 0 ] || { tail -n 20 run.txt compare.txt; echo "$failures failures"; exit 1; }
echo "README shows what runs print"
