"""backtests.json: the rules of docs written out naively, over synthetic bars."""
import datetime
import json
import sys

import numpy as np

from synthetic import bars, plain


def rules(b, entry, exit_, fill, commission_bps, slippage_bps, cash):
    s, c = slippage_bps / 1e4, commission_bps / 1e4
    quantity, pending, curve, fills = 0.0, False, [], []

    def turn(row, p):
        nonlocal cash, quantity
        if quantity == 0:
            price = p * (1 + s)
            quantity = cash / (price * (1 + c))
            cash = max(0.0, cash - quantity * price * (1 + c))
            fills.append([row, 1, quantity, price])
        else:
            price = p * (1 - s)
            cash += quantity * price * (1 - c)
            fills.append([row, -1, quantity, price])
            quantity = 0.0

    for row in range(len(b["close"])):
        if pending:
            turn(row, b["open"][row])
            pending = False
        if (entry if quantity == 0 else exit_)[row]:
            if fill == "close":
                turn(row, b["close"][row])
            else:
                pending = True
        curve.append(cash + quantity * b["close"][row])
    return dict(equity=curve, fills=fills)


def weights(series, dates, w, fill, when, commission_bps, slippage_bps, cash):
    s, c = slippage_bps / 1e4, commission_bps / 1e4
    held = np.zeros(len(w))
    w = np.array(w)
    key = {"1d": lambda d: d, "1w": lambda d: d.isocalendar()[:2], "1mo": lambda d: (d.year, d.month),
           "1q": lambda d: (d.year, (d.month - 1) // 3)}[when]
    pending, last, curve = False, None, []

    def move(prices):
        nonlocal cash, held

        def cost(after):
            change = w * after - held * prices
            return np.sum(np.where(change > 0, change * ((1 + s) * (1 + c) - 1), -change * (1 - (1 - s) * (1 - c))))

        before = cash + np.sum(held * prices)
        low, high = 0.0, before
        for _ in range(200):  # bisection on after + cost(after) = before
            middle = (low + high) / 2
            low, high = (middle, high) if middle + cost(middle) < before else (low, middle)
        after = (low + high) / 2
        held = w * after / prices
        cash = after - np.sum(w * after)

    for row, date in enumerate(dates):
        if pending and fill == "next_open":
            move(np.array([b["open"][row] for b in series]))
            pending = False
        closes = np.array([b["close"][row] for b in series])
        if key(date) != last:
            pending = True
        last = key(date)
        if pending and fill == "close":
            move(closes)
            pending = False
        curve.append(cash + np.sum(held * closes))
    return dict(equity=plain(np.array(curve)), quantities=plain(held), cash=float(cash))


b = bars(31, 200)
close = b["close"]
average = lambda n: np.array([np.nan if i < n - 1 else np.mean(close[i - n + 1:i + 1]) for i in range(len(close))])
fast, slow = average(5), average(15)
entry, exit_ = fast > slow, fast < slow
series = [bars(40 + i, 120) for i in range(3)]
start = datetime.date(2023, 11, 20)
dates = []
while len(dates) < 120:
    if start.weekday() < 5:
        dates.append(start)
    start += datetime.timedelta(days=1)
json.dump(dict(
    made_with=f"numpy {np.__version__}; synthetic bars",
    bars={name: plain(values) for name, values in b.items()},
    rules={f"{fill} {commission} {slippage}": rules(b, entry, exit_, fill, commission, slippage, 100000.0)
           for fill in ("next_open", "close") for commission, slippage in ((0, 0), (10, 5), (25, 0))},
    panel=[{name: plain(values) for name, values in b.items() if name in ("open", "close")} for b in series],
    days=[(date - datetime.date(1970, 1, 1)).days for date in dates],
    weights={f"{fill} {when} {commission} {slippage}":
             weights(series, dates, [0.5, 0.3, 0.2], fill, when, commission, slippage, 50000.0)
             for fill in ("next_open", "close") for when in ("1d", "1w", "1mo", "1q")
             for commission, slippage in ((0, 0), (10, 5))},
), sys.stdout, separators=(",", ":"))
