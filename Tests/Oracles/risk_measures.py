"""risk_measures.json: covariances, t quantiles, GARCH, age-weighted history, backtests of VaR."""
import json
import sys

import arch
import numpy as np
import scipy
import sklearn
from numpy.random import Philox
from scipy import stats
from sklearn.covariance import ledoit_wolf

from synthetic import plain

random = np.random.default_rng(31)
size, periods = 6, 120
mix = random.normal(size=(size, size)) * 0.4 + 0.6
returns = random.standard_t(5, (periods, size)) @ mix * 0.005 + 0.0003
weights = np.array([0.3, 0.2, 0.25, -0.1, 0.15, 0.2])
portfolio = returns @ weights
centred = returns - returns.mean(axis=0)


def constant_correlation(x):
    t = len(x)
    s = x.T @ x / t
    sd = np.sqrt(np.diag(s))
    r = (s / np.outer(sd, sd))[np.triu_indices(size, 1)].mean()
    target = r * np.outer(sd, sd)
    np.fill_diagonal(target, np.diag(s))
    pi = (x ** 2).T @ (x ** 2) / t - s ** 2
    theta = (x ** 3).T @ x / t - np.diag(s)[:, None] * s
    rho = r * (np.outer(1 / sd, sd) * theta)
    np.fill_diagonal(rho, np.diag(pi))
    share = min(1, max(0, (pi.sum() - rho.sum()) / ((s - target) ** 2).sum() / t))
    return share * target + (1 - share) * s, share


sample = np.cov(returns.T, ddof=1)
values, vectors = np.linalg.eigh(sample)
factor = vectors[:, -2:] * values[-2:] @ vectors[:, -2:].T
np.fill_diagonal(factor, np.diag(sample))
sd = np.sqrt(np.diag(sample))
lam, vec = np.linalg.eigh(sample / np.outer(sd, sd))
edge = (1 + np.sqrt(size / periods)) ** 2
lam[lam <= edge] = lam[lam <= edge].mean()
clean = vec * lam @ vec.T
unit = np.sqrt(np.diag(clean))
clean = clean * np.outer(sd / unit, sd / unit)
w = 0.94 ** np.arange(periods)[::-1]
ewma = (returns * (w / w.sum())[:, None]).T @ returns
lw, lw_share = ledoit_wolf(returns)
cc, cc_share = constant_correlation(centred)

broken = sample / np.outer(sd, sd)
broken[0, 1] = broken[1, 0] = -0.9
bv, bw = np.linalg.eigh(broken)
floor = 1e-10 * bv[-1]
mended = bw * np.maximum(bv, floor) @ bw.T

degrees = [2.5, 3.0, 5.0, 11.3, 100.0, 1e4]
points = [-40.0, -6.0, -2.3, -0.4, 0.0, 0.7, 3.1, 25.0]
probabilities = [1e-9, 1e-4, 0.01, 0.3, 0.5, 0.7, 0.975, 0.9999]
student = {str(d): dict(
    pdf=plain(stats.t.pdf(points, d)), cdf=plain(stats.t.cdf(points, d)), ppf=plain(stats.t.ppf(probabilities, d)))
    for d in degrees}

var_t = {}
age = {}
for c in (0.95, 0.99):
    q = -stats.t.ppf(1 - c, 5) * np.sqrt(3 / 5)
    es = stats.t.pdf(stats.t.ppf(c, 5), 5) / (1 - c) * (5 + stats.t.ppf(c, 5) ** 2) / 4 * np.sqrt(3 / 5)
    sigma = np.sqrt(weights @ sample @ weights)
    var_t[str(c)] = plain([q * sigma * np.sqrt(10) - portfolio.mean() * 10,
                           es * sigma * np.sqrt(10) - portfolio.mean() * 10])
    a = 0.98 ** np.arange(periods)[::-1]
    a /= a.sum()
    order = np.argsort(portfolio, kind="stable")
    last = np.searchsorted(np.cumsum(a[order]), 1 - c - 1e-12)
    inside = order[:last + 1]
    age[str(c)] = plain([-portfolio[order[last]], -(a[inside] * portfolio[inside]).sum() / a[inside].sum()])

n = 1500
variance, path = 1e-4, []
for z in random.normal(size=n):
    path.append(0.0005 + np.sqrt(variance) * z)
    variance = 4e-6 + 0.09 * (path[-1] - 0.0005) ** 2 + 0.87 * variance
path = np.array(path)
fit = arch.arch_model(path * 100, mean="Constant", vol="GARCH", p=1, q=1, rescale=False).fit(
    disp="off", options=dict(ftol=1e-14, maxiter=1000), tol=1e-14)
ahead = fit.forecast(horizon=1, reindex=False).variance.values[-1, 0] / 1e4
params = fit.params
filtered = params["mu"] / 100 + (path - params["mu"] / 100) * np.sqrt(ahead) / (fit.conditional_volatility / 100)
cut = np.percentile(filtered, 1)
garch = dict(returns=plain(path), mean=params["mu"] / 100, omega=params["omega"] / 1e4, alpha=params["alpha[1]"],
             beta=params["beta[1]"], likelihood=fit.loglikelihood + n * np.log(100), next=ahead,
             tail=plain([-cut, -filtered[filtered <= cut].mean()]))

hits = np.array([1 if x in (10, 11, 57, 120, 121, 200) else 0 for x in range(250)])
f, p = hits.sum(), 0.01
kupiec = 2 * (stats.binom.logpmf(f, 250, f / 250) - stats.binom.logpmf(f, 250, p))
pairs = np.array([[((hits[:-1] == i) & (hits[1:] == j)).sum() for j in (0, 1)] for i in (0, 1)])
independence = stats.chi2_contingency(pairs, correction=False, lambda_="log-likelihood")[0]
backtest = dict(hits=hits.tolist(), kupiec=[kupiec, stats.chi2.sf(kupiec, 1)],
                independence=[independence, stats.chi2.sf(independence, 1)],
                coverage=[kupiec + independence, stats.chi2.sf(kupiec + independence, 2)],
                cumulative=stats.binom.cdf(f, 250, p))

bits = Philox(key=np.array([7, 9], dtype=np.uint64), counter=np.array([3, 1, 4, 1], dtype=np.uint64))
json.dump(dict(
    made_with=f"numpy {np.__version__}, scipy {scipy.__version__}, scikit-learn {sklearn.__version__}, "
              f"arch {arch.__version__}; synthetic returns, seed 31",
    returns={str(i): plain(returns[:, i]) for i in range(size)}, weights=plain(weights),
    covariance=dict(sample=plain(sample.ravel()), ewma=plain(ewma.ravel()), ledoit_wolf=plain(lw.ravel()),
                    constant=plain(cc.ravel()), factor=plain(factor.ravel()), cleaned=plain(clean.ravel())),
    shrinkage=plain([lw_share, cc_share]), eigenvalues=plain(values),
    broken=plain(broken.ravel()), mended=plain(mended.ravel()),
    distance=float(np.linalg.norm(mended - broken)), student_points=points, student_probabilities=probabilities,
    student=student, var_t=var_t, age=age, garch=garch, backtest=backtest,
    philox=[str(x) for x in bits.random_raw(4)],
), sys.stdout, separators=(",", ":"))
