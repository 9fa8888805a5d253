"""regimes.json: two regimes of volatility, filtered at given parameters and fitted."""
import json
import sys
import warnings

import numpy as np
import pandas
import statsmodels
from numpy.random import Philox
from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

from synthetic import plain

warnings.simplefilter("ignore")


def chain(seed, count, mean, calm, restless, calm_stays, restless_stays):
    """Returns of a chain that starts in the calm regime."""
    random = np.random.Generator(Philox(seed))
    state, out = 0, []
    for _ in range(count):
        out.append(mean + (restless if state else calm) * random.normal())
        if random.uniform() > (restless_stays if state else calm_stays):
            state = 1 - state
    return np.round(out, 8)


def model(returns):
    return MarkovRegression(returns, k_regimes=2, trend="c", switching_trend=False, switching_variance=True)


def case(name, returns, given):
    # In percent: the fit's steps are then of the size of its parameters.
    unit, shift = 100 * returns, len(returns) * np.log(100)
    mean, calm, restless, calm_stays, restless_stays = given
    known = model(returns).filter([calm_stays, 1 - restless_stays, mean, calm**2, restless**2])
    np.random.seed(1)
    best = max((model(unit).fit(search_reps=reps, disp=False, maxiter=2000) for reps in (0, 20, 50)), key=lambda r: r.llf)
    stays, leaves, middle, *variances = best.params
    filtered = best.filtered_marginal_probabilities
    order = [0, 1] if variances[0] <= variances[1] else [1, 0]
    chances = [stays, 1 - leaves]
    return {
        "name": name,
        "returns": returns,
        "given": list(given),
        "given_log_likelihood": known.llf,
        "given_restless": np.round(known.filtered_marginal_probabilities[:, 1], 12),
        "log_likelihood": best.llf + shift,
        "mean": middle / 100,
        "deviations": [np.sqrt(variances[i]) / 100 for i in order],
        "stays": [chances[i] for i in order],
        "restless": np.round(filtered[:, order[1]], 8),
        "single_log_likelihood": float(np.sum(
            -0.5 * np.log(2 * np.pi * returns.var()) - (returns - returns.mean()) ** 2 / (2 * returns.var()))),
    }


cases = [
    case("a year", chain(3, 252, 0.0005, 0.007, 0.022, 0.98, 0.95), (0.0004, 0.008, 0.02, 0.97, 0.9)),
    case("four years", chain(4, 1000, 0.0003, 0.006, 0.018, 0.985, 0.96), (0, 0.005, 0.02, 0.95, 0.95)),
    case("short bursts", chain(5, 600, 0.0, 0.01, 0.045, 0.95, 0.6), (0.0002, 0.011, 0.05, 0.94, 0.5)),
    case("near to each other", chain(6, 500, 0.0, 0.01, 0.016, 0.98, 0.97), (0, 0.009, 0.02, 0.98, 0.98)),
]
json.dump({
    "made_with": f"statsmodels {statsmodels.__version__}, numpy {np.__version__}, pandas {pandas.__version__}",
    "cases": [{key: plain(value) if isinstance(value, np.ndarray) else value for key, value in each.items()}
              for each in cases],
}, sys.stdout)
