#!/usr/bin/env bash
# For machines that reach no image registry: builds stand-ins for the public images, from Debian's packages, under the
# same names and with the label `io.nautilus.stand-in=true`. Images that are there already, or can be pulled, stay.
#   scripts/stand-in-images.sh [NAME …]    all of them unless named: debian swift redis postgres nginx prometheus alertmanager
# Needs root, debootstrap, a running Docker daemon and, for swift, a toolchain on the PATH.
set -euo pipefail
cd "$(dirname "$0")/.."
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

has() { docker image inspect "$1" >/dev/null 2>&1 || timeout 20 docker pull -q "$1" >/dev/null 2>&1; }

# build NAME FOLDER: the folder holds a Dockerfile.
build() {
  echo "stand-in: building $1"
  docker build -q --network host --label io.nautilus.stand-in=true -t "$1" "$2" >/dev/null
}

debian() {
  has debian:bookworm-slim && return
  echo "stand-in: building debian:bookworm-slim"
  debootstrap --variant=minbase bookworm "$work/base" "$mirror" >"$work/log" 2>&1 || { tail -n 5 "$work/log" >&2; exit 1; }
  rm -rf "$work"/base/var/cache/apt/* "$work"/base/var/lib/apt/lists/* "$work"/base/usr/share/{doc,man,locale}/*
  tar -C "$work/base" --one-file-system -c . |
    docker import --change 'LABEL io.nautilus.stand-in=true' --change 'CMD ["bash"]' - debian:bookworm-slim >/dev/null
  rm -rf "$work/base"
}

swift() {
  local name=swift:6.3-bookworm toolchain
  has $name && return
  toolchain=$(dirname "$(dirname "$(readlink -f "$(type -P swift)")")")
  mkdir -p "$work/swift"
  cp -a --reflink=auto "$toolchain" "$work/swift/usr"
  # Neither debugger nor editor support is needed to build.
  rm -rf "$work"/swift/usr/bin/{lldb*,repl_swift,sourcekit-lsp,docc,clangd} "$work"/swift/usr/lib/{liblldb*,libsourcekitd*}
  cat >"$work/swift/Dockerfile" <<'END'
FROM debian:bookworm-slim
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates binutils \
    git libc6-dev libcurl4-openssl-dev libedit2 libgcc-12-dev libncurses-dev libpython3-dev libsqlite3-0 \
    libstdc++-12-dev libxml2-dev libz3-dev pkg-config tzdata zlib1g-dev && rm -rf /var/lib/apt/lists/*
COPY usr /usr
END
  build $name "$work/swift"
  rm -rf "$work/swift"
}

# package NAME PACKAGES USER COMMAND [THEN]: an image that runs one program of Debian's; THEN prepares its folders.
package() {
  local name=$1 packages=$2 user=$3 command=$4 then=${5:-true}
  has "$name" && return
  mkdir -p "$work/one"
  cat >"$work/one/Dockerfile" <<END
FROM debian:bookworm-slim
RUN printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d && apt-get update && \
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $packages && rm -rf /var/lib/apt/lists/* && $then
USER $user
ENTRYPOINT $command
END
  build "$name" "$work/one"
  rm -rf "$work/one"
}

redis() { package redis:7.2-bookworm redis-server root '["redis-server"]' 'install -d -o redis -g redis /data'; }
nginx() { package nginx:1.27-bookworm nginx-light root '["nginx","-g","daemon off;"]'; }
prometheus() { package prom/prometheus:v2.53.3 prometheus prometheus '["prometheus"]' 'install -d -o prometheus /prometheus'; }
alertmanager() { package prom/alertmanager:v0.27.0 prometheus-alertmanager prometheus '["prometheus-alertmanager"]' 'install -d -o prometheus /alertmanager'; }

# The entry does what the public image's does: makes the cluster once, runs the scripts of initdb, starts.
postgres() {
  local name=timescale/timescaledb:2.17.2-pg15
  has $name && return
  mkdir -p "$work/postgres"
  cat >"$work/postgres/entry.sh" <<'END'
#!/bin/bash
set -euo pipefail
bin=$(echo /usr/lib/postgresql/*/bin)
data=${PGDATA:-/var/lib/postgresql/data}
[ -n "${POSTGRES_PASSWORD:-}" ] || { echo "POSTGRES_PASSWORD is empty" >&2; exit 78; }
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$data" /var/run/postgresql
  chown postgres "$data" /var/run/postgresql
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [ ! -s "$data/PG_VERSION" ]; then
  "$bin/initdb" -D "$data" -U "${POSTGRES_USER:-postgres}" --pwfile=<(echo "$POSTGRES_PASSWORD") -A scram-sha-256 >/dev/null
  echo "host all all all scram-sha-256" >>"$data/pg_hba.conf"
  export PGUSER=${POSTGRES_USER:-postgres} PGPASSWORD=$POSTGRES_PASSWORD PGHOST=/var/run/postgresql
  "$bin/pg_ctl" -D "$data" -w -o "-c listen_addresses=" start >/dev/null
  [ "${POSTGRES_DB:-postgres}" = postgres ] || "$bin/createdb" "$POSTGRES_DB"
  for file in /docker-entrypoint-initdb.d/*.sql; do
    [ ! -e "$file" ] || "$bin/psql" -q -v ON_ERROR_STOP=1 -d "${POSTGRES_DB:-postgres}" -f "$file"
  done
  "$bin/pg_ctl" -D "$data" -w -m fast stop >/dev/null
fi
shift
exec "$bin/postgres" -D "$data" -c listen_addresses='*' "$@"
END
  chmod 755 "$work/postgres/entry.sh"
  cat >"$work/postgres/Dockerfile" <<'END'
FROM debian:bookworm-slim
RUN printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d && apt-get update && \
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql && rm -rf /var/lib/apt/lists/*
ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
COPY entry.sh /usr/local/bin/docker-entrypoint.sh
STOPSIGNAL SIGINT
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
END
  build $name "$work/postgres"
  rm -rf "$work/postgres"
}

if [ $# -eq 0 ]; then set -- debian swift redis postgres nginx prometheus alertmanager; fi
for name in "$@"; do "$name"; done
