"""risk.json: value at risk with numpy and scipy, over synthetic returns."""
import json
import sys

import numpy as np
import scipy
from scipy import integrate, stats

from synthetic import plain

random = np.random.default_rng(21)
mix = random.normal(size=(3, 3))
returns = random.standard_t(5, (250, 3)) @ mix * 0.006 + 0.0004
weights = np.array([0.5, 0.8, -0.3])
portfolio = returns @ weights
skew, kurtosis = stats.skew(portfolio), stats.kurtosis(portfolio)
variance, filtered = np.var(portfolio, ddof=1), []
for value in portfolio:
    filtered.append(value / np.sqrt(variance))
    variance = 0.94 * variance + 0.06 * value ** 2
filtered = np.array(filtered) * np.sqrt(variance)


def cornish_fisher(p, days):
    z, s, k = stats.norm.ppf(p), skew / np.sqrt(days), kurtosis / days
    q = z + (z ** 2 - 1) * s / 6 + (z ** 3 - 3 * z) * k / 24 - (2 * z ** 3 - 5 * z) * s ** 2 / 36
    return portfolio.mean() * days + portfolio.std(ddof=1) * np.sqrt(days) * q


cases = {}
for confidence in (0.95, 0.99, 0.975):
    for days in (1, 10):
        z = stats.norm.ppf(confidence)
        covariance = np.cov(returns.T, ddof=1)
        mean, sigma = returns.mean(axis=0), np.sqrt(weights @ covariance @ weights)
        marginal = z * np.sqrt(days) * covariance @ weights / sigma - mean * days
        cut = np.percentile(portfolio, round(100 * (1 - confidence), 9))
        cases[f"{confidence} {days}"] = dict(
            parametric=[z * sigma * np.sqrt(days) - mean @ weights * days,
                        stats.norm.pdf(z) / (1 - confidence) * sigma * np.sqrt(days) - mean @ weights * days],
            component=plain(weights * marginal),
            cornish_fisher=[-cornish_fisher(1 - confidence, days),
                            -integrate.quad(cornish_fisher, 0, 1 - confidence, args=(days,), epsabs=1e-13)[0]
                            / (1 - confidence)],
            filtered=[-np.percentile(filtered, round(100 * (1 - confidence), 9)) * np.sqrt(days),
                      -filtered[filtered <= np.percentile(filtered, round(100 * (1 - confidence), 9))].mean()
                      * np.sqrt(days)],
            historical=[-cut * np.sqrt(days), -portfolio[portfolio <= cut].mean() * np.sqrt(days)])
ewma = returns[:, 0]
w = 0.94 ** np.arange(len(ewma))[::-1]
w /= w.sum()
variance, nu = np.sum(w * ewma ** 2), 1 / np.sum(w ** 2)
json.dump(dict(
    made_with=f"numpy {np.__version__}, scipy {scipy.__version__}; synthetic returns, seed 21",
    returns={str(i): plain(returns[:, i]) for i in range(3)}, weights=plain(weights), cases=cases,
    ewma=plain([np.sqrt(variance * 252), np.sqrt(nu * variance * 252 / stats.chi2.ppf(0.95, nu)),
                np.sqrt(nu * variance * 252 / stats.chi2.ppf(0.05, nu)), nu]),
), sys.stdout, separators=(",", ":"))
