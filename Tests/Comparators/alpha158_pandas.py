"""Alpha158 over a panel with pandas, numpy and bottleneck: the comparator of `nautilus bench factors.panel`.

    python alpha158_pandas.py [symbols] [days] [processes] [plain]

Two references. `plain` is written as one writes it: DataFrame.rolling of every window, its mean, std, max, min, rank,
quantile, cov, var and corr, and rolling.apply for the place of a maximum. The other is tuned by hand:
each feature is computed for all symbols at once (columns are symbols), moving windows by bottleneck where it has them,
slopes and correlations by moving sums; parts that features share (sums, logarithms, changes) are computed once. What is
left are pandas' rolling quantiles. Symbols are shared among processes. Prints values a second, workers' start left out.
"""
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import bottleneck as bn
import numpy as np
import pandas as pd


def panel(symbols, days, seed):
    random = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.01, (days, symbols)), axis=0))
    open_ = np.vstack([np.full((1, symbols), 100.0), close[:-1]])
    spread = np.abs(random.normal(0, 0.005, (days, symbols))) * close
    high, low = np.maximum(open_, close) + spread, np.minimum(open_, close) - spread
    return open_, high, low, close, 1000 + np.abs(random.normal(0, 500, (days, symbols)))


def mean(x, n):
    return bn.move_mean(x, n, 1, axis=0)


def total(x, n):
    return bn.move_sum(x, n, 1, axis=0)


def deviation(x, n):
    values = bn.move_std(x, n, 1, axis=0, ddof=1)
    values[:1] = np.nan
    return values


def largest(x, n):
    return bn.move_max(x, n, 1, axis=0)


def smallest(x, n):
    return bn.move_min(x, n, 1, axis=0)


def age(x, n, length, move):
    """Place of the extreme, 1 for the oldest."""
    return length - getattr(bn, "move_arg" + move)(x, n, 1, axis=0)


def place(x, n, length):
    # bottleneck's rank is (place − 1)/(n − 1) scaled to [-1,1].
    return ((bn.move_rank(x, n, 1, axis=0) + 1) / 2 * (length - 1) + 1) / length


class Plain:
    """The same functions by DataFrame.rolling."""

    @staticmethod
    def rolling(x, n):
        return pd.DataFrame(x).rolling(n, min_periods=1)

    @staticmethod
    def corr(x, y, n):
        return Plain.rolling(x, n).corr(pd.DataFrame(y)).values

    @staticmethod
    def line(close, n, time_):
        frame = pd.DataFrame(close)
        clock = pd.DataFrame(np.broadcast_to(time_[:, None], close.shape))
        window, beside = frame.rolling(n, min_periods=1), clock.rolling(n, min_periods=1)
        slope = window.cov(clock) / beside.var()
        residual = frame - window.mean() - slope * (clock - beside.mean())
        return slope.values, residual.values, (window.corr(clock) ** 2).values

    @staticmethod
    def install():
        here = globals()
        here["mean"] = lambda x, n: Plain.rolling(x, n).mean().values
        here["total"] = lambda x, n: Plain.rolling(x, n).sum().values
        here["deviation"] = lambda x, n: Plain.rolling(x, n).std().values
        here["largest"] = lambda x, n: Plain.rolling(x, n).max().values
        here["smallest"] = lambda x, n: Plain.rolling(x, n).min().values
        here["shift"] = lambda x, n: pd.DataFrame(x).shift(n).values
        here["age"] = lambda x, n, length, move: Plain.rolling(x, n).apply(
            np.argmax if move == "max" else np.argmin, raw=True).values + 1
        here["place"] = lambda x, n, length: Plain.rolling(x, n).rank(pct=True).values
        here["corr"], here["line"] = Plain.corr, Plain.line


def shift(x, n):
    return np.vstack([np.full((n, x.shape[1]), np.nan), x[:-n]])


def corr(x, y, n):
    known = ~(np.isnan(x) | np.isnan(y))
    x, y = np.where(known, x, np.nan), np.where(known, y, np.nan)
    x, y = x - np.nanmean(x, axis=0), y - np.nanmean(y, axis=0)
    mx, my = mean(x, n), mean(y, n)
    value = (mean(x * y, n) - mx * my) / np.sqrt((mean(x * x, n) - mx * mx) * (mean(y * y, n) - my * my))
    flat = (deviation(x, n) <= 2e-5) | (deviation(y, n) <= 2e-5)
    return np.where(flat, np.nan, value)


def line(close, n, time_):
    """Slope, residual and R² from moving sums, time counted from the first row."""
    pivot = close - close[0]
    count = np.minimum(np.arange(1, len(close) + 1), n)[:, None]
    t = time_[:, None]
    sx, sxx = total(np.broadcast_to(t, close.shape), n), total(np.broadcast_to(t * t, close.shape), n)
    sy, sxy, syy = total(pivot, n), total(t * pivot, n), total(pivot * pivot, n)
    varX, cov = sxx - sx * sx / count, sxy - sx * sy / count
    slope = cov / varX
    residual = pivot - sy / count - slope * (t - sx / count)
    square = cov * cov / (varX * (syy - sy * sy / count))
    return slope, residual, np.where(deviation(close, n) <= 2e-5, np.nan, square)


def features(symbols, days, seed):
    o, h, l, c, v = panel(symbols, days, seed)
    start = time.perf_counter()
    small, body, top, bottom = 1e-12, c - o, np.maximum(o, c), np.minimum(o, c)
    span = h - l + small
    out = [body / o, (h - l) / o, body / span, (h - top) / o, (h - top) / span, (bottom - l) / o, (bottom - l) / span,
           (2 * c - h - l) / o, (2 * c - h - l) / span, o / c, h / c, l / c, (h + l + c) / 3 / c]
    before, volumeBefore = shift(c, 1), shift(v, 1)
    ups, downs = (c > before).astype(float), (c < before).astype(float)
    rise, fall, move = np.maximum(c - before, 0), np.maximum(before - c, 0), np.abs(c - before)
    more, less, change = np.maximum(v - volumeBefore, 0), np.maximum(volumeBefore - v, 0), np.abs(v - volumeBefore)
    logs, ratio, logRatio = np.log(v + 1), c / before, np.log(v / volumeBefore + 1)
    weighted = np.abs(ratio - 1) * v
    frame, clock = pd.DataFrame(c), np.arange(len(c), dtype=float)
    for n in (5, 10, 20, 30, 60):
        slope, residual, square = line(c, n, clock)
        highest, lowest = largest(h, n), smallest(l, n)
        length = np.minimum(np.arange(1, len(c) + 1), n)[:, None]
        first, last = age(h, n, length, "max"), age(l, n, length, "min")
        rank = place(c, n, length)
        rolling, up, down = frame.rolling(n, min_periods=1), mean(ups, n), mean(downs, n)
        moved, traded = total(move, n) + small, total(change, n) + small
        risen, fallen, grown, shrunk = total(rise, n), total(fall, n), total(more, n), total(less, n)
        out += [shift(c, n) / c, mean(c, n) / c, deviation(c, n) / c, slope / c, square, residual / c, highest / c,
                lowest / c, rolling.quantile(0.8).values / c, rolling.quantile(0.2).values / c, rank,
                (c - lowest) / (highest - lowest + small), first / n, last / n, (first - last) / n, corr(c, logs, n),
                corr(ratio, logRatio, n), up, down, up - down, risen / moved, fallen / moved,
                (risen - fallen) / moved, mean(v, n) / (v + small), deviation(v, n) / (v + small),
                deviation(weighted, n) / (mean(weighted, n) + small), grown / traded, shrunk / traded,
                (grown - shrunk) / traded]
    assert len(out) == 158
    return time.perf_counter() - start, len(out) * c.size


if __name__ == "__main__":
    given = [x for x in sys.argv[1:] if x != "plain"]
    symbols, days, processes = (int(x) for x in given + ["500", "2520", "2"][len(given):])
    np.seterr(all="ignore")
    if "plain" in sys.argv:
        Plain.install()
    with ProcessPoolExecutor(processes) as pool:
        list(pool.map(features, [2] * processes, [80] * processes, range(processes)))
        begun = time.perf_counter()
        parts = list(pool.map(features, [symbols // processes] * processes, [days] * processes, range(processes)))
        wall = time.perf_counter() - begun
    values = sum(count for _, count in parts)
    print(f"{values / max(seconds for seconds, _ in parts):.0f} values/s, {values} values, {processes} processes, "
          f"{wall:.2f} s with the making of bars")
