"""Golden values for p_fusion.ts, from SciPy.

    python p_fusion_golden.py > p_fusion_golden.json

Made with SciPy 1.17.1. SciPy has Fisher, Stouffer (weighted) and Tippett (unweighted); the others are put together from its
distributions: Cauchy by `cauchy.sf`, the harmonic mean by `hmean`; Šidák's weighted minimum is the formula itself.
"""

import json

import numpy as np
from scipy.stats import cauchy, combine_pvalues, hmean, norm

rng = np.random.default_rng(5)
cases = [list(row) for row in rng.uniform(size=(6, 3))]
cases += [[1e-3, 0.5, 0.99], [1e-12, 1e-3, 0.9], [1e-40, 0.2, 1e-38], [0.999, 0.98, 0.9999], [1e-200, 1e-190, 0.5]]
weights = [0.5, 0.25, 0.25]


def smallest(p):
    return min(-np.expm1(np.log1p(-x) / w) for x, w in zip(p, weights))


def combined(p):
    return {
        "smallest": smallest(p),
        "tippett": combine_pvalues(p, method="tippett").pvalue,
        "fisher": combine_pvalues(p, method="fisher").pvalue,
        "stouffer": combine_pvalues(p, method="stouffer", weights=weights).statistic,
        "cauchy": cauchy.sf(sum(w / np.tan(np.pi * x) for x, w in zip(p, weights))),
        "harmonic": hmean(p, weights=weights),
    }


print(json.dumps({"weights": weights, "cases": [{"p": p, **{k: float(v) for k, v in combined(p).items()}} for p in cases]}))
