"""Golden values for the perplexity detector: perplexities and high-perplexity tokens from MOOD's released code.

    python surprise_golden.py > surprise_golden.json

Runs mood-bench 1.0.0 (its wheel from PyPI on PYTHONPATH) over the language model in ../../model/testdata, and checks its
perplexities against the loss that transformers gives. That model has no tokenizer, so the token of id k is written "k ". Made
with PyTorch 2.13.0, transformers 5.23.0, datasets 5.2.0 and NumPy 2.4.6.
"""

import json
from pathlib import Path

import numpy as np
import torch
from mood_bench.pipeline.perplexity import PerplexityPipeline
from transformers import BatchEncoding, LlamaForCausalLM

FOLDER = Path(__file__).parent / "../../model/testdata/language-model"
BOS, PAD = 1, 0


class Numbers:
    """Stands for a tokenizer."""

    def __call__(self, samples, **_):
        ids = [[BOS] + [int(word) for word in s.split()] for s in samples]
        longest = max(map(len, ids))
        fill = lambda rows, value: [row + [value] * (longest - len(row)) for row in rows]
        return BatchEncoding({
            "input_ids": torch.tensor(fill(ids, PAD)),
            "attention_mask": torch.tensor(fill([[1] * len(row) for row in ids], 0)),
            "offset_mapping": fill([self.offsets(s) for s in samples], (0, 0)),
        })

    def offsets(self, sample):
        found, at = [(0, 0)], 0
        for word in sample.split():
            found.append((at, at + len(word) + 1))
            at += len(word) + 1
        return found


@torch.no_grad()
def continued(model, rng, length, strange):
    """Likely tokens, but the least likely one at some places."""
    ids = [BOS]
    while len(ids) < length:
        p = model(torch.tensor([ids])).logits[0, -1, 3:].mul(2).softmax(-1).double().numpy()
        ids.append(3 + int(p.argmin() if len(ids) in strange else rng.choice(37, p=p / p.sum())))
    return ids


@torch.no_grad()
def check(model, ids, perplexity):
    loss = model(torch.tensor([ids]), labels=torch.tensor([ids])).loss
    assert abs(loss.exp().item() - perplexity) < 1e-4 * perplexity


def recorded(pipeline, rng, n):
    """The released rule on given surprises and entropies."""
    nll, entropy = rng.gamma(1, 2, n), rng.gamma(2, 1, n)
    nll[rng.integers(n)] += 12
    ends = np.cumsum(rng.integers(1, 6, n))
    offsets = [(int(e - w), int(e)) for e, w in zip(ends, np.diff(ends, prepend=0))]
    text = "".join(chr(97 + i % 26) for i in range(ends[-1]))
    tokens = pipeline._find_outlier_tokens(nll, nll - entropy, np.ones(n), offsets, text)
    return {
        "nll": nll.tolist(), "entropy": entropy.tolist(), "text": text, "high": tokens,
        "starts": [o[0] for o in offsets], "ends": [o[1] for o in offsets],
    }


model = LlamaForCausalLM.from_pretrained(FOLDER, dtype=torch.float32).eval()
pipeline = PerplexityPipeline(model, Numbers())
rng = np.random.default_rng(5)
sequences = [continued(model, rng, n, strange) for n, strange in [(2, []), (9, [4]), (40, []), (40, [20]), (40, [7, 30]), (33, [32])]]
samples = ["".join(f"{i} " for i in ids[1:]) for ids in sequences]
perplexities, meta = pipeline(samples, batch_size=4)
for ids, perplexity in zip(sequences, perplexities):
    check(model, ids, perplexity)
cases = [
    {"ids": ids, "text": text, "perplexity": float(p), "high": high}
    for ids, text, p, high in zip(sequences, samples, perplexities, meta["high_perplexity"])
]
print(json.dumps({"cases": cases, "recorded": [recorded(pipeline, rng, n) for n in (1, 2, 10, 11, 60, 200)]}))
