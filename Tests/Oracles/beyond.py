"""beyond.json: indicators that TA-Lib lacks or names otherwise, from its functions or from their definitions, bar by bar."""
import json
import sys

import numpy as np
import talib as t

from synthetic import bars, plain

b = bars(20240201, 150)
o, h, l, c, v = (b[name].astype(float) for name in ("open", "high", "low", "close", "volume"))
rows = len(c)


def each(first, value):
    """A column whose rows from `first` on are `value(row)`."""
    return np.array([value(row) if row >= first else np.nan for row in range(rows)])


def past(column, row, n):
    return column[row - n + 1:row + 1]


def later(column, n):
    return np.concatenate([np.full(n, np.nan), column[:-n]])


def middle(n):
    return each(n - 1, lambda row: (past(h, row, n).max() + past(l, row, n).min()) / 2)


log = np.log(c / later(c, 1))
true_range = np.array([np.nan] + [max(h[i], c[i - 1]) - min(l[i], c[i - 1]) for i in range(1, rows)])
n = 12


def garman(row):
    high, body = np.log(past(h, row, n) / past(l, row, n)), np.log(past(c, row, n) / past(o, row, n))
    return np.sqrt(252 * np.mean(high ** 2 / 2 - (2 * np.log(2) - 1) * body ** 2))


def yang(row):
    gap, body = np.log(past(o, row, n) / past(later(c, 1), row, n)), np.log(past(c, row, n) / past(o, row, n))
    up, down = np.log(past(h, row, n) / past(o, row, n)), np.log(past(l, row, n) / past(o, row, n))
    share = 0.34 / (1.34 + (n + 1) / (n - 1))
    satchell = np.mean(up * (up - body) + down * (down - body))
    return np.sqrt(252 * (gap.var(ddof=1) + share * body.var(ddof=1) + (1 - share) * satchell))


def roll(row):
    change = np.diff(c)
    covariance = np.cov(change[row - n:row], change[row - n - 1:row - 1])[0, 1]
    return 2 * np.sqrt(max(0, -covariance))


def kyle(row):
    change = np.diff(c)[row - n:row]
    signed = np.sign(change) * past(v, row, n)
    return np.cov(change, signed)[0, 1] / signed.var(ddof=1)


def fisher():
    price, value, line, out = (h + l) / 2, 0.0, 0.0, np.full(rows, np.nan)
    for row in range(n - 1, rows):
        window = past(price, row, n)
        share = (price[row] - window.min()) / (window.max() - window.min()) - 0.5
        value = min(max(0.66 * share + 0.67 * value, -0.999), 0.999)
        line = 0.5 * np.log((1 + value) / (1 - value)) + 0.5 * line
        out[row] = line
    return out


def klinger(fast, slow, signal):
    force, trend, total = np.zeros(rows - 1), 0, 0.0
    for row in range(1, rows):
        sums = [h[i] + l[i] + c[i] for i in (row - 1, row)]
        ranges = [h[i] - l[i] for i in (row - 1, row)]
        direction = 1 if sums[1] > sums[0] else -1
        total = total + ranges[1] if direction == trend else ranges[0] + ranges[1]
        trend = direction
        force[row - 1] = 100 * direction * v[row] * abs(2 * ranges[1] / total - 1)
    line = t.EMA(force, fast) - t.EMA(force, slow)
    line = np.concatenate([[np.nan], line])
    start = slow
    return line, np.concatenate([np.full(start, np.nan), t.EMA(line[start:], signal)])


move = (h + l) / 2 - later((h + l) / 2, 1)
ease = move * (h - l) / (v / 1e8)
tenkan, kijun = middle(9), middle(26)
band = t.ATR(h, l, c, 10) * 2
line, signal = klinger(5, 11, 4)
trigger = fisher()
columns = {
    "supertrend(7,2.5).line": t.SUPERTREND(h, l, c, 7, 2.5)[0],
    "supertrend(7,2.5).direction": each(7, lambda row: t.SUPERTREND(h, l, c, 7, 2.5)[1][row]),
    "ichimoku().tenkan": tenkan, "ichimoku().kijun": kijun,
    "ichimoku().senkou_a": later((tenkan + kijun) / 2, 26), "ichimoku().senkou_b": later(middle(52), 26),
    "ichimoku().chikou": later(c, 26),
    "keltner(20,2,10).upper": t.EMA(c, 20) + band, "keltner(20,2,10).middle": t.EMA(c, 20),
    "keltner(20,2,10).lower": t.EMA(c, 20) - band,
    **{f"donchian(9).{name}": column for name, column in zip(("upper", "middle", "lower"), t.DONCHIAN(h, l, 9))},
    "chaikin_money_flow(12)": t.CMF(h, l, c, v, 12), "hull_ma(close,14)": t.HMA(c, 14), "zlema(close,9)": t.ZLEMA(c, 9),
    "vortex(12).plus": t.VORTEX(h, l, c, 12)[0], "vortex(12).minus": t.VORTEX(h, l, c, 12)[1],
    "elder_ray(9).bull": t.ERI(h, l, c, 9)[0], "elder_ray(9).bear": t.ERI(h, l, c, 9)[1],
    "force_index(9)": t.EFI(c, v, 9),
    "choppiness(12)": each(n, lambda row: 100 * np.log10(
        past(true_range, row, n).sum() / (past(h, row, n).max() - past(l, row, n).min())) / np.log10(n)),
    "fisher(12).fisher": trigger, "fisher(12).trigger": later(trigger, 1),
    "klinger(5,11,4).line": line, "klinger(5,11,4).signal": signal,
    "ease_of_movement(12)": each(n, lambda row: past(ease, row, n).mean()),
    "realized_volatility(close,12)": each(n, lambda row: np.sqrt(252 * np.mean(past(log, row, n) ** 2))),
    "realized_volatility(close,12,1)": each(n, lambda row: np.sqrt(np.mean(past(log, row, n) ** 2))),
    "parkinson(12)": each(n - 1, lambda row: np.sqrt(
        252 * np.mean(np.log(past(h, row, n) / past(l, row, n)) ** 2) / (4 * np.log(2)))),
    "garman_klass(12)": each(n - 1, garman), "yang_zhang(12)": each(n, yang),
    "amihud(12)": each(n, lambda row: np.mean(
        abs(past(c, row, n) / past(later(c, 1), row, n) - 1) / (past(c, row, n) * past(v, row, n)))),
    "roll_spread(close,12)": each(n + 1, roll), "kyle_lambda(12)": each(n, kyle),
}
json.dump(
    {
        "made_with": f"TA-Lib {t.__version__}, numpy {np.__version__}; synthetic bars, seed 20240201",
        "bars": {name: plain(values) for name, values in b.items()},
        "columns": {text: [None if np.isnan(x) else float(f"{x:.13g}") for x in column]
                    for text, column in columns.items()},
    }, sys.stdout, separators=(",", ":"))
