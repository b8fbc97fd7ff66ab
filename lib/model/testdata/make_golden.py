"""Golden values for our checkpoints: opens them in `transformers` and records what comes out.

    python make_golden.py > golden.json

Reads language-model/ and guard/ beside it, which make_checkpoints.ts wrote. What was checked is printed on standard
error. Made with PyTorch 2.13.0 and transformers 5.23.0.
"""

import json
import random
import sys
from pathlib import Path

import torch
from safetensors.torch import save
from transformers import LlamaForCausalLM, LlamaForSequenceClassification

FOLDER = Path(__file__).parent
LENGTHS = [2, 5, 15, 16, 17, 33]
PAD = 0


def numbers(x):
    return [float(f"{v:.7g}") for v in x.detach().flatten().tolist()]


def say(text):
    print(text, file=sys.stderr)


def load(kind, folder):
    model, info = kind.from_pretrained(FOLDER / folder, dtype=torch.float32, output_loading_info=True)
    assert not any(info.values()), info
    say(f"{folder}: {kind.__name__} opens it; no weight missing, left over or of another shape")
    return model.eval()


def close(a, b):
    return torch.allclose(a, b, rtol=0, atol=2e-6)


@torch.no_grad()
def surprise(model, ids):
    logits = model(torch.tensor([ids])).logits[0]  # (T, V)
    logs = logits.log_softmax(-1)[:-1]
    nll = -logs.gather(1, torch.tensor(ids[1:])[:, None])[:, 0]
    loss = model(torch.tensor([ids]), labels=torch.tensor([ids])).loss
    assert close(loss, nll.mean())
    entropy = -(logs.exp() * logs).sum(-1)
    return {"lastLogits": numbers(logits[-1]), "nll": numbers(nll), "entropy": numbers(entropy), "meanNll": float(loss)}


@torch.no_grad()
def reading(model, ids):
    out = model(torch.tensor([ids]), output_hidden_states=True)
    pools = [{"last": numbers(h[0, -1]), "mean": numbers(h[0].mean(0)), "max": numbers(h[0].amax(0))} for h in out.hidden_states]
    return {"logits": numbers(out.logits), "pools": pools}


@torch.no_grad()
def check_padding(lm, guard, sequences):
    """Right padding changes nothing, so that one sequence alone is golden for a padded batch too."""
    longest = max(map(len, sequences))
    batch = torch.tensor([ids + [PAD] * (longest - len(ids)) for ids in sequences])
    attention = (batch != PAD).long()
    padded = lm(batch, attention_mask=attention).logits
    logits = guard(batch, attention_mask=attention).logits
    for i, ids in enumerate(sequences):
        assert close(padded[i, : len(ids)], lm(torch.tensor([ids])).logits[0])
        assert close(logits[i], guard(torch.tensor([ids])).logits[0])
    say(f"right padding to {longest}: the same logits of both models to 2e-6, lengths {LENGTHS}")


random.seed(0)
sequences = [[1] + [random.randrange(3, 40) for _ in range(n - 1)] for n in LENGTHS]
lm = load(LlamaForCausalLM, "language-model")
guard = load(LlamaForSequenceClassification, "guard")
assert guard.config.id2label == {0: "safe", 1: "unsafe"}
assert lm.lm_head.weight is lm.model.embed_tokens.weight
say("labels are safe, unsafe; the language model's output layer is its embeddings")
check_padding(lm, guard, sequences)
cases = [{"ids": ids, **surprise(lm, ids), "guard": reading(guard, ids)} for ids in sequences]
spread = max(abs(v) for case in cases for v in case["lastLogits"])
say(f"recorded {len(cases)} conversations; logits up to {spread:.3g}")
library = save({"b": torch.tensor([[1.5, -2.0, 3.25]]), "a": torch.tensor([0.1])}, {"made by": "safetensors"})
print(json.dumps({"cases": cases, "safetensors": library.hex()}))
