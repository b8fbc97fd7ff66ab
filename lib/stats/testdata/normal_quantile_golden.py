"""Golden values for normal_quantile.ts, from SciPy.

    python normal_quantile_golden.py > normal_quantile_golden.json

Made with SciPy 1.17.1. `ndtri_exp(-l)` is the quantile of a lower tail of e^-l; the upper one is its negative.
"""

import json

from scipy.special import ndtri_exp

surprisals = [1e-12, 1e-6, 0.01, 0.05, 0.3, 0.6931471805599453, 1, 2.5, 2.6, 10, 24.9, 25.1, 300, 728, 730, 5000, 1e6]
print(json.dumps({"surprisals": surprisals, "quantiles": [-float(ndtri_exp(-l)) for l in surprisals]}))
