"""Qlib's Alpha158 and Alpha360 for one instrument with pandas, as qlib/contrib/data/loader.py defines them."""
import numpy as np
import pandas as pd

ROWS = 100
SHOWN = [0, 1, 2, 4, 7, 30, 61, 99]


def line(n, function):
    """A statistic of the least-squares line through the values that a window has so far."""
    def value(w):
        if len(w) < 2:
            return np.nan
        t = np.arange(len(w), dtype=float)
        slope = np.sum((t - t.mean()) * (w - w.mean())) / np.sum((t - t.mean()) ** 2)
        return function(t, w, slope)
    return lambda x: x.rolling(n, min_periods=1).apply(value, raw=True)


def slope(x, n):
    return line(n, lambda t, w, b: b)(x)


def residual(x, n):
    return line(n, lambda t, w, b: w[-1] - w.mean() - b * (t[-1] - t.mean()))(x)


def rsquare(x, n):
    values = line(n, lambda t, w, b: np.corrcoef(t, w)[0, 1] ** 2)(x)
    return values.mask(np.isclose(x.rolling(n, min_periods=1).std(), 0, rtol=0, atol=2e-5))


def corr(x, y, n):
    values = x.rolling(n, min_periods=1).corr(y)
    flat = np.isclose(x.rolling(n, min_periods=1).std(), 0, rtol=0, atol=2e-5) | np.isclose(
        y.rolling(n, min_periods=1).std(), 0, rtol=0, atol=2e-5)
    return values.mask(flat)


def features(bars):
    o, h, l, c, v, w = (bars[name] for name in ("open", "high", "low", "close", "volume", "vwap"))
    top, bottom, small = np.maximum(o, c), np.minimum(o, c), 1e-12
    out = {
        "KMID": (c - o) / o, "KLEN": (h - l) / o, "KMID2": (c - o) / (h - l + small), "KUP": (h - top) / o,
        "KUP2": (h - top) / (h - l + small), "KLOW": (bottom - l) / o, "KLOW2": (bottom - l) / (h - l + small),
        "KSFT": (2 * c - h - l) / o, "KSFT2": (2 * c - h - l) / (h - l + small),
        "OPEN0": o / c, "HIGH0": h / c, "LOW0": l / c, "VWAP0": w / c,
    }
    before, volumeBefore = c.shift(1), v.shift(1)
    ups, downs = (c > before).astype(float), (c < before).astype(float)
    for n in (5, 10, 20, 30, 60):
        def rolling(x):
            return x.rolling(n, min_periods=1)

        def shares(x, y):
            up, down = np.maximum(x - y, 0).where((x - y).notna()), np.maximum(y - x, 0).where((x - y).notna())
            all_ = rolling((x - y).abs()).sum() + small
            return rolling(up).sum() / all_, rolling(down).sum() / all_, (rolling(up).sum() - rolling(down).sum()) / all_

        highest, lowest = rolling(h).max(), rolling(l).min()
        argmax = rolling(h).apply(lambda x: x.argmax() + 1, raw=True)
        argmin = rolling(l).apply(lambda x: x.argmin() + 1, raw=True)
        weighted = (c / before - 1).abs() * v
        out |= {
            f"ROC{n}": c.shift(n) / c, f"MA{n}": rolling(c).mean() / c, f"STD{n}": rolling(c).std() / c,
            f"BETA{n}": slope(c, n) / c, f"RSQR{n}": rsquare(c, n), f"RESI{n}": residual(c, n) / c,
            f"MAX{n}": highest / c, f"MIN{n}": lowest / c, f"QTLU{n}": rolling(c).quantile(0.8) / c,
            f"QTLD{n}": rolling(c).quantile(0.2) / c, f"RANK{n}": rolling(c).rank(pct=True),
            f"RSV{n}": (c - lowest) / (highest - lowest + small), f"IMAX{n}": argmax / n, f"IMIN{n}": argmin / n,
            f"IMXD{n}": (argmax - argmin) / n, f"CORR{n}": corr(c, np.log(v + 1), n),
            f"CORD{n}": corr(c / before, np.log(v / volumeBefore + 1), n), f"CNTP{n}": rolling(ups).mean(),
            f"CNTN{n}": rolling(downs).mean(), f"CNTD{n}": rolling(ups).mean() - rolling(downs).mean(),
            f"VMA{n}": rolling(v).mean() / (v + small), f"VSTD{n}": rolling(v).std() / (v + small),
            f"WVMA{n}": rolling(weighted).std() / (rolling(weighted).mean() + small),
        }
        out[f"SUMP{n}"], out[f"SUMN{n}"], out[f"SUMD{n}"] = shares(c, before)
        out[f"VSUMP{n}"], out[f"VSUMN{n}"], out[f"VSUMD{n}"] = shares(v, volumeBefore)
    features = {f"alpha158.{name}": values for name, values in out.items()}
    assert len(features) == 158
    for column, x in dict(close=c, open=o, high=h, low=l, vwap=w, volume=v).items():
        base = v + small if column == "volume" else c
        for n in range(60):
            features[f"alpha360.{column.upper()}{n}"] = x.shift(n) / base
    assert len(features) == 518
    return features
