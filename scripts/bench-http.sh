#!/usr/bin/env bash
# Measures HTTP beside nginx: the same requests, the same wrk, runs in turn, medians of their ratios.
#   scripts/bench-http.sh [--pairs N] [--seconds S] [--port P] [--bin FOLDER] [--output FILE] [NAME…]
# Names: health (an engine's /health), compute (POST /risk/var with 2 KB of returns), gateway (an engine behind the
# gateway); all unless said. Seven ports from P on (8600 unless said) must be free on 127.0.0.1. A table goes to the
# terminal, JSON lines are appended to FILE. What is started here is stopped here.
set -euo pipefail
cd "$(dirname "$0")/.."
pairs=5 seconds=5 port=8600 bin=.build/release output= names=()
while [ $# -gt 0 ]; do
  case "$1" in
    --pairs | --seconds | --port | --bin | --output) declare "${1#--}=$2" && shift 2 ;;
    health | compute | gateway) names+=("$1") && shift ;;
    *) echo "bench-http: no option $1" >&2 && exit 64 ;;
  esac
done
[ "${#names[@]}" -gt 0 ] || names=(health compute gateway)
for tool in nginx wrk curl; do
  command -v "$tool" >/dev/null || { echo "bench-http: skipped, there is no $tool here" >&2; exit 0; }
done
for process in risk-engine gateway; do
  [ -x "$bin/$process" ] || { echo "bench-http: there is no $bin/$process; run make build" >&2; exit 69; }
done

gateway=$port risk=$((port + 1)) static=$((port + 2)) proxy=$((port + 3))
folder=$(mktemp -d)
started=()
# shellcheck disable=SC2317
finish() {
  [ "${#started[@]}" -eq 0 ] || kill "${started[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT

# Settings of the caller would change what is measured.
for variable in $(compgen -e | grep '^NAUTILUS_' || true); do unset "$variable"; done
export NAUTILUS_ENGINES=risk NAUTILUS_GATEWAY_PORT=$gateway NAUTILUS_RISK_PORT=$risk NAUTILUS_LOG_LEVEL=warning

start() {
  "$@" >"$folder/$(basename "$1").log" 2>&1 &
  started+=($!)
}

await() {
  for _ in $(seq 100); do
    curl -fs -o /dev/null "$1" && return
    sleep 0.1
  done
  echo "bench-http: nothing answers at $1" >&2
  tail -n 5 "$folder"/*.log >&2
  exit 69
}

NAUTILUS_DATA_DIR=$folder/risk start "$bin/risk-engine"
NAUTILUS_DATA_DIR=$folder/gateway start "$bin/gateway"
await "http://127.0.0.1:$risk/health/ready"
await "http://127.0.0.1:$gateway/api/v1/risk/health"

# The request: four instruments, 52 returns each, about 2 KB. The numbers come from a small congruential generator.
awk 'BEGIN {
  seed = 7
  printf "{\"returns\":{"
  for (i = 1; i <= 4; i++) {
    printf "%s\"SYM%d\":[", (i > 1 ? "," : ""), i
    for (j = 1; j <= 52; j++) {
      seed = (seed * 16807) % 2147483647
      printf "%s%.6f", (j > 1 ? "," : ""), (seed / 2147483647 - 0.5) / 20
    }
    printf "]"
  }
  printf "},\"weights\":{\"SYM1\":0.1,\"SYM2\":0.2,\"SYM3\":0.3,\"SYM4\":0.4},\"value\":1000000,\"method\":\"parametric\"}"
}' >"$folder/body.json"
printf 'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.body = io.open("%s"):read("*a")\n' \
  "$folder/body.json" >"$folder/post.lua"

answer() { curl -fsS -H 'Content-Type: application/json' "$@"; }
answer "http://127.0.0.1:$risk/health" >"$folder/health.json"
answer --data-binary "@$folder/body.json" "http://127.0.0.1:$risk/risk/var" >"$folder/var.json"

cat >"$folder/nginx.conf" <<CONF
worker_processes 1;
daemon off;
pid $folder/nginx.pid;
error_log $folder/nginx-error.log;
events { worker_connections 1024; }
http {
  access_log off;
  default_type application/json;
  keepalive_requests 100000000;
  client_body_temp_path $folder/nginx-body;
  proxy_temp_path $folder/nginx-proxy;
  fastcgi_temp_path $folder/nginx-fastcgi;
  uwsgi_temp_path $folder/nginx-uwsgi;
  scgi_temp_path $folder/nginx-scgi;
  server {
    listen 127.0.0.1:$static;
    location = /health { return 200 '$(cat "$folder/health.json")'; }
    location = /risk/var { return 200 '$(cat "$folder/var.json")'; }
  }
  upstream engine { server 127.0.0.1:$risk; keepalive 64; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:$proxy;
    location / { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host \$http_host; proxy_pass http://engine; }
  }
}
CONF
start nginx -p "$folder" -c "$folder/nginx.conf" -e "$folder/nginx-error.log"
await "http://127.0.0.1:$static/health"

# One run: requests per second, or an end where anything but 200 came back.
load() {
  local url=$1 text
  shift
  text=$(wrk -t1 -c64 "-d${seconds}s" "$@" "$url")
  if grep -Eq 'Non-2xx|Socket errors' <<<"$text"; then
    echo "bench-http: $url: $text" >&2
    exit 70
  fi
  awk '/Requests\/sec/ { print $2 }' <<<"$text"
}

median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# measure NAME AIM OURS THEIRS [wrk options]
measure() {
  local name=$1 aim=$2 ours=$3 theirs=$4 a b
  shift 4
  : >"$folder/ours" && : >"$folder/theirs" && : >"$folder/ratio"
  seconds=1 load "$ours" "$@" >/dev/null
  for _ in $(seq "$pairs"); do
    a=$(load "$ours" "$@")
    b=$(load "$theirs" "$@")
    echo "$a" >>"$folder/ours" && echo "$b" >>"$folder/theirs"
    awk -v a="$a" -v b="$b" 'BEGIN { printf "%.4f\n", a / b }' >>"$folder/ratio"
  done
  local low high
  low=$(sort -n "$folder/ratio" | head -n 1) high=$(sort -n "$folder/ratio" | tail -n 1)
  a=$(median <"$folder/ours") b=$(median <"$folder/theirs")
  local ratio
  ratio=$(median <"$folder/ratio")
  printf '%-14s %10.0f %10.0f %8.2f  %.2f to %.2f   %s\n' "http.$name" "$a" "$b" "$ratio" "$low" "$high" "$aim"
  [ -z "$output" ] || printf '{"name":"http.%s","value":%s,"unit":"of nginx","runs":%d,"context":{"requests_per_second":%s,"nginx_requests_per_second":%s,"lowest":%s,"highest":%s,"aim":%s}}\n' \
    "$name" "$ratio" "$pairs" "$a" "$b" "$low" "$high" "$aim" >>"$output"
}

printf '%-14s %10s %10s %8s  %-14s %s\n' BENCHMARK REQUESTS/S NGINX RATIO RANGE AIM
for name in "${names[@]}"; do
  case "$name" in
    health) measure health 0.8 "http://127.0.0.1:$risk/health" "http://127.0.0.1:$static/health" ;;
    compute)
      measure compute 0.4 "http://127.0.0.1:$risk/risk/var" "http://127.0.0.1:$static/risk/var" -s "$folder/post.lua" ;;
    gateway)
      measure gateway 0.6 "http://127.0.0.1:$gateway/api/v1/risk/health" "http://127.0.0.1:$proxy/api/v1/risk/health" ;;
  esac
done
