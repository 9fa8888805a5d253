"""distributions.json: quantiles and probabilities with scipy."""
import json
import sys

import numpy as np
import scipy
from scipy import stats

p = [1e-300, 1e-20, 1e-10, 1e-5, 0.001, 0.01, 0.05, 0.074, 0.076, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1 - 1e-9]
x = list(np.linspace(-35, 8, 44))
degrees = [0.5, 1, 2, 3.7, 10, 33.3, 250, 5000]
q = [1e-6, 0.001, 0.05, 0.5, 0.9, 0.95, 0.999]
json.dump(dict(
    made_with=f"scipy {scipy.__version__}",
    normal=dict(p=p, quantile=list(stats.norm.ppf(p)), x=x, cumulative=list(stats.norm.cdf(x))),
    chi_square=dict(degrees=degrees, p=q, quantile=[list(stats.chi2.ppf(q, k)) for k in degrees],
                    at_mean=[stats.chi2.cdf(k, k) for k in degrees]),
), sys.stdout, separators=(",", ":"))
