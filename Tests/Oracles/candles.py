"""candles.json: TA-Lib's candlestick patterns over windows of synthetic candles, each cut where a pattern fires."""
import json
import sys

import numpy as np
import talib
from talib import abstract

BEFORE, AFTER = 20, 6
names = talib.get_function_groups()["Pattern Recognition"]


def candles(random, rows, tick, gap, bare, doji):
    """Candles on a grid of prices: with gaps between them, without shadows, without bodies, by these chances."""
    price, out = 500.0, []
    for _ in range(rows):
        size = random.choice([1.0, 3.0, 8.0])
        open_ = price + (random.normal(0, 6) if random.random() < gap else 0)
        close = open_ + (random.normal(0, 0.2) if random.random() < doji else random.normal(0, size))
        up, down = (0.0 if random.random() < bare else abs(random.normal(0, size)) for _ in range(2))
        row = np.round(np.array([open_, max(open_, close) + up, min(open_, close) - down, close]) / tick) * tick
        out.append(np.maximum(row, tick))
        price = 500 + 0.98 * (close - 500)
    return np.round(np.array(out), 6).T


def values(bars, name, **parameters):
    return getattr(talib, name)(*bars, **parameters)


found, windows = set(), []
random = np.random.default_rng(20240615)
kinds = [(0.01, 0.3, 0.3, 0.1), (0.01, 0.9, 0.7, 0.05), (0.5, 0.5, 0.6, 0.2), (0.01, 0.05, 0.5, 0.05)]
for attempt in range(60):
    bars = candles(random, 20000, *kinds[attempt % len(kinds)])
    for name in names:
        column = values(bars, name)
        for value in np.unique(column[column != 0]):
            rows = np.flatnonzero(column == value)
            rows = rows[(rows >= BEFORE) & (rows < bars.shape[1] - AFTER)]
            if (name, value) in found or len(rows) == 0:
                continue
            found.add((name, value))
            windows.append(bars[:, rows[0] - BEFORE:rows[0] + AFTER])
missing = set(names) - {name for name, _ in found}
assert not missing, missing

bars = np.concatenate(windows, axis=1)
patterns = {}
for name in names:
    function = abstract.Function(name)
    calls = [({}, "")]
    if function.info["parameters"]:
        calls += [({"penetration": share}, f"({share})") for share in (0.1, 0.8)]
    for parameters, text in calls:
        column = values(bars, name, **parameters)
        rows = np.flatnonzero(column)
        assert len(rows) > 0 or parameters, name
        patterns[f"cdl_{name[3:].lower()}{text or '()'}"] = {
            "look_back": function.lookback, "rows": rows.tolist(), "values": column[rows].tolist(),
        }
json.dump(
    {
        "made_with": f"TA-Lib {talib.__version__}, numpy {np.__version__}; synthetic candles, seed 20240615",
        "bars": dict(zip(("open", "high", "low", "close"), (column.tolist() for column in bars))),
        "patterns": patterns,
    }, sys.stdout, separators=(",", ":"))
