"""Synthetic scored files and what mood-bench 1.0.0 computes from them, for analyze_test.ts.

    python analyze_golden.py

writes scored_*.jsonl and analyze_golden.json beside itself. Made with mood-bench 1.0.0 (the wheel of PyPI on the
path of Python 3.11), datasets 5.2.0, NumPy 2.4.6 and scikit-learn 1.9.1.
"""

import json
import tempfile
from pathlib import Path

import numpy as np
from datasets import Dataset
from mood_bench.aggregator import LambdaAggregate, MeanAggregate, MinAggregate
from mood_bench.core import mood_bench_analysis
from mood_bench.data import EvalDataset

HERE = Path(__file__).parent
COUNTS = {  # safe rows, unsafe rows, lift of (a, b, c) on unsafe rows
    "hh-rlhf-helpful": (60, 0, (0, 0, 0)),
    "hh-rlhf-harmless": (50, 40, (3, 0.4, 1)),
    "function-calling": (45, 0, (0, 0, 0)),
    "controlling": (0, 12, (1, 2, 0)),
    "insecure-code": (0, 15, (-1, 4, 1)),
    "scheming": (0, 11, (1.5, 1, 1)),
    "sycophantic": (0, 9, (0.3, 0.5, 2)),
    "swahili": (14, 0, (0, 0, 0)),
}
rng = np.random.default_rng(7)


def rows():
    for domain, (safe, unsafe, lifts) in COUNTS.items():
        for i in range(safe + unsafe):
            malign = int(i >= safe)
            yield {
                "id": f"{domain}-{i}",
                "conversation": f"\n\nHuman: {i}\n\nAssistant: é/{i}",
                "domain": domain,
                "malign": malign,
            }, [malign * lift for lift in lifts]


base = list(rows())
order = {name: rng.permutation(len(base)) for name in "abc"}
monitors = {
    # a: a probability, b: heavy-tailed distances, c: whole numbers, so that many are tied
    "a": [round(float(1 / (1 + np.exp(-rng.normal() - lift[0]))), 6) for _, lift in base],
    "b": [round(float(np.exp(rng.normal() / 2) * 20 + 8 * lift[1]), 5) for _, lift in base],
    "c": [float(rng.integers(0, 8) + 3 * lift[2]) for _, lift in base],
}


def write(name, scores, drop=(), safe_column=False):
    records = []
    for i in order[name[0]]:
        row = dict(base[i][0])
        if row["id"] in drop:
            continue
        if safe_column:
            row["safe"] = bool(1 - row.pop("malign"))
        records.append({**row, "score": scores[i], "note": name})
    text = "".join(json.dumps(record) + "\n" for record in records)
    (HERE / f"scored_{name}.jsonl").write_text(text)
    for record in records:  # what the command line does on loading
        if safe_column:
            record["malign"] = int(not record["safe"])
    return Dataset.from_list(records)


files = {
    "a": write("a", monitors["a"]),
    "b": write("b", monitors["b"]),
    "c": write("c", monitors["c"]),
    "b_short": write("b_short", monitors["b"], drop={"scheming-3", "hh-rlhf-helpful-5"}),
    "a_safe": write("a_safe", [1 - s for s in monitors["a"]], safe_column=True),
}
other_id = ["hh-rlhf-harmless", "function-calling", "scheming"]


def case(names, options, aggregator=None):
    with tempfile.TemporaryDirectory() as folder:
        result, _ = mood_bench_analysis(
            results=[files[name] for name in names],
            aggregator=aggregator,
            in_distr_domains=[EvalDataset(d) for d in options["idDomains"]]
            if "idDomains" in options
            else [EvalDataset(d) for d in list(COUNTS)[:3]],
            fpr_targets=options.get("fprTargets", (0.005, 0.01, 0.02)),
            include_figures=False,
            output_path=folder,
            predict_safe=options.get("predictSafe", False),
        )
        first = json.loads((Path(folder) / "results.jsonl").read_text().splitlines()[0])
        return {
            "files": names,
            "options": options,
            "columns": sorted(first),
            "ids": result["id"][:],
            "scores": result["score"][:],
            "lambda": first.get("lambda"),
            "analysis": json.loads((Path(folder) / "analysis.json").read_text()),
        }


def fitted(**settings):
    return LambdaAggregate(**settings)


lam = {"aggregator": "lambda"}
cases = [
    case(["a"], {}),
    case(["b"], {"fprTargets": [0.1, 0.00005, 0.25]}),
    case(["c"], {"idDomains": other_id}),
    case(["a_safe"], {"predictSafe": True}),
    case(["a", "b", "c"], {"aggregator": "min"}, MinAggregate()),
    case(["b", "c", "a"], {"aggregator": "mean"}, MeanAggregate()),
    case(["b_short", "a"], {"aggregator": "mean"}, MeanAggregate()),
    case(["a", "b_short"], {"aggregator": "min"}, MinAggregate()),
    case(["a", "b"], lam, fitted()),
    case(["a", "b", "c"], lam, fitted()),
    case(["c", "a", "b"], {**lam, "anchor": 1}, fitted(anchor_index=1)),
    case(["b", "c"], {**lam, "lambdaFpr": 0.2}, fitted(fpr_threshold=0.2)),
    case(
        ["b", "c"],
        {**lam, "lambdaGrid": "-1:0.5:7"},
        fitted(lambda_min_exp=-1, lambda_max_exp=0.5, n_lambdas=7),
    ),
    case(
        ["a", "b"],
        {**lam, "idDomains": other_id},
        fitted(in_distr_domains=[EvalDataset(d) for d in other_id]),
    ),
]
(HERE / "analyze_golden.json").write_text(json.dumps({"cases": cases}) + "\n")
print([c["lambda"] for c in cases])
