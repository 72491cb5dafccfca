#!/usr/bin/env bash
# compose.yaml and what Grafana is provisioned with: Compose itself reads it; images are pinned, nobody is
# listened to from elsewhere, whoever looks may only look, all that is mounted is there.
#
#   compose_test.sh SOURCES        exit 77: no Compose here
set -u
boards=$1/dashboards failed=0
wants() { grep -qE -- "$2" <<< "$1" || { echo "FAILED: $3"; failed=1; }; }

if docker compose version > /dev/null 2>&1; then compose=(docker compose)
elif command -v docker-compose > /dev/null; then compose=(docker-compose)
else echo "skipped: no Compose here (Debian: apt-get install docker-compose)"; exit 77; fi
said=$("${compose[@]}" -f "$boards/compose.yaml" config 2>&1) || { echo "FAILED: $said"; exit 1; }

while read -r _ image; do
  [[ $image =~ :v?[0-9]+\.[0-9]+\.[0-9]+$ ]] || { echo "FAILED: $image is not pinned"; failed=1; }
done < <(grep -E '^ +image:' <<< "$said")
[ "$(grep -cE '^ +image:' <<< "$said")" = 2 ] || { echo "FAILED: not two services"; failed=1; }
grep -qE '0\.0\.0\.0|^ +ports:' <<< "$said" && { echo "FAILED: somebody listens beyond loopback"; failed=1; }
wants "$said" 'web\.listen-address=127\.0\.0\.1:9090' "Prometheus listens on loopback"
wants "$said" 'GF_SERVER_HTTP_ADDR: "?127\.0\.0\.1' "Grafana listens on loopback"
wants "$said" 'GF_AUTH_ANONYMOUS_ORG_ROLE: "?Viewer' "anybody may look, and only that"

# What is mounted, wherever a file names it by its place in the container.
mounted() { sed -e "s#^/etc/prometheus#$boards/prometheus#" -e "s#^/etc/grafana/provisioning#$boards/grafana/provisioning#" \
  -e "s#^/var/lib/grafana/dashboards#$boards/grafana/dashboards#" <<< "$1"; }
provisioning=$boards/grafana/provisioning
for path in $(grep -ohE '(/etc/prometheus|/var/lib/grafana/dashboards)[^ ":]*' "$boards/compose.yaml") \
  $(sed -n 's/^ *path: //p' "$provisioning/dashboards/byzlab.yml"); do
  [ -e "$(mounted "$path")" ] || { echo "FAILED: $path is not mounted"; failed=1; }
done
wants "$(cat "$provisioning/datasources/prometheus.yml")" 'url: http://127\.0\.0\.1:9090$' "Grafana asks the Prometheus of compose.yaml"
wants "$(cat "$provisioning/dashboards/byzlab.yml")" 'disableDeletion: true' "dashboards cannot be deleted"
wants "$(cat "$provisioning/dashboards/byzlab.yml")" 'foldersFromFilesStructure: true' "folders as files are"
[ $failed = 0 ] && echo "compose.yaml is fine (${compose[*]})"
exit $failed
