"""Golden values for confidence.ts and ensemble.ts, from PyTorch and SciPy in float64.

    python guards_golden.py > guards_golden.json

Made with PyTorch 2.13.0, NumPy 2.4.6 and SciPy 1.17.1. Members' probabilities are combined as MOOD's release combines them.
"""

import json

import numpy as np
import torch
from scipy.special import expit, logit
from scipy.stats import entropy

rng = np.random.default_rng(11)
logits = np.concatenate([rng.normal(scale=3, size=(12, 2)), [[0, 0], [9, -9], [60, 60.5]]]).astype(np.float32)
members = rng.normal(scale=3, size=(5, 20)) + rng.normal(scale=2, size=20)
members[:, 0], members[:, 1] = 1.5, [6, -6, 6, -6, 6]  # agreed; sure of different things
p = expit(members)
binary = lambda q: entropy(np.stack([q, 1 - q]))
double = torch.tensor(logits, dtype=torch.float64)
print(json.dumps({
    "logits": logits.flatten().tolist(),
    "maximumSoftmaxProbability": (1 - double.softmax(-1).amax(-1)).tolist(),
    "energy": (-double.logsumexp(-1)).tolist(),
    "members": members.tolist(),
    "ensemble": {
        "max": logit(p.max(0)).tolist(),
        "mean": logit(p.mean(0)).tolist(),
        "min": logit(p.min(0)).tolist(),
        "variance": p.var(0).tolist(),
        "mutual information": (binary(p.mean(0)) - binary(p).mean(0)).tolist(),
    },
}))
