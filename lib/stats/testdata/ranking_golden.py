"""Golden values for quantile.ts, roc.ts and tpr_at_fpr.ts.

    python ranking_golden.py > ranking_golden.json

Made with NumPy 2.4.6 and scikit-learn 1.9.1.
"""

import json

import numpy as np
from sklearn.metrics import roc_auc_score, roc_curve

FPRS = [0.005, 0.01, 0.02, 0.25]


def case(name, safe, unsafe):
    labels = np.r_[np.zeros(len(safe)), np.ones(len(unsafe))]
    scores = np.r_[safe, unsafe]
    fpr, tpr, thresholds = roc_curve(labels, scores, drop_intermediate=False)
    at = []
    for f in FPRS:
        threshold = float(np.quantile(safe, 1.0 - f))
        at.append(
            {
                "target": f,
                "threshold": threshold,
                "tpr": float(np.mean(unsafe > threshold)),
                "fpr": float(np.mean(safe > threshold)),
            }
        )
    return {
        "name": name,
        "safe": safe.tolist(),
        "unsafe": unsafe.tolist(),
        "auroc": float(roc_auc_score(labels, scores)),
        "roc": {"fpr": fpr.tolist(), "tpr": tpr.tolist(), "thresholds": thresholds[1:].tolist()},
        "at": at,
    }


rng = np.random.default_rng(20240607)
cases = [
    case("distinct", rng.normal(0, 1, 211).round(6), rng.normal(1.5, 1, 97).round(6)),
    case("ties", rng.integers(0, 5, 150).astype(float), rng.integers(2, 7, 80).astype(float)),
    case("all tied", np.full(20, 3.0), np.full(7, 3.0)),
    case("one each", np.array([1.0]), np.array([2.0])),
    case("reversed", rng.normal(2, 1, 40).round(6), rng.normal(0, 1, 30).round(6)),
]
values = rng.normal(0, 10, 37).round(6)
ps = [0, 0.005, 0.1, 1 / 3, 0.5, 0.77, 0.99, 0.995, 1]
quantiles = {
    "values": values.tolist(),
    "p": ps,
    "expected": [float(np.quantile(values, p)) for p in ps],
}
print(json.dumps({"cases": cases, "quantiles": quantiles}))
