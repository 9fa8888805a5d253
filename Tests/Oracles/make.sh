#!/bin/sh
# Makes every fixture with the given Python: ./make.sh /tmp/oracles/bin/python
set -eu
cd "$(dirname "$0")"
fixtures=../QuantTests/Fixtures
for name in indicators candles beyond expressions alphas performance returns backtests risk risk_measures distributions factors \
    fundamentals xva capital regimes; do
    [ -f "$name.py" ] || continue
    [ "$name" != returns ] || [ -n "${VECTORBT_PYTHON:-}" ] || continue
    "$1" "$name.py" >"$fixtures/$name.json"
done
if [ -n "${ULTIBI_PYTHON:-}" ]; then "$ULTIBI_PYTHON" capital_sbm.py >"$fixtures/capital_sbm.json"; fi
