#!/bin/sh
# require.sh VARIABLE… -- COMMAND…: runs the command where every variable has a value, else refuses with 78.
while [ $# -gt 0 ] && [ "$1" != "--" ]; do
  eval "value=\${$1:-}"
  if [ -z "$value" ]; then
    echo "refused: $1 is empty; \`make secrets\` makes .env with all of them" >&2
    exit 78
  fi
  shift
done
shift
exec "$@"
