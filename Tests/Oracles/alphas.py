"""alphas.json: formulas of arXiv 1601.00991 written out with pandas, over a synthetic panel.

Columns are instruments, rows are dates. Conventions: full windows, population of a date for ranks with ties averaged,
ddof 1, ts_argmax from 1 (oldest), vwap the bar's typical price as the bars bear none, a correlation with a constant
side is null.
"""
import json
import sys

import numpy as np
import pandas as pd

from synthetic import bars, plain

names = ["A", "B", "C", "D", "E"]
panel = {name: bars(100 + i, 100, 20.0 * (i + 1)) for i, name in enumerate(names)}
missing = {"C": [30], "E": list(range(20))}  # bars that are not there
frame = {column: pd.DataFrame({name: panel[name][column] for name in names})
         for column in ("open", "high", "low", "close", "volume")}
for name, rows in missing.items():
    for column in frame.values():
        column.loc[rows, name] = np.nan
open_, high, low, close, volume = (frame[name] for name in ("open", "high", "low", "close", "volume"))
vwap = (high + low + close) / 3
returns = close / close.shift(1) - 1


def rank(x):
    return x.rank(axis=1, pct=True)


def delta(x, n):
    return x - x.shift(n)


def total(x, n):
    return x.rolling(n).sum()


def adv(n):
    return (close * volume).rolling(n).mean()


def rolling(x, n, function):
    return x.rolling(n).apply(function, raw=True)


def ts_rank(x, n):
    return rolling(x, n, lambda w: (np.sum(w < w[-1]) + (np.sum(w == w[-1]) + 1) / 2) / n)


def correlation(x, y, n):
    out = pd.DataFrame(np.nan, index=x.index, columns=x.columns)
    for name in x.columns:
        for row in range(n - 1, len(x)):
            a, b = x[name].values[row - n + 1:row + 1], y[name].values[row - n + 1:row + 1]
            if not np.isnan(a + b).any() and np.ptp(a) > 0 and np.ptp(b) > 0:
                out.loc[row, name] = np.corrcoef(a, b)[0, 1]
    return out


def choose(condition, known, yes, no):
    return pd.DataFrame(np.where(condition, yes, no), index=close.index, columns=names).where(known.notna())


def trend(n):
    d = delta(close, 1)
    lowest, highest = d.rolling(n).min(), d.rolling(n).max()
    return choose((lowest > 0) | (highest < 0), lowest, d, -d)


day = delta(close, 7)
volatile = choose(returns < 0, returns, returns.rolling(20).std(), close)
product = total(open_, 5) * total(returns, 5)
body = ((close - low) - (high - close)) / (close - low)
alphas = {
    "001": rank(rolling(np.sign(volatile) * volatile.abs() ** 2, 5, lambda w: np.argmax(w) + 1)) - 0.5,
    "002": -correlation(rank(delta(np.log(volume), 2)), rank((close - open_) / open_), 6),
    "003": -correlation(rank(open_), rank(volume), 10),
    "004": -ts_rank(rank(low), 9),
    "005": rank(open_ - total(vwap, 10) / 10) * -rank(close - vwap).abs(),
    "006": -correlation(open_, volume, 10),
    "007": choose(adv(20) < volume, adv(20) + volume, -ts_rank(day.abs(), 60) * np.sign(day), -1.0),
    "008": -rank(product - product.shift(10)),
    "009": trend(5),
    "010": rank(trend(4)),
    "012": np.sign(delta(volume, 1)) * -delta(close, 1),
    "014": -rank(delta(returns, 3)) * correlation(open_, volume, 10),
    "023": choose(total(high, 20) / 20 < high, total(high, 20), -delta(high, 2), 0.0),
    "028": (lambda x: x.div(x.abs().sum(axis=1), axis=0))(correlation(adv(20), low, 5) + (high + low) / 2 - close),
    "033": rank(-(1 - open_ / close)),
    "041": (high * low) ** 0.5 - vwap,
    "053": -delta(body, 9),
    "054": -(low - close) * open_ ** 5 / ((low - high) * close ** 5),
    "101": (close - open_) / ((high - low) + 0.001),
}
json.dump(dict(
    made_with=f"pandas {pd.__version__}, numpy {np.__version__}; synthetic bars",
    panel={name: {column: plain(frame[column][name].values) for column in frame} for name in names},
    alphas={f"alpha101.{key}": {name: plain(values[name].values) for name in names} for key, values in alphas.items()},
), sys.stdout, separators=(",", ":"))
