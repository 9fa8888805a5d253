#!/usr/bin/env bash
# Measures beside others what `nautilus bench` measures alone, and how the platform starts. Runs in turn, medians.
#   scripts/bench-others.sh [--pairs N] [--output FILE] [start] [redis] [arctic]
# start: `nautilus up` to ready, and what it keeps resident. redis: the bus beside a bare C loop over hiredis
# (Tests/Comparators/redis_bare.c). arctic: series beside ArcticDB, where `.venv-arctic/bin/python` has it
# (python3 -m venv .venv-arctic && .venv-arctic/bin/pip install arcticdb==6.28.2 pandas==2.3.3); left out otherwise.
set -euo pipefail
cd "$(dirname "$0")/.."
pairs=3 output=/dev/null names=()
while [ $# -gt 0 ]; do
  case "$1" in
    --pairs | --output) declare "${1#--}=$2" && shift 2 ;;
    start | redis | arctic) names+=("$1") && shift ;;
    *) echo "bench-others: no option $1" >&2 && exit 64 ;;
  esac
done
[ "${#names[@]}" -gt 0 ] || names=(start redis arctic)
nautilus=.build/release/nautilus
[ -x $nautilus ] || { echo "bench-others: there is no $nautilus; run make build" >&2; exit 69; }
for variable in $(compgen -e | grep '^NAUTILUS_' || true); do unset "$variable"; done
folder=$(mktemp -d) running=""
# shellcheck disable=SC2317
finish() {
  [ -z "$running" ] || kill "$running" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT

median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# tell NAME UNIT FILE: the median of the figures in a file, and how far they went.
tell() {
  local value low high
  value=$(median <"$3") low=$(sort -n "$3" | head -n 1) high=$(sort -n "$3" | tail -n 1)
  printf '%-34s %12s %-22s %s to %s\n' "$1" "$value" "$2" "$low" "$high"
  printf '{"name":"%s","value":%s,"unit":"%s","runs":%d,"context":{"lowest":%s,"highest":%s}}\n' \
    "$1" "$value" "$2" "$(wc -l <"$3")" "$low" "$high" >>"$output"
}

# once NAME [OPTIONS]: starts the ten on ports of their own, waits for the line that says ready.
once() {
  local name=$1 port=9700 begun
  shift
  for service in GATEWAY ANALYTICS RISK FACTOR ML FEATURES WEBSOCKET STRATEGY MARKETDATA PORTFOLIO; do
    export NAUTILUS_${service}_PORT=$port
    port=$((port + 1))
  done
  mkfifo "$folder/line"
  begun=$(date +%s%N)
  NAUTILUS_LOG_LEVEL=error $nautilus up --data-dir "$folder/data" "$@" >"$folder/line" 2>"$folder/log" &
  running=$!
  read -r line <"$folder/line" || { cat "$folder/log" >&2; exit 70; }
  grep -q '"ready":true' <<<"$line"
  awk -v a="$begun" -v b="$(date +%s%N)" 'BEGIN { printf "%.3f\n", (b - a) / 1e9 }' >>"$folder/$name.seconds"
  awk '/^VmRSS/ { printf "%.1f\n", $2 / 1024 }' "/proc/$running/status" >>"$folder/$name.resident"
  kill "$running" && wait "$running" || true
  running=""
  rm -f "$folder/line"
}

start() {
  for _ in $(seq "$pairs"); do
    rm -rf "$folder/data"
    once empty
    rm -rf "$folder/data"
    [ ! -d assets/sample ] || once sample --sample
  done
  for name in empty sample; do
    [ ! -e "$folder/$name.seconds" ] || { tell "start.$name" s "$folder/$name.seconds"; tell "resident.$name" MB "$folder/$name.resident"; }
  done
}

redis() {
  local port=9790 bare ours
  cc -O2 -o "$folder/bare" Tests/Comparators/redis_bare.c -lhiredis -lpthread
  redis-server --port $port --bind 127.0.0.1 --save '' --appendonly no >"$folder/redis.log" &
  running=$!
  for _ in $(seq 50); do redis-cli -p $port ping >/dev/null 2>&1 && break; sleep 0.1; done
  for _ in $(seq "$pairs"); do
    bare=$("$folder/bare" $port 500000 | tail -n 1)
    redis-cli -p $port flushall >/dev/null
    NAUTILUS_REDIS_URL=redis://127.0.0.1:$port $nautilus bench bus.redis.throughput --json >"$folder/ours"
    redis-cli -p $port flushall >/dev/null
    for framed in false true; do
      ours=$(grep "\"framed\":$framed" "$folder/ours" | sed 's/.*"value":\([0-9.]*\).*/\1/')
      awk -v a="$ours" -v b="$bare" 'BEGIN { printf "%.2f\n", a / b }' >>"$folder/redis.$framed"
    done
  done
  kill "$running" && wait "$running" || true
  running=""
  tell bus.redis.single.ratio "of a bare C loop" "$folder/redis.false"
  tell bus.redis.framed.ratio "of a bare C loop" "$folder/redis.true"
}

arctic() {
  local python=.venv-arctic/bin/python
  $python -c 'import arcticdb' 2>/dev/null || { echo "bench-others: arctic left out, see the top of this script" >&2; return 0; }
  for _ in $(seq "$pairs"); do
    $nautilus bench series --json >"$folder/ours"
    $python Tests/Comparators/arctic_series.py >"$folder/theirs"
    $python - "$folder" <<'END'
import json, sys
def values(name):
    with open(f"{sys.argv[1]}/{name}") as file:
        return {line["name"]: line["value"] for line in map(json.loads, file)}
ours, theirs = values("ours"), values("theirs")
for name, value in theirs.items():
    # Rows a second, or a time.
    ratio = value / ours[name] if name == "series.range" else ours[name] / value
    with open(f"{sys.argv[1]}/arctic.{name}", "a") as file:
        file.write(f"{ratio:.2f}\n")
END
  done
  for file in "$folder"/arctic.*; do tell "${file##*arctic.}.ratio" "times ArcticDB" "$file"; done
}

for name in "${names[@]}"; do $name; done
