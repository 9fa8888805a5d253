#!/usr/bin/env bash
# Makes .env with random secrets, once: a file that is there stays as it is.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -e .env ]; then
  echo "secrets: .env is there already and stays"
  exit 0
fi
umask 077
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
{
  echo "# Made by \`make secrets\` on $(date -u +%Y-%m-%d). Keep it to yourself."
  sed -n 's/^\([A-Z_]*\)=$/\1/p' .env.example | while read -r name; do echo "$name=$(random)"; done
} >.env.new
mv .env.new .env
echo "secrets: .env made, mode 600: $(sed -n 's/=.*//p' .env | grep -v '^#' | tr '\n' ' ')"
