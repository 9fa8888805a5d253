"""returns.json: figures of returns by several tools, and what has no tool written out in numpy."""
import datetime as dt
import json
import os
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pyxirr
import quantstats.stats as qs
from scipy.stats import norm

from synthetic import plain

warnings.simplefilter("ignore")


def number(value):
    return None if value is None or not np.isfinite(value) else float(value)


def numbers(values):
    return {name: number(value) for name, value in values.items()}


def drawdowns(r, with_start=True):
    value = np.concatenate([[1.0], np.cumprod(1 + r)]) if with_start else np.cumprod(1 + r)
    fall = value / np.maximum.accumulate(value) - 1
    return fall[1:] if with_start else fall


def psr(ratio, target, skew, raw, n):
    return norm.cdf((ratio - target) * np.sqrt(n - 1) / np.sqrt(1 - skew * ratio + (raw - 1) / 4 * ratio**2))


def moments(r):
    c = r - r.mean()
    m2 = np.mean(c**2)
    return np.mean(c**3) / m2**1.5, np.mean(c**4) / m2**2


def rockafellar(r, a):
    s, k = np.sort(r), a * len(r)
    whole = int(np.floor(k + 1e-9))
    rest = max(0.0, k - whole)
    return (s[:whole].sum() + rest * s[min(whole, len(s) - 1)]) / k


def fit(x, m, g, periods):
    design = np.column_stack([np.ones_like(m), m, g])
    solved, residual, *_ = np.linalg.lstsq(design, x, rcond=None)
    errors = x - design @ solved
    spread = errors @ errors / (len(x) - 3)
    error = np.sqrt(spread * np.linalg.inv(design.T @ design)[2, 2])
    return dict(alpha=solved[0] * periods, beta=solved[1], gamma=solved[2], t=solved[2] / error)


def own(r, b, periods, rate, confidence):
    f = (1 + rate) ** (1 / periods) - 1
    a = round(1 - confidence, 12)
    fall = drawdowns(r)
    ulcer = np.sqrt(np.mean(fall**2))
    annual = np.prod(1 + r) ** (periods / len(r)) - 1
    skew, raw = moments(r)
    sharpe = (r.mean() - f) / r.std(ddof=1)
    variance = (1 - skew * sharpe + (raw - 1) / 4 * sharpe**2) / (len(r) - 1)
    z = norm.ppf(a)
    q = lambda z: (z + (z * z - 1) * skew / 6 + (z**3 - 3 * z) * (raw - 3) / 24 - (2 * z**3 - 5 * z) * skew**2 / 36)
    # The mean of q over the tail, by quadrature in probability.
    u = (np.arange(200_000) + 0.5) / 200_000 * a
    x, m = r - f, b - f
    beta = np.cov(r, b)[0, 1] / b.var(ddof=1)
    year = sharpe * np.sqrt(periods)
    return dict(
        path=numbers(dict(
            ulcer_index=ulcer, pain_index=-fall.mean(), martin_ratio=(annual - rate) / ulcer,
            gain_to_pain_ratio=r.sum() / -r[r < 0].sum(), recovery_factor=(np.prod(1 + r) - 1) / -fall.min(),
            win_rate=(r > 0).sum() / (r != 0).sum(), payoff_ratio=r[r > 0].mean() / -r[r < 0].mean(),
            profit_factor=r[r > 0].sum() / -r[r < 0].sum(), best=r.max(), worst=r.min())),
        tail=numbers(dict(
            historical_var=np.percentile(r, 100 * a), gaussian_var=r.mean() + r.std(ddof=1) * z,
            gaussian_cvar=r.mean() - r.std(ddof=1) * norm.pdf(z) / a, cornish_fisher_var=r.mean() + r.std(ddof=1) * q(z),
            rockafellar_cvar=rockafellar(r, a))),
        cornish_fisher_cvar=number(r.mean() + r.std(ddof=1) * q(norm.ppf(u)).mean()),
        sharpe=numbers(dict(
            ratio=sharpe, psr=psr(sharpe, 0, skew, raw, len(r)), psr_one=psr(sharpe, 1 / np.sqrt(periods), skew, raw, len(r)),
            track=1 + variance * (len(r) - 1) * (norm.ppf(confidence) / sharpe) ** 2)),
        timing=numbers(dict(
            treynor=(r.mean() - f) * periods / beta, m_squared=year * b.std(ddof=1) * np.sqrt(periods) + rate,
            jensen=((r.mean() - f) - beta * (b.mean() - f)) * periods, r_squared=np.corrcoef(r, b)[0, 1] ** 2,
            batting=(r > b).mean())),
        treynor_mazuy=numbers(fit(x, m, m**2, periods)),
        henriksson_merton=numbers(fit(x, m, np.maximum(0, -m), periods)))


def rolling(r, b, window, periods, rate):
    f = (1 + rate) ** (1 / periods) - 1
    out = dict(sharpe=[], sortino=[], volatility=[], drawdown=[], beta=[], alpha=[])
    for end in range(window, len(r) + 1):
        x, m = r[end - window:end], b[end - window:end]
        out["volatility"].append(x.std(ddof=1) * np.sqrt(periods))
        out["sharpe"].append((x.mean() - f) / x.std(ddof=1) * np.sqrt(periods))
        out["sortino"].append((x.mean() - f) / np.sqrt(np.mean(np.minimum(x - f, 0) ** 2)) * np.sqrt(periods))
        out["drawdown"].append(min(0.0, drawdowns(x).min()))
        beta = np.cov(x, m)[0, 1] / m.var(ddof=1)
        out["beta"].append(beta)
        out["alpha"].append((1 + (x.mean() - f) - beta * (m.mean() - f)) ** periods - 1)
    return {name: plain(np.array(values)) for name, values in out.items()}


def quantstats(r, b, periods, rate, confidence):
    days = pd.date_range("2020-01-01", periods=len(r))
    s, t = pd.Series(r, index=days), pd.Series(b, index=days)
    greeks = qs.greeks(s, t, periods=periods)
    return dict(
        performance=numbers(dict(
            total_return=qs.comp(s), annual_return=qs.cagr(s, periods=periods),
            annual_volatility=qs.volatility(s, periods=periods), sharpe_ratio=qs.sharpe(s, rate, periods),
            sortino_ratio=qs.sortino(s, rate, periods), calmar_ratio=qs.calmar(s, periods=periods),
            omega_ratio=qs.omega(s, rate, 0.0, periods), max_drawdown=qs.max_drawdown(s), tail_ratio=qs.tail_ratio(s),
            skew=qs.skew(s), kurtosis=qs.kurtosis(s), value_at_risk=qs.value_at_risk(s, confidence=confidence),
            conditional_value_at_risk=qs.conditional_value_at_risk(s, confidence=confidence))),
        path=numbers(dict(
            ulcer_index=qs.ulcer_index(s), martin_ratio=qs.ulcer_performance_index(s, rate),
            gain_to_pain_ratio=qs.gain_to_pain_ratio(s), recovery_factor=qs.recovery_factor(s, rate),
            win_rate=qs.win_rate(s), payoff_ratio=qs.payoff_ratio(s), profit_factor=qs.profit_factor(s))),
        comparison=numbers(dict(alpha=greeks["alpha"], beta=greeks["beta"], information_ratio=qs.information_ratio(s, t))),
        psr=number(qs.probabilistic_sharpe_ratio(s, rate, periods)))


def lean(r, b, periods, rate, confidence):
    """LEAN's formulas written out: it does not run here."""
    annual, other = (1 + r.mean()) ** periods - 1, (1 + b.mean()) ** periods - 1
    volatility = r.std(ddof=1) * np.sqrt(periods)
    beta = np.cov(r, b)[0, 1] / b.var(ddof=1)
    error = (r - b).std(ddof=1) * np.sqrt(periods)
    s = pd.Series(r)
    ratio = r.mean() / r.std(ddof=1)
    return dict(
        performance=numbers(dict(
            total_return=np.prod(1 + r) - 1, annual_return=annual, annual_volatility=volatility,
            sharpe_ratio=(annual - rate) / volatility,
            sortino_ratio=(annual - rate) / (r[r < 0].std(ddof=1) * np.sqrt(periods)),
            max_drawdown=-drawdowns(r).min(), value_at_risk=norm.ppf(1 - confidence, r.mean(), r.std(ddof=1)))),
        path={},
        comparison=numbers(dict(
            alpha=annual - (rate + beta * (other - rate)), beta=beta, tracking_error=error,
            information_ratio=(annual - other) / error)),
        psr=number(psr(ratio, 1 / np.sqrt(252), s.skew(), s.kurt(), len(r))))


def qlib(r, periods):
    """risk_analysis of qlib in its default mode, written out."""
    total = np.cumsum(r)
    return dict(
        performance=numbers(dict(
            total_return=r.sum(), annual_return=r.mean() * periods,
            sharpe_ratio=r.mean() / r.std(ddof=1) * np.sqrt(periods),
            max_drawdown=(total - np.maximum.accumulate(total)).min())),
        path={}, comparison={}, psr=None)


def vectorbt(cases):
    """In an environment of its own, as vectorbt pins older packages."""
    given = [[list(map(float, r)), list(map(float, b)), *more] for r, b, *more in cases]
    python = os.environ["VECTORBT_PYTHON"]
    done = subprocess.run([python, "vectorbt_returns.py"], input=json.dumps(given), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def flows(dates, amounts):
    return dict(days=[(d - dates[0]).days for d in dates], amounts=amounts, rate=number(pyxirr.xirr(dates, amounts)))


random = np.random.default_rng(23)
b = random.normal(0.0004, 0.01, 250)
r = 0.8 * b + random.normal(0.0002, 0.006, 250) + 3 * b**2
w = random.standard_t(4, 61) * 0.02
wb = w * 0.5 + random.normal(0, 0.01, 61)
w2 = w.copy()
w2[0] = -0.25
inputs = {"daily": (r, b, 252, 0.03, 0.95), "weekly": (w, wb, 52, 0.02, 0.9), "all_days": (w, wb, 365, 0.0, 0.99),
          "falls_first": (w2, wb, 238, 0.01, 0.95)}

other = vectorbt(inputs.values())
cases = {}
for (name, (x, m, periods, rate, confidence)), told in zip(inputs.items(), other["cases"]):
    cases[name] = dict(
        returns=plain(x), benchmark=plain(m), periods=periods, risk_free_rate=rate, confidence=confidence,
        own=own(x, m, periods, rate, confidence), rolling=rolling(x, m, 21, periods, rate), window=21,
        dialects=dict(
            quantstats=quantstats(x, m, periods, rate, confidence), lean=lean(x, m, periods, rate, confidence),
            qlib=qlib(x, periods), vectorbt=told))
day = dt.date
money = [
    flows([day(2020, 1, 1), day(2021, 1, 1)], [-1000, 1100]),
    flows([day(2019, 3, 15), day(2019, 9, 1), day(2020, 2, 29), day(2021, 7, 4), day(2022, 12, 31)],
          [-10000, -2500, 1800, -400, 13900]),
    flows([day(2022, 1, 1), day(2022, 1, 20)], [-1000, 720]),
    flows([day(2010, 1, 1), day(2015, 6, 1), day(2024, 1, 1)], [-500, -500, 4200]),
]
json.dump({"made_with": f"quantstats 0.0.86, vectorbt {other['version']}, pyxirr {pyxirr.__version__}, "
                        f"numpy {np.__version__}, pandas {pd.__version__}",
           "cases": cases, "flows": money}, sys.stdout, separators=(",", ":"))
