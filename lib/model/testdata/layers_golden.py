"""Golden values for layers.ts: values and gradients of a decoder's building blocks.

    python layers_golden.py > layers_golden.json

Made with PyTorch 2.13.0 and transformers 5.23.0, in double precision.
"""

import json

import torch
import torch.nn.functional as F
from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)


def numbers(x):
    return [float(f"{v:.7g}") for v in x.detach().flatten().tolist()]


def draw(*shape):
    return torch.randn(*shape).float().double()  # what float32 can hold


def case(f, *inputs):
    inputs = [x.requires_grad_() for x in inputs]
    y = f(*inputs)
    direction = draw(*y.shape)
    (y * direction).sum().backward()
    arrays = lambda xs: [{"shape": list(x.shape), "data": numbers(x)} for x in xs]
    return {
        "inputs": arrays(inputs),
        "value": numbers(y),
        "direction": numbers(direction),
        "gradients": [numbers(x.grad) for x in inputs],
    }


def rotate(x):
    half = x.shape[-1] // 2
    frequencies = 10000.0 ** (-torch.arange(half) / half)
    angles = torch.arange(x.shape[2])[:, None] * frequencies
    angles = torch.cat([angles, angles], -1)[None]
    return apply_rotary_pos_emb(x, x, angles.cos(), angles.sin())[0]


def token_nll(hidden, rows, embedding):
    """Rows of targets stand apart from the embedding, as in tokenNll(): gradients flow to both."""
    return torch.logsumexp(hidden @ embedding.T, -1, keepdim=True) - (hidden * rows).sum(-1, keepdim=True)


def capped_attention(q, k, v):
    """Two heads of queries share one of keys and values; scores are 0.7 tanh(0.4 q kᵀ / 0.7)."""
    k, v = (x.repeat_interleave(2, 1) for x in (k, v))
    scores = 0.7 * torch.tanh(0.4 * q @ k.mT / 0.7)
    ahead = torch.ones(4, 4).triu(1).bool()
    return scores.masked_fill(ahead, -torch.inf).softmax(-1) @ v


def capped_token_nll(hidden, rows, embedding):
    cap = lambda x: 2 * torch.tanh(x / 2)
    return torch.logsumexp(cap(hidden @ embedding.T), -1, keepdim=True) - cap((hidden * rows).sum(-1, keepdim=True))


golden = {
    "rmsNorm": case(lambda x, w: F.rms_norm(x, w.shape, w, 1e-5), draw(2, 3, 8), draw(8)),
    "rotate": case(rotate, draw(2, 2, 5, 8)),
    "attention": case(
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
        *(draw(2, 2, 4, 8) for _ in range(3)),
    ),
    "swiglu": case(lambda gate, up: F.silu(gate) * up, draw(2, 3, 5), draw(2, 3, 5)),
    "logSumExp": case(lambda x: torch.logsumexp(x, -1, keepdim=True), 3 * draw(2, 3, 6)),
    "tokenNll": case(token_nll, draw(2, 3, 4), draw(2, 3, 4), draw(6, 4)),
    "groupedAttention": case(
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True),
        draw(2, 4, 4, 8), draw(2, 2, 4, 8), draw(2, 2, 4, 8),
    ),
    "cappedAttention": case(capped_attention, draw(2, 4, 4, 8), draw(2, 2, 4, 8), draw(2, 2, 4, 8)),
    "geglu": case(lambda gate, up: F.gelu(gate, approximate="tanh") * up, draw(2, 3, 5), draw(2, 3, 5)),
    "cappedTokenNll": case(capped_token_nll, draw(2, 3, 4), draw(2, 3, 4), draw(6, 4)),
}
print(json.dumps(golden))
