"""Golden values for bag_of_words.ts: a scikit-learn pipeline with the same features, folds and choice of C.

    python bag_of_words_golden.py > bag_of_words_golden.json

Made with NumPy 2.4.6 and scikit-learn 1.9.1.
"""

import hashlib
import json

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

FOLDS = 5
CANDIDATES = [1, 3, 10, 30, 100]
COMMON = "the a you I Can't it's please, 3 2024 and or naïve Über 你好 book_table ok! is not of".split()
SAFE = "table restaurant booked thanks sorry help recipe école garden poem".split()
UNSAFE = "steal weapon hack secretly lie poison fraud bypass ÉVADE stalk".split()


def make_row(rng, i):
    scene = f"scene-{rng.integers(12)}" if i % 3 else None
    malign = int(rng.random() < 0.4)
    words = rng.choice(COMMON, 14).tolist()
    topical = np.where(rng.random(4) < 0.75, malign, 1 - malign)
    words += [str(rng.choice(UNSAFE if t else SAFE)) for t in topical]
    rng.shuffle(words)
    text = "\n\nHuman: " + " ".join(words[:7]) + "?\n\nAssistant: " + " ".join(words[7:]) + "."
    row = {"id": f"row-{i}", "conversation": text, "malign": malign}
    return row | {"scene": scene} if scene else row


def deal(rows):
    """Groups with unsafe rows first, then by SHA-256, dealt round."""
    group = [row.get("scene", row["id"]) for row in rows]
    unsafe = {g for g, row in zip(group, rows) if row["malign"]}
    order = sorted(set(group), key=lambda g: (g not in unsafe, hashlib.sha256(g.encode()).hexdigest()))
    return np.array([order.index(g) % FOLDS for g in group])


def fit(x, y, c):
    return LogisticRegression(C=c, solver="newton-cg", tol=1e-10, max_iter=1000).fit(x, y)


def main():
    rng = np.random.default_rng(1)
    rows = [make_row(rng, i) for i in range(120)]
    fresh = [make_row(rng, i)["conversation"] for i in range(5)]
    fresh += ["nothing known hereabouts", "?!"]
    vectorizer = TfidfVectorizer(
        ngram_range=(1, 2), min_df=3, sublinear_tf=True, token_pattern=r"[^\W_]+"
    )
    x = vectorizer.fit_transform([row["conversation"] for row in rows])
    y = np.array([row["malign"] for row in rows])
    folds = deal(rows)
    losses = [
        sum(
            log_loss(y[folds == k], fit(x[folds != k], y[folds != k], c).predict_proba(x[folds == k]),
                     normalize=False, labels=[0, 1])
            for k in range(FOLDS)
        )
        for c in CANDIDATES
    ]
    chosen = CANDIDATES[int(np.argmin(losses))]
    return {
        "rows": rows,
        "fresh": fresh,
        "terms": x.shape[1],
        "losses": losses,
        "C": chosen,
        "logOdds": fit(x, y, chosen).decision_function(vectorizer.transform(fresh)).tolist(),
    }


print(json.dumps(main(), ensure_ascii=False))
