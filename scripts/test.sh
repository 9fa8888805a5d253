#!/usr/bin/env bash
# Builds and runs the whole suite. The last line is `N passed, N failed`; the exit status tells the same.
set -uo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT
swift build --explicit-target-dependency-import-check error 2>&1 | grep -vE '^warning: prohibited flag|^\[[0-9]+/[0-9]+\]' || true
swift build --build-tests 2>&1 | grep -E 'error|warning: [^p]|Build' | tail -n 40
# Servers and processes are started by the tests themselves, one test at a time.
# Line by line, and never longer than half an hour: a test that hangs is a test that fails.
timeout --kill-after=10 1800 stdbuf -oL swift test --skip-build --no-parallel "$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
count() { grep -E "^$1 Test " "$log" | grep -v ' Test run ' | grep -c "$2 after" || true; }
passed=$(count '✔' passed)
failed=$(count '✘' failed)
[ "$status" -ne 0 ] && [ "$failed" -eq 0 ] && failed=1
# What failed is told again at the end, where a log that was cut still shows it.
[ "$status" -ne 0 ] && grep -E -A 12 '^✘ Test .* recorded an issue' "$log" | grep -vE '^(✔|◇)' | tail -n 60
[ "$status" -ne 0 ] && grep -E '^✘ (Test|Suite) .* failed after' "$log"
echo "$passed passed, $failed failed"
exit "$status"
