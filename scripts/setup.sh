#!/usr/bin/env bash
# Installs what is missing, by name, and says what it installs.
#   scripts/setup.sh build   libraries to build with
#   scripts/setup.sh run     the above, sample prices and the documentation pages
#   scripts/setup.sh test    the above, servers and Python for the tests
#   scripts/setup.sh bench   the above, and what the benchmarks compare with
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-build}

build=(pkg-config build-essential libuv1-dev libwslay-dev libhttp-parser-dev libhiredis-dev libpq-dev
  libssl-dev libsqlite3-dev liblmdb-dev libsimdjson-dev zlib1g-dev
  libhpdf-dev libxlsxwriter-dev libxgboost-dev libcurl4-openssl-dev fonts-dejavu-core)
run=(python3 python3-venv)
test=(redis-server postgresql curl prometheus prometheus-alertmanager)
bench=(nginx wrk)

packages=("${build[@]}")
[ "$what" = build ] || packages+=("${run[@]}")
case "$what" in test | bench) packages+=("${test[@]}") ;; esac
[ "$what" = bench ] && packages+=("${bench[@]}")

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
  if [ "$(id -u)" -ne 0 ]; then
    echo "setup: these Debian packages are missing; as root run:" >&2
    echo "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
    exit 69
  fi
  echo "setup: installing ${missing[*]}"
  apt-get update -qq
  # Debian would start the servers it installs; the platform and the tests start their own.
  printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d.nautilus && chmod 755 /usr/sbin/policy-rc.d.nautilus
  added=no
  [ -e /usr/sbin/policy-rc.d ] || { mv /usr/sbin/policy-rc.d.nautilus /usr/sbin/policy-rc.d; added=yes; }
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  [ "$added" = yes ] && rm -f /usr/sbin/policy-rc.d
  rm -f /usr/sbin/policy-rc.d.nautilus
fi
command -v swift >/dev/null || { echo "setup: the Swift toolchain (6.2 or newer) is not on the PATH" >&2; exit 69; }
[ "$what" = build ] && exit 0

python=.venv/bin/python
if [ ! -x "$python" ]; then
  echo "setup: making .venv"
  python3 -m venv .venv
fi

# Real prices and the documentation pages come inside published Python packages; only their data files are kept.
if [ ! -f assets/sample/GOOG.1d.csv ] || [ ! -f assets/swagger-ui/swagger-ui-bundle.js ]; then
  echo "setup: fetching sample prices (backtesting, skfolio) and documentation pages (drf-spectacular-sidecar)"
  wheels=$(mktemp -d)
  trap 'rm -rf "$wheels"' EXIT
  "$python" -m pip download -q --no-deps -d "$wheels" backtesting==0.6.6 skfolio==0.9.0 drf-spectacular-sidecar==2026.10.1
  "$python" scripts/unpack-assets.py "$wheels" assets
fi
[ "$what" = run ] && exit 0

wanted="redis==5.2.1 pyarrow==18.1.0 PyYAML==6.0.3 kubernetes-validate==1.37.0 openpyxl==3.1.5 pypdf==5.4.0"
if ! "$python" -c 'import redis, pyarrow, yaml, kubernetes_validate, openpyxl, pypdf' 2>/dev/null; then
  echo "setup: installing $wanted into .venv"
  # shellcheck disable=SC2086
  "$python" -m pip install -q $wanted
fi
