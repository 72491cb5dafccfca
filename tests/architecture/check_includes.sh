#!/usr/bin/env bash
# Which room may include which, and which words may not stand where a run must be reproducible.
#
#   check_includes.sh [ROOT]     prints each offence as file:line: what: why, exit 1 when there is one
#
# The arrows: base ← consensus, base ← network, {consensus/engine.h, network/link.h} ← faults,
# everything ← testbed ← observe ← cli. One engine never includes another.
set -euo pipefail
cd "${1:-$(dirname "${BASH_SOURCE[0]}")/../..}"

rooms=()
for room in base consensus network faults testbed observe cli; do
  [ -d "$room" ] && rooms+=("$room")
done
[ ${#rooms[@]} -gt 0 ] || { echo "no rooms below $PWD" >&2; exit 2; }

find "${rooms[@]}" \( -name '*.h' -o -name '*.cpp' \) -print | LC_ALL=C sort | {
  mapfile -t files
  [ ${#files[@]} -gt 0 ] || { echo "no sources below $PWD" >&2; exit 2; }
  awk '
    BEGIN {
      may["base"] = "base"
      may["consensus"] = "base consensus"
      may["network"] = "base network"
      may["faults"] = "base faults consensus/engine.h consensus/options.h network/link.h network/corruption.h"
      may["testbed"] = "base consensus network faults testbed"
      may["observe"] = may["testbed"] " observe"
      may["cli"] = may["observe"] " cli"

      # Third-party libraries that stay behind one door: the include, who may, its name.
      door("^boost/(asio|beast)", "^(network/tcp_|observe/page_server)", "Asio: only network/tcp_* and observe/page_server*")
      door("^yaml-cpp/", "^testbed/scenario/", "yaml-cpp: only testbed/scenario/")
      door("^sqlite3", "^observe/database", "SQLite: only observe/database*")
      door("^prometheus/", "^observe/metrics", "prometheus-cpp: only observe/metrics*")

      # In consensus/ and faults/ a result may depend on the scenario and the seed alone.
      start = "(^|[^A-Za-z0-9_])"
      ban("(system|steady|high_resolution)_clock", "a run has no clock but its own")
      ban("random_device", "randomness comes from the seed")
      ban("std::[a-z_]+_distribution", "std:: distributions differ between libraries")
      ban("s?rand *[(]", "randomness comes from the seed")
      ban("std::(jthread|thread|async|mutex|atomic)", "a run has one thread")
      ban("std::(cout|cerr|clog|cin|[io]?fstream)", "protocol code does no I/O")
      ban("(getenv|fopen|f?printf) *[(]", "protocol code does no I/O")
      ban("std::(log|log2|log10|log1p|exp|exp2|expm1|pow|cbrt|hypot|sin|cos|tan|atan2?|tanh) *[(]",
          "libm differs between machines")
      ban("(map|set)<(const )?[A-Za-z0-9_:]+( const)? *[*]", "a pointer as a key orders by address")
    }

    function door(include, who, text) { ++doors; door_of[doors] = include; owner[doors] = who; sign[doors] = text }
    function ban(word, why) { ++bans; banned[bans] = start word; reason[bans] = why }
    function offence(what, why) { printf "%s:%d: %s: %s\n", FILENAME, FNR, what, why; found = 1 }

    FNR == 1 {
      in_comment = 0
      count = split(FILENAME, part, "/")
      room = part[1]
      engine = (room == "consensus" && count > 2) ? part[2] : ""
      pure = room == "consensus" || room == "faults"
    }

    /^[ \t]*#[ \t]*include/ { check_include(); next }
    pure { check_words(code($0)) }

    function check_include(   path, target, i, n, list, allowed) {
      if (!match($0, /["<][^">]+[">]/)) return
      path = substr($0, RSTART + 1, RLENGTH - 2)
      quoted = substr($0, RSTART, 1) == "\""
      target = path
      sub("/.*", "", target)

      for (i = 1; i <= doors; ++i)
        if (path ~ door_of[i] && FILENAME !~ owner[i]) offence("#include <" path ">", sign[i])
      if (pure && path ~ /unordered/ && $0 !~ /\/\/ lookup only/)
        offence("#include <" path ">", "iteration order is not ours; a map only looked up says // lookup only")
      if (pure && path ~ /^(thread|mutex|atomic|random|fstream|iostream|chrono_io|future|unistd.h)$/)
        offence("#include <" path ">", "no threads, no I/O, no std randomness here")

      if (!(target in may) && target != "tests" && target != "bench") {
        if (quoted) offence("#include \"" path "\"", "includes are written from the repository root")
        return
      }
      allowed = 0
      n = split(may[room], list, " ")
      for (i = 1; i <= n; ++i) if (list[i] == target || list[i] == path) allowed = 1
      if (!allowed) offence("#include \"" path "\"", room " may include " may[room])

      n = split(path, list, "/")
      if (target == "consensus" && room == "consensus" && n > 2 && list[2] != engine &&
          FILENAME != "consensus/registry.cpp")
        offence("#include \"" path "\"", "one engine never includes another; only the registry knows them all")
    }

    function check_words(text,   i) {
      for (i = 1; i <= bans; ++i)
        if (match(text, banned[i])) {
          word = substr(text, RSTART, RLENGTH)
          sub(/^[^A-Za-z0-9_]/, "", word)
          offence(word, reason[i])
        }
    }

    # The line without its comments and strings.
    function code(line,   end) {
      if (in_comment) {
        end = index(line, "*/")
        if (!end) return ""
        line = substr(line, end + 2)
        in_comment = 0
      }
      gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
      sub(/\/\/.*/, "", line)
      gsub(/\/\*[^*]*\*\//, "", line)
      if (end = index(line, "/*")) {
        in_comment = 1
        line = substr(line, 1, end - 1)
      }
      return line
    }

    END { exit found }
  ' "${files[@]}"
}
