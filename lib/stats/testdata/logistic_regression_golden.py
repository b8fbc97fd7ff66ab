"""Golden values for logistic_regression.ts.

    python logistic_regression_golden.py > logistic_regression_golden.json

Made with NumPy 2.4.6 and scikit-learn 1.9.1.
"""

import json

import numpy as np
from sklearn.linear_model import LogisticRegression


def case(name, x, y, c):
    x = np.round(x, 3).astype(np.float32)
    model = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-12, max_iter=1000)
    model.fit(x.astype(np.float64), y)
    return {
        "name": name,
        "C": c,
        "d": x.shape[1],
        "x": [round(float(v), 3) for v in x.ravel()],
        "y": np.asarray(y).tolist(),
        "weights": model.coef_[0].tolist(),
        "intercept": float(model.intercept_[0]),
        "logOdds": model.decision_function(x[:3].astype(np.float64)).tolist(),
    }


def main():
    rng = np.random.default_rng(0)
    tall = rng.normal(size=(60, 4))
    noisy = (tall @ [2, -1, 0, 0.5] + rng.normal(size=60) > 0.3).astype(int)
    wide = rng.normal(size=(12, 20))
    halves = np.arange(12) % 2
    scaled = tall * [1, 10, 100, 0.01] + [0, 5, 50, 0]
    rare = np.zeros(60, dtype=int)
    rare[[3, 17, 40]] = 1
    zeros = np.where(rng.random((50, 30)) < 0.15, rng.random((50, 30)), 0)
    of_zeros = (zeros[:, :10].sum(1) > zeros[:, 10:20].sum(1)).astype(int)
    separated = np.c_[np.r_[np.arange(-10, 0), np.arange(1, 11)]]
    return [
        case("noisy labels", tall, noisy, 1.0),
        case("more features than rows", wide, halves, 10.0),
        case("features of unlike scale", scaled, noisy, 1.0),
        case("strong penalty, rare label", tall, rare, 0.01),
        case("mostly zeros", zeros, of_zeros, 30.0),
        case("separable, weak penalty", separated, [0] * 10 + [1] * 10, 1e4),
    ]


print(json.dumps({"cases": main()}))
