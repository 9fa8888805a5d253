#!/usr/bin/env bash
# Builds the ten images, and nautilus-tools with the command line. SWIFT_IMAGE and RUNTIME_IMAGE name other bases.
set -euo pipefail
cd "$(dirname "$0")/.."
tag=${NAUTILUS_VERSION:-dev}
revision=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
bases=()
for base in SWIFT_IMAGE RUNTIME_IMAGE; do [ -z "${!base:-}" ] || bases+=(--build-arg "$base=${!base}"); done
for service in analytics-engine risk-engine factor-engine ml-engine features-engine websocket-engine strategy-engine \
  marketdata-engine portfolio-engine gateway nautilus; do
  name=nautilus-$service
  [ "$service" != nautilus ] || name=nautilus-tools
  docker build -q --network host -f services/Dockerfile ${bases[@]+"${bases[@]}"} --build-arg SERVICE=$service \
    --build-arg VERSION="$tag" --build-arg REVISION="$revision" -t "$name:$tag" . >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
  echo "$name:$tag $(docker image inspect -f '{{.Size}}' "$name:$tag" | awk '{ printf "%.1f MB", $1 / 1e6 }')"
done
