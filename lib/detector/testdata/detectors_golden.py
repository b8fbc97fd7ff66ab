"""Golden values for the Mahalanobis and nearest-neighbour detectors: the same distances from scikit-learn, in float64.

    python detectors_golden.py > detectors_golden.json

Made with NumPy 2.4.6 and scikit-learn 1.9.1.
"""

import json

import numpy as np
from sklearn.covariance import EmpiricalCovariance, LedoitWolf
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import normalize


def features(rng, n, d, offset, spread):
    """Correlated float32 features, far from 0, whose variances differ by a factor of spread squared."""
    mixing = rng.normal(size=(d, d)) * np.geomspace(1, spread, d)[:, None]
    draw = lambda rows: (rng.normal(size=(rows, d)) @ mixing + offset).astype(np.float32)
    return draw(n), np.concatenate([draw(4), draw(3) + 5, draw(1) * 0])


def sample_distances(train, x):
    model = EmpiricalCovariance().fit(train)
    n, d = train.shape
    model.covariance_ = model.covariance_ * n / (n - 1) + 1e-6 * np.eye(d)
    model._set_covariance(model.covariance_)
    return np.sqrt(model.mahalanobis(x))


def case(rng, name, n, d, offset, spread):
    train32, x32 = features(rng, n, d, offset, spread)
    train, x = train32.astype(np.float64), x32.astype(np.float64)
    shrunk = LedoitWolf().fit(train)
    neighbours = NearestNeighbors(n_neighbors=3, algorithm="brute").fit(normalize(train))
    distances, indices = neighbours.kneighbors(normalize(x[:-1]))  # the last row is 0, which has no direction
    return {
        "name": name,
        "width": d,
        "train": train32.flatten().tolist(),
        "x": x32.flatten().tolist(),
        "sample": sample_distances(train, x).tolist() if n > d else None,
        "ledoitWolf": np.sqrt(shrunk.mahalanobis(x)).tolist(),
        "shrinkage": float(shrunk.shrinkage_),
        "neighbours": {"distances": distances.tolist(), "indices": indices.tolist()},
    }


rng = np.random.default_rng(3)
cases = [
    case(rng, "well conditioned", 60, 5, 0, 1),
    case(rng, "far from 0, variances from 1 to 1e-6", 80, 6, 100, 1e-3),
    case(rng, "fewer rows than features", 7, 12, 1, 1),
]
print(json.dumps({"cases": cases}))
