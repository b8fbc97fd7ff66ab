"""Golden values of a head on hidden states, by scikit-learn: StandardScaler, then LogisticRegression, for every C that is tried.

    pip install numpy==2.4.6 scikit-learn==1.9.1 && python linear_head_golden.py
"""

import json
import pathlib

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

random = np.random.default_rng(0)
features = (random.normal(size=(60, 4)) * [1, 10, 0.1, 3] + [0, 5, -1, 100]).astype(np.float32)
features[:, 3] = 7  # never varies
labels = (features[:, 0] + features[:, 1] / 20 + random.normal(size=60) > 0.3).astype(int)
logits = {}
for C in (1e-4, 1e-3, 1e-2, 1e-1, 1.0):
    model = make_pipeline(StandardScaler(), LogisticRegression(C=C, tol=1e-10, max_iter=1000))
    logits[f"{C:g}"] = model.fit(features, labels).decision_function(features).round(6).tolist()
golden = {"features": features.round(6).tolist(), "labels": labels.tolist(), "logits": logits}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden) + "\n")
