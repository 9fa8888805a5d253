#!/usr/bin/env bash
# Images, the whole compose file, the slice over containers and their bad days; then everything is taken down again.
# Uses the Docker daemon that is there, or starts one of its own where root may; else one clear line, and success.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=""
finish() {
  [ -z "$folder" ] && return
  kill "$(cat "$folder/pid")" 2>/dev/null || true
  for _ in $(seq 100); do [ -e "$folder/pid" ] || break; sleep 0.2; done
  # The daemon leaves its own network name space mounted.
  umount "$folder"/exec/netns/* 2>/dev/null || true
  rm -rf "$folder" 2>/dev/null || true
}
trap finish EXIT
if ! docker info >/dev/null 2>&1; then
  if [ "$(id -u)" -ne 0 ] || ! command -v dockerd >/dev/null; then
    echo "test-deploy: skipped: no Docker daemon answers and none can be started"
    exit 0
  fi
  folder=$(mktemp -d /var/tmp/nautilus-docker.XXXXXX)
  export DOCKER_HOST=unix://$folder/socket
  dockerd --data-root "$folder/data" --exec-root "$folder/exec" -H "$DOCKER_HOST" --pidfile "$folder/pid" \
    >"$folder/log" 2>&1 &
  for _ in $(seq 100); do docker info >/dev/null 2>&1 && break; sleep 0.2; done
  docker info >/dev/null 2>&1 || { echo "test-deploy: skipped: no Docker daemon can run here: $(tail -n 1 "$folder/log")"; exit 0; }
fi
scripts/stand-in-images.sh
scripts/images.sh
python3 Tests/Deploy/test_deploy.py
