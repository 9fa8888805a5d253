#!/usr/bin/env bash
# Builds and runs the whole suite. The last line is `N passed, N failed`; the exit status tells the same.
set -uo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT
swift build --explicit-target-dependency-import-check error 2>&1 | grep -vE '^warning: prohibited flag|^\[[0-9]+/[0-9]+\]' || true
swift build --build-tests 2>&1 | grep -E 'error|warning: [^p]|Compiling|Build' | tail -n 40
# Servers and processes are started by the tests themselves; two at a time suit two cores.
swift test --skip-build --no-parallel "$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
passed=$(grep -cE '^✔ Test .* passed after|^.* Test .*\(\) passed after' "$log" || true)
failed=$(grep -cE '^✘ Test .*\) failed after|^✘ Test "[^"]*" failed after' "$log" || true)
[ "$status" -ne 0 ] && [ "$failed" -eq 0 ] && failed=1
echo "$passed passed, $failed failed"
exit "$status"
