"""factors.json: alphalens-reloaded's figures of a factor over synthetic prices."""
import contextlib
import json
import sys
import warnings

import numpy as np
import pandas as pd
from alphalens import performance, utils


warnings.simplefilter("ignore")


def case(seed, days, assets, quantiles, periods, holes):
    random = np.random.default_rng(seed)
    dates = pd.bdate_range("2020-01-01", periods=days)
    names = [f"A{i:02d}" for i in range(assets)]
    signal = random.normal(size=(days, assets)).cumsum(axis=0) * 0.1 + random.normal(size=(days, assets))
    moves = 0.01 * random.normal(size=(days, assets)) + 0.002 * np.roll(signal, 1, axis=0)
    prices = pd.DataFrame(100 * np.exp(moves.cumsum(axis=0)), dates, names)
    factor = pd.DataFrame(signal, dates, names)
    for row, column in zip(random.integers(0, days, holes), random.integers(0, assets, holes)):
        factor.iloc[row, column] = np.nan
    for row, column in zip(random.integers(1, days, holes // 2), random.integers(0, assets, holes // 2)):
        prices.iloc[row, column] = np.nan
    stacked = factor.stack()
    stacked.index = stacked.index.set_names(["date", "asset"])
    data = utils.get_clean_factor_and_forward_returns(stacked, prices, quantiles=quantiles, periods=periods, max_loss=1)
    ic = performance.factor_information_coefficient(data)
    means, _ = performance.mean_return_by_quantile(data)
    by_date, _ = performance.mean_return_by_quantile(data, by_date=True)
    spread, _ = performance.compute_mean_returns_spread(by_date, quantiles, 1)
    columns = list(ic.columns)
    pearson = data.groupby(level="date")[columns + ["factor"]].apply(
        lambda group: group[columns].corrwith(group["factor"]))
    out = []
    for period, column in zip(periods, columns):
        turnover = [performance.quantile_turnover(data["factor_quantile"], q, period).mean()
                    for q in range(1, quantiles + 1)]
        out.append(dict(
            rows=period, spearman=ic[column].tolist(), pearson=pearson[column].tolist(),
            mean=ic[column].mean(), ratio=ic[column].mean() / ic[column].std(),
            pearson_mean=pearson[column].mean(), pearson_ratio=pearson[column].mean() / pearson[column].std(),
            spread=spread[column].mean(),
            quantile_returns=means[column].tolist(), turnover=turnover,
            autocorrelation=performance.factor_rank_autocorrelation(data, period).mean()))
    return dict(
        quantiles=quantiles, observations=len(data), dates=len(ic),
        factor=[factor[n].tolist() for n in names], prices=[prices[n].tolist() for n in names], horizons=out)


def clean(value):
    if isinstance(value, dict):
        return {key: clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return None if np.isnan(value) else float(value)
    return int(value) if isinstance(value, np.integer) else value


# alphalens tells what it drops on standard output, where the fixture goes.
with contextlib.redirect_stdout(sys.stderr):
    # The last one is for the decay: many horizons of one factor.
    cases = [case(1, 60, 20, 5, (1, 5, 10), 0), case(2, 45, 13, 3, (1, 3), 12), case(3, 30, 31, 10, (2, 7), 20),
             case(4, 50, 12, 4, (1, 2, 3, 5, 8, 13, 20), 6)]
json.dump(clean(dict(cases=cases)), sys.stdout)
