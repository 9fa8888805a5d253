"""performance.json: empyrical-reloaded's figures over synthetic returns."""
import json
import sys

import empyrical as ep
import numpy as np

from synthetic import plain


def rate(annual, periods):
    return (1 + annual) ** (1 / periods) - 1


def longest_run_below_peak(returns):
    value = np.concatenate([[1.0], np.cumprod(1 + returns)])
    run = longest = 0
    for below in value < np.maximum.accumulate(value):
        run = run + 1 if below else 0
        longest = max(longest, run)
    return longest


def figures(r, b, periods, annual_rate, confidence):
    f = rate(annual_rate, periods)
    cutoff = round(1 - confidence, 12)
    n = len(r)
    centred = r - r.mean()
    m2 = np.mean(centred ** 2)
    performance = dict(
        total_return=ep.cum_returns_final(r),
        annual_return=ep.annual_return(r, annualization=periods),
        annual_volatility=ep.annual_volatility(r, annualization=periods),
        downside_risk=ep.downside_risk(r, 0, annualization=periods),
        sharpe_ratio=ep.sharpe_ratio(r, f, annualization=periods),
        sortino_ratio=ep.sortino_ratio(r, f, annualization=periods),
        calmar_ratio=ep.calmar_ratio(r, annualization=periods),
        omega_ratio=ep.omega_ratio(r, f, 0.0, annualization=periods),
        max_drawdown=ep.max_drawdown(r),
        max_drawdown_duration=longest_run_below_peak(r),
        stability=ep.stability_of_timeseries(r),
        tail_ratio=ep.tail_ratio(r),
        skew=np.mean(centred ** 3) / m2 ** 1.5,
        kurtosis=np.mean(centred ** 4) / m2 ** 2 - 3,
        value_at_risk=ep.value_at_risk(r, cutoff),
        conditional_value_at_risk=ep.conditional_value_at_risk(r, cutoff),
    )
    benchmark = dict(
        alpha=ep.alpha(r, b, f, annualization=periods),
        beta=ep.beta(r, b, f),
        tracking_error=np.std(r - b, ddof=1) * np.sqrt(periods),
        information_ratio=ep.excess_sharpe(r, b) * np.sqrt(periods),
        up_capture=ep.capture(r[b > 0], b[b > 0], period="daily") if periods == 252 else None,
        down_capture=ep.capture(r[b < 0], b[b < 0], period="daily") if periods == 252 else None,
        correlation=np.corrcoef(r, b)[0, 1],
    )
    plain_number = lambda value: None if value is None or not np.isfinite(value) else float(value)
    return dict(
        returns=plain(r), benchmark=plain(b), periods=periods, risk_free_rate=annual_rate, confidence=confidence,
        performance={name: plain_number(value) for name, value in performance.items()},
        comparison={name: plain_number(value) for name, value in benchmark.items()})


random = np.random.default_rng(7)
b = random.normal(0.0004, 0.01, 250)
r = 0.8 * b + random.normal(0.0002, 0.006, 250)
weekly = random.standard_t(4, 61) * 0.02
cases = {
    "daily": figures(r, b, 252, 0.0, 0.95),
    "with_rate": figures(r, b, 252, 0.04, 0.99),
    "weekly": figures(weekly, weekly * 0.5 + random.normal(0, 0.01, 61), 52, 0.02, 0.9),
    "rising": figures(np.abs(r[:20]) + 1e-4, b[:20], 252, 0.0, 0.95),
}
json.dump({"made_with": f"empyrical-reloaded {ep.__version__}, numpy {np.__version__}", "cases": cases},
          sys.stdout, separators=(",", ":"))
