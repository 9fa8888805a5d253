"""Synthetic bars: seeded random walks, no market's prices."""
import numpy as np


def bars(seed, rows, start=100.0):
    random = np.random.default_rng(seed)
    close = start * np.exp(np.cumsum(random.normal(0.0003, 0.02, rows)))
    open_ = np.concatenate([[start], close[:-1]]) * np.exp(random.normal(0, 0.005, rows))
    high = np.maximum(open_, close) * np.exp(np.abs(random.normal(0, 0.008, rows)))
    low = np.minimum(open_, close) * np.exp(-np.abs(random.normal(0, 0.008, rows)))
    volume = np.round(1e6 * np.exp(random.normal(0, 0.5, rows)))
    columns = dict(open=open_, high=high, low=low, close=close, volume=volume)
    return {name: np.round(values, 6) for name, values in columns.items()}


def plain(values):
    """A list for JSON: 17 significant digits, null for NaN."""
    return [None if not np.isfinite(value) else float(value) for value in values]
