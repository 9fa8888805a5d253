"""expressions.json: time-series functions with pandas and numpy over one synthetic instrument with two nulls."""
import json
import sys

import numpy as np
import pandas as pd

from synthetic import bars, plain

b = bars(5, 90)
b["close"][40] = np.nan
b["volume"][41] = np.nan
c, o, v = (pd.Series(b[name]) for name in ("close", "open", "volume"))


def roll(n, function, least=None):
    return c.rolling(n, min_periods=least).apply(lambda w: function(w[~np.isnan(w)]), raw=True)


def line(w):
    t = np.arange(len(w))
    slope, start = np.polyfit(t, w, 1)
    return slope, w[-1] - (start + slope * t[-1]), np.corrcoef(t, w)[0, 1] ** 2


def rank(w):
    return (np.sum(w < w[-1]) + (np.sum(w == w[-1]) + 1) / 2) / len(w)


columns = {
    "ts_mean(close,7)": c.rolling(7).mean(),
    "ts_mean(close,7,min_periods=3)": c.rolling(7, min_periods=3).mean(),
    "ts_sum(close,7)": c.rolling(7).sum(),
    "ts_stddev(close,7)": c.rolling(7).std(),
    "ts_stddev(close,7,min_periods=4)": c.rolling(7, min_periods=4).std(),
    "ts_min(close,7)": c.rolling(7).min(),
    "ts_max(close,7,min_periods=2)": c.rolling(7, min_periods=2).max(),
    "ts_argmin(close,7)": roll(7, lambda w: np.argmin(w) + 1),
    "ts_argmax(close,7)": roll(7, lambda w: np.argmax(w) + 1),
    "ts_rank(close,7)": roll(7, rank),
    "ts_zscore(close,7)": (c - c.rolling(7).mean()) / c.rolling(7).std(),
    "ts_quantile(close,7,0.3)": c.rolling(7).quantile(0.3, interpolation="linear"),
    "ts_quantile(close,7,0.3,min_periods=3)": c.rolling(7, min_periods=3).quantile(0.3, interpolation="linear"),
    "ts_slope(close,7)": roll(7, lambda w: line(w)[0]),
    "ts_resi(close,7)": roll(7, lambda w: line(w)[1]),
    "ts_rsquare(close,7)": roll(7, lambda w: line(w)[2]),
    "ts_corr(close,volume,9)": c.rolling(9).corr(v),
    "ts_cov(close,volume,9)": c.rolling(9).cov(v),
    "ts_count(close > open,5)": (c > o).where(c.notna()).astype(float).rolling(5).sum(),
    "product(close/100,4)": (c / 100).rolling(4).apply(np.prod, raw=True),
    "decay_linear(close,6)": c.rolling(6).apply(lambda w: np.dot(w, np.arange(1, 7)) / 21, raw=True),
    "delay(close,3)": c.shift(3),
    "delta(close,3)": c - c.shift(3),
    "sign_power(close-100,0.5)": np.sign(c - 100) * (c - 100).abs() ** 0.5,
    "adv(5)": (c * v).rolling(5).mean(),
    "returns": c / c.shift(1) - 1,
    "-close^2": -(c ** 2),
    "2^3^2+close*0": 512 + c * 0,
    "where(close > open, 1, -1)": pd.Series(np.where(c > o, 1.0, -1.0)).where(c.notna()),
    "log(close)+exp(-close/100)": np.log(c) + np.exp(-c / 100),
    "max(close,open)-min(close,open)": (c - o).abs(),
    "coalesce(close,open)": c.where(c.notna(), o),
    "ts_sum(close,7,min_periods=1)": c.rolling(7, min_periods=1).sum(),
    "ts_min(close,7,min_periods=3)": c.rolling(7, min_periods=3).min(),
    "ts_rank(close,7,min_periods=3)": c.rolling(7, min_periods=3).rank(pct=True),
    "ts_count(close > open,5,min_periods=2)": (c > o).where(c.notna()).astype(float).rolling(5, min_periods=2).sum(),
    "ts_argmax(close,7,min_periods=7)": roll(7, lambda w: np.argmax(w) + 1),
    "adv(5,min_periods=2)": (c * v).rolling(5, min_periods=2).mean(),
}
json.dump(dict(
    made_with=f"pandas {pd.__version__}, numpy {np.__version__}; synthetic bars, seed 5",
    bars={name: plain(values) for name, values in b.items()},
    columns={name: plain(values.values) for name, values in columns.items()},
), sys.stdout, separators=(",", ":"))
