"""Figures of vectorbt for returns.py: cases on standard input, figures on standard output."""
import json
import sys
import warnings

import numpy as np
import vectorbt as vbt
from vectorbt.returns import nb
from vectorbt.returns.metrics import deflated_sharpe_ratio

warnings.simplefilter("ignore")


def number(value):
    return float(value) if np.isfinite(value) else None


cases = []
for r, b, periods, rate, confidence in json.load(sys.stdin):
    r, b, n = np.array(r), np.array(b), float(periods)
    f, a = (1 + rate) ** (1 / n) - 1, round(1 - confidence, 12)
    c = r - r.mean()
    ratio, m2 = (r.mean() - f) / r.std(ddof=1), np.mean(c**2)
    performance = dict(
        total_return=nb.cum_returns_final_1d_nb(r), annual_return=nb.annualized_return_1d_nb(r, n),
        annual_volatility=nb.annualized_volatility_1d_nb(r, n), downside_risk=nb.downside_risk_1d_nb(r.copy(), n, 0.0),
        sharpe_ratio=nb.sharpe_ratio_1d_nb(r, n, f), sortino_ratio=nb.sortino_ratio_1d_nb(r, n, f),
        calmar_ratio=nb.calmar_ratio_1d_nb(r, n), omega_ratio=nb.omega_ratio_1d_nb(r, n, f, 0.0),
        max_drawdown=nb.max_drawdown_1d_nb(r), tail_ratio=nb.tail_ratio_1d_nb(r),
        value_at_risk=nb.value_at_risk_1d_nb(r, a), conditional_value_at_risk=nb.cond_value_at_risk_1d_nb(r, a))
    comparison = dict(
        alpha=nb.alpha_1d_nb(r, b, n, f), beta=nb.beta_1d_nb(r, b), information_ratio=nb.information_ratio_1d_nb(r, b),
        up_capture=nb.up_capture_1d_nb(r, b, n), down_capture=nb.down_capture_1d_nb(r, b, n))
    path = dict(ulcer_index=nb.ulcer_index_1d_nb(r), martin_ratio=nb.martin_ratio_1d_nb(r, n, f))
    deflated = deflated_sharpe_ratio(
        est_sharpe=ratio, var_sharpe=0.002, nb_trials=40, backtest_horizon=len(r), skew=np.mean(c**3) / m2**1.5,
        kurtosis=np.mean(c**4) / m2**2)
    cases.append(dict(
        performance={k: number(v) for k, v in performance.items()}, path={k: number(v) for k, v in path.items()},
        comparison={k: number(v) for k, v in comparison.items()}, psr=None, deflated=number(deflated)))
json.dump({"version": vbt.__version__, "cases": cases}, sys.stdout)
