#!/usr/bin/env bash
# Builds the mounted source, runs the platform, and does both again when a file changes. For docker-compose.dev.yml.
set -uo pipefail
source=${1:-/source} copy=${2:-/build}/source
mkdir -p "$copy"
running=""
stop() { [ -z "$running" ] || { kill "$running" 2>/dev/null; wait "$running" 2>/dev/null; }; running=""; }
trap 'stop; exit 0' TERM INT
seen=""
while true; do
  now=$(find "$source/Package.swift" "$source/Sources" -type f -printf '%p %T@\n' | sort | sha256sum)
  if [ "$now" != "$seen" ]; then
    seen=$now
    # Made anew, so that what was deleted is gone; the times stay, so that only what changed is compiled.
    rm -rf "$copy/Sources"
    cp -a "$source/Package.swift" "$source/Sources" "$copy/"
    if (cd "$copy" && swift build --product nautilus); then
      stop
      "$copy/.build/debug/nautilus" up & running=$!
    fi
  fi
  # A signal ends the wait at once.
  sleep 2 & wait $!
done
