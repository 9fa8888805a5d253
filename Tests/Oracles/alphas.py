"""alphas.json: the formulas of alpha101.py over a synthetic panel; Qlib's features over one instrument of it.

The paper's notation is read as a Python expression whose operators are written out here with pandas and numpy.
Columns are instruments, rows are dates. Conventions: windows are full and floored, ranks average ties, ddof 1,
positions from 1 (the oldest), adv the mean of close times volume, a correlation with a constant side is null, a
comparison with a null is null.

Numbers that ought to be equal can differ in their last bits, and then have ranks of their own. Each formula is computed
with numbers rounded for ranks, as they are, and disturbed in the last bits; where the answers differ the fixture says
"tie" instead of a number.
"""
import ast
import json
import sys

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

import alpha158
from alpha101 import FORMULAS
from synthetic import bars, plain

ROWS, LAST = 300, 3
names = list("ABCDEFGHIJKL")
panel = {}
for i, name in enumerate(names):
    panel[name] = bars(100 + i, ROWS, 100.0 + i)
    random = np.random.default_rng(900 + i)
    own = panel[name]
    own["vwap"] = own["low"] + (own["high"] - own["low"]) * random.uniform(0.1, 0.9, ROWS)
    own["cap"] = own["close"] * 1e6 * (i + 3)
    panel[name] = {key: np.round(values, 0 if key in ("volume", "cap") else 4) for key, values in own.items()}
groups = {
    "sector": {name: "XYZ"[i % 3] for i, name in enumerate(names)},
    "industry": {name: f"I{i % 4}" for i, name in enumerate(names)},
    "subindustry": {name: f"S{i % 6}" for i, name in enumerate(names)},
}
frame = {column: pd.DataFrame({name: panel[name][column] for name in names}) for column in panel["A"]}
missing = {"C": [30, 288], "E": list(range(20))}  # bars that are not there
for name, rows in missing.items():
    for column in frame.values():
        column.loc[rows, name] = np.nan


def clean(x):
    return x.replace([np.inf, -np.inf], np.nan)


def disturbed(x):
    """In some computations: each number moved by a few of its last bits."""
    return x * (1 + 1e-14 * noise.standard_normal(x.shape)) if noise else x


def windows(function, n, *series):
    """A function of full windows: arrays of (rows, instruments, n) in, (rows, instruments) out."""
    n = int(n)
    views = [sliding_window_view(x.values.astype(float), n, axis=0) for x in series]
    known = ~np.isnan(sum(views)).any(axis=2)
    with np.errstate(all="ignore"):
        values = np.where(known, function(*views), np.nan)
    pad = np.full((n - 1, values.shape[1]), np.nan)
    return clean(pd.DataFrame(np.vstack([pad, values]), columns=names))


def centred(w):
    return w - w.mean(axis=2, keepdims=True)


def correlation(x, y, n):
    if int(n) == 2:
        return windows(lambda a, b: np.where((np.ptp(a, axis=2) > 0) & (np.ptp(b, axis=2) > 0), np.sign(
            (a[..., 1] - a[..., 0]) * (b[..., 1] - b[..., 0])), np.nan), n, x, y)

    def pearson(a, b):
        flat = (np.ptp(a, axis=2) == 0) | (np.ptp(b, axis=2) == 0)
        a, b = centred(a), centred(b)
        return np.where(flat, np.nan, (a * b).sum(axis=2) / np.sqrt((a * a).sum(axis=2) * (b * b).sum(axis=2)))
    return disturbed(windows(pearson, n, x, y))


def covariance(x, y, n):
    return disturbed(windows(lambda a, b: (centred(a) * centred(b)).sum(axis=2) / (int(n) - 1), n, x, y))


def rank(x):
    return (x.round(12) if isRounded else x).rank(axis=1, pct=True)


def indneutralize(x, grouping):
    labels = pd.Series(groups[grouping])
    return disturbed(x - x.T.groupby(labels).transform("mean").T)


def ts_rank(x, n):
    def place(w):
        newest = w[..., -1:]
        return ((w < newest).sum(axis=2) + ((w == newest).sum(axis=2) + 1) / 2) / int(n)
    return windows(place, n, x.round(12) if isRounded else x)


def compare(operation, x, y):
    known = (x + y).notna()
    return pd.DataFrame(operation(x, y), index=known.index, columns=names).astype(float).where(known)


def choose(condition, yes, no):
    values = np.where(condition == 1, yes, no)
    return pd.DataFrame(values, index=condition.index, columns=names).where(condition.notna())


def power(x, y):
    """Null where a side is, which pandas has otherwise for 1 and 0."""
    return clean((x ** y).where((x + y).notna()))


weights = {n: np.arange(1, n + 1) / (n * (n + 1) / 2) for n in range(1, 40)}
scope = dict(
    {name: frame[name] for name in frame},
    returns=frame["close"] / frame["close"].shift(1) - 1, sector="sector", industry="industry",
    subindustry="subindustry", rank=rank, correlation=correlation, covariance=covariance, ts_rank=ts_rank,
    indneutralize=indneutralize, compare=compare, choose=choose, power=power, np=np,
    adv=lambda n: windows(lambda w: w.mean(axis=2), n, frame["close"] * frame["volume"]),
    delay=lambda x, n: x.shift(int(n)), delta=lambda x, n: x - x.shift(int(n)),
    total=lambda x, n: disturbed(windows(lambda w: w.sum(axis=2), n, x)),
    product=lambda x, n: windows(lambda w: w.prod(axis=2), n, x),
    stddev=lambda x, n: windows(lambda w: w.std(axis=2, ddof=1), n, x),
    ts_min=lambda x, n: windows(lambda w: w.min(axis=2), n, x),
    ts_max=lambda x, n: windows(lambda w: w.max(axis=2), n, x),
    ts_argmin=lambda x, n: windows(lambda w: w.argmin(axis=2) + 1, n, x),
    ts_argmax=lambda x, n: windows(lambda w: w.argmax(axis=2) + 1, n, x),
    decay_linear=lambda x, n: disturbed(windows(lambda w: w @ weights[int(n)], n, x)),
    scale=lambda x: x.div(x.abs().sum(axis=1), axis=0), sign=np.sign, log=lambda x: clean(np.log(x)), abs=abs,
    signedpower=lambda x, y: np.sign(x) * power(x.abs(), y),
    min=lambda x, y: np.minimum(x, y), max=lambda x, y: np.maximum(x, y),
    either=lambda x, y: compare(lambda a, b: (a == 1) | (b == 1), x, y),
    divide=lambda x, y: clean(x / y),
)


class Reading(ast.NodeTransformer):
    """Comparisons, choices, powers and quotients become calls of what is defined above."""

    def call(self, name, *arguments):
        return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])

    def visit_Compare(self, node):
        self.generic_visit(node)
        operation = {ast.Lt: "less", ast.Eq: "equal"}[type(node.ops[0])]
        ufunc = ast.Attribute(ast.Name("np", ast.Load()), operation, ast.Load())
        return self.call("compare", ufunc, node.left, node.comparators[0])

    def visit_BoolOp(self, node):
        self.generic_visit(node)
        return self.call("either", *node.values)

    def visit_IfExp(self, node):
        self.generic_visit(node)
        return self.call("choose", node.test, node.body, node.orelse)

    def visit_BinOp(self, node):
        self.generic_visit(node)
        name = {ast.Pow: "power", ast.Div: "divide"}.get(type(node.op))
        isConstant = isinstance(node.left, ast.Constant) and isinstance(node.right, ast.Constant)
        return self.call(name, node.left, node.right) if name and not isConstant else node


def evaluate(text):
    tree = ast.fix_missing_locations(Reading().visit(ast.parse(text, mode="eval")))
    return eval(compile(tree, "alpha", "eval"), {**scope, "less": np.less})


np.seterr(all="ignore")
noise, isRounded = None, True
answers, unsure = {}, 0
for number, text in FORMULAS.items():
    ways = []
    for isRounded, seed in ((True, None), (False, None), (False, 1), (False, 2)):
        noise = seed and np.random.default_rng(seed)
        ways.append(evaluate(text).tail(LAST).values)
    sure = np.all([np.isclose(way, ways[0], rtol=1e-8, atol=1e-11, equal_nan=True) for way in ways], axis=0)
    unsure += np.sum(~sure)
    answers[f"alpha101.{number:03d}"] = [
        [value if known else "tie" for value, known in zip(plain(column), sure[:, index])]
        for index, column in enumerate(ways[0].T)]
assert unsure < 0.06 * LAST * len(names) * len(FORMULAS), unsure
print(unsure, "cells hang on the last bits", file=sys.stderr)
one = pd.DataFrame(panel["A"]).head(alpha158.ROWS)
qlib = {key: plain(values.values[alpha158.SHOWN]) for key, values in alpha158.features(one).items()}
json.dump(dict(
    made_with=f"pandas {pd.__version__}, numpy {np.__version__}; synthetic bars",
    panel={name: {column: plain(frame[column][name].values) for column in frame} for name in names},
    groups=groups, last=LAST, alphas=answers, qlib=qlib, qlib_rows=alpha158.ROWS, qlib_shown=alpha158.SHOWN,
), sys.stdout, separators=(",", ":"))
