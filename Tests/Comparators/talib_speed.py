"""Prints TA-Lib's nanoseconds a row beside ours for every function both have, the ratios and their geometric mean.

    nautilus bench indicators > ours.txt
    python talib_speed.py ours.txt [ours-2.txt ...]

The Python must have TA-Lib (Tests/Oracles/requirements.txt). Both run over 1,000,000 rows of a random walk with the same
parameters and write new columns; the best of five runs each, as whatever else runs on the machine only ever adds. What
runs there often stays for seconds, longer than five runs take: with several files the best of all counts, and TA-Lib's
functions are gone through as many times. A ratio above 1 means that ours is faster.
"""
import re
import sys
import time

import numpy as np
import talib

ROWS, RUNS = 1_000_000, 5
BESIDE = {"keltner": "KC", "chaikin_money_flow": "CMF", "hull_ma": "HMA", "elder_ray": "ERI", "force_index": "EFI"}


def walk(rows):
    random = np.random.default_rng(7)
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.01, rows)))
    open_ = np.concatenate([[100.0], close[:-1]])
    spread = np.abs(random.normal(0, 0.005, (2, rows))) * close
    high, low = np.maximum(open_, close) + spread[0], np.minimum(open_, close) - spread[1]
    return dict(open=open_, high=high, low=low, close=close, volume=1000 + np.abs(random.normal(0, 500, rows)))


def arguments(feature):
    inside = feature[feature.index("(") + 1:feature.rindex(")")].split(",")
    return [float(text) if "." in text else int(text) for text in inside if text and not text[0].isalpha()]


def theirs(name, feature, bars):
    """TA-Lib's nanoseconds a row; None where it has no such function."""
    upper = BESIDE.get(name, name[4:].join(["CDL", ""]).upper() if name.startswith("cdl_") else name.upper())
    if name in ("vwap", "var") or not hasattr(talib, upper):
        return None if name != "var" else timed(lambda: talib.VAR(bars["close"], *arguments(feature)))
    given = arguments(feature)
    if name == "keltner":
        given = [given[0], given[2], given[1]]
    columns = [bars[column] for column in COLUMNS[name]]
    return timed(lambda: getattr(talib, upper)(*columns, *given))


def timed(call):
    times = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times[1:]) / ROWS * 1e9


def measurements(path):
    """Batch figures by name, the best of the runs, from the table that `nautilus bench` prints."""
    found = {}
    for line in open(path):
        match = re.match(r"indicators\.(\w+)\s+([\d.,]+)\s+ns/row\s+(.*)", line)
        if match:
            context = dict(re.findall(r"(\w+)=(.*?)(?= \w+=|$)", match[3].strip()))
            least = context.get("best", match[2]).replace(",", "")
            found[match[1]] = {"value": float(least), "context": context}
    return found


def best(passes):
    """The least figure of each function over several passes."""
    return {name: min(found[name] for found in passes if name in found) for name in passes[0]}


files = [measurements(path) for path in sys.argv[1:]]
ours = best([{name: line["value"] for name, line in file.items()} for file in files])
context = {name: line["context"] for name, line in files[0].items()}
COLUMNS = {name: of["columns"].split() for name, of in context.items()}
bars = walk(ROWS)
figures = [{name: theirs(name, context[name]["feature"], bars) for name in ours} for _ in files]
reference = best([{name: value for name, value in found.items() if value is not None} for found in figures])
table = [(value / ours[name], name, ours[name], value) for name, value in reference.items()]
table.sort()
print(f"{'function':24}{'ours':>10}{'TA-Lib':>10}{'ratio':>8}")
for ratio, name, own, other in table:
    print(f"{name:24}{own:10.2f}{other:10.2f}{ratio:8.2f}")
mean = np.exp(np.mean([np.log(row[0]) for row in table]))
print(f"{len(table)} functions, TA-Lib {talib.__version__}: geometric mean {mean:.2f}, slowest {table[0][0]:.2f}")
