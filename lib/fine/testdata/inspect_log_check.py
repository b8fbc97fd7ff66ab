"""Reads a log of show/inspect_log.ts with Inspect's own reader, and ends with an error where that changes, drops or misses anything.

    python inspect_log_check.py inspect_log_golden.json

Made with Python 3.11 and inspect-ai 0.3.285. It checks that whole log and header can be read, that each field written is one of
Inspect's and holds what was written, and that counts and means of the samples' scores are those of the results.
"""

import json
import sys

from inspect_ai.log import read_eval_log
from pydantic import BaseModel


def same(written, read, place="log"):
    """What was written is what was read, field by field; what Inspect adds by itself is not looked at."""
    if isinstance(read, BaseModel):
        for name, value in written.items():
            assert name in type(read).model_fields, f"{place}: Inspect has no field {name}"
            same(value, getattr(read, name), f"{place}.{name}")
    elif isinstance(read, dict):
        assert written.keys() == read.keys(), f"{place}: {written.keys()} became {read.keys()}"
        for name, value in written.items():
            same(value, read[name], f"{place}.{name}")
    elif isinstance(read, list):
        assert len(written) == len(read), f"{place}: {len(written)} became {len(read)}"
        for i, value in enumerate(written):
            same(value, read[i], f"{place}[{i}]")
    else:
        read = read.isoformat() if hasattr(read, "isoformat") else read
        assert written == read, f"{place}: {written} became {read}"


path = sys.argv[1]
log = read_eval_log(path)
with open(path) as file:
    same(json.load(file), log)
header = read_eval_log(path, header_only=True)
assert (header.eval, header.results, header.status) == (log.eval, log.results, log.status)
assert len(log.samples) == log.results.total_samples == log.eval.dataset.samples
assert sum(sample.error is None for sample in log.samples) == log.results.completed_samples
for score in log.results.scores:
    values = [s.scores[score.name].as_float() for s in log.samples if s.scores and score.name in s.scores]
    assert len(values) == score.scored_samples == len(log.samples) - score.unscored_samples
    if "mean" in score.metrics:
        assert abs(sum(values) / len(values) - score.metrics["mean"].value) < 1e-6, score.name
print(f"{len(log.samples)} samples, {len(log.results.scores)} scores: as written")
