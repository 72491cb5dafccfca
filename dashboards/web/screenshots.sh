#!/bin/sh
# The pictures of README.md, made again from runs: dashboards/web/screenshots.sh [BYZLAB]
# Needs node and Chromium, and a byzlab that was built with its page (the release build).
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 74
byzlab=${1:-$root/build/release/byzlab}
cd "$root" && exec node dashboards/web/screenshots.mjs "$byzlab" "$root/build/release/web/node_modules" docs/pictures
