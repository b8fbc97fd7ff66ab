"""Tiny random checkpoints of the families that we read, and golden values for them by `transformers`.

    python make_families.py

Writes <family>/language-model and <family>/guard beside it (config.json and model.safetensors) and families_golden.json.
All weights are drawn at random, gains and biases too, and every option of a family is on, so that one left out shows.
Two of the files are in the form of older hub files (`rope_theta`, `rope_scaling`), two in that of transformers 5
(`rope_parameters`). Attention is "eager", the only kind that knows soft-capping everywhere. What was checked is printed on
standard error. Made with PyTorch 2.13.0 and transformers 5.23.0.
"""

import json
import random
import sys
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification

FOLDER = Path(__file__).parent
LENGTHS = [3, 16, 21]

SIZES = {
    "vocab_size": 40,
    "hidden_size": 24,
    "intermediate_size": 20,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 48,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}

FAMILIES = {
    "llama": {
        "model_type": "llama",
        "attention_bias": True,
        "head_dim": 8,
        "hidden_act": "silu",
        "mlp_bias": True,
        "rms_norm_eps": 0.01,
        "rope_scaling": {
            "factor": 4.0,
            "high_freq_factor": 4.0,
            "low_freq_factor": 0.25,
            "original_max_position_embeddings": 32,
            "rope_type": "llama3",
        },
        "rope_theta": 5000.0,
        "tie_word_embeddings": False,
    },
    "qwen2": {
        "model_type": "qwen2",
        "hidden_act": "silu",
        "max_window_layers": 1,
        "num_attention_heads": 3,
        "num_key_value_heads": 1,
        "rms_norm_eps": 0.02,
        "rope_parameters": {"factor": 3.0, "rope_theta": 2000.0, "rope_type": "linear"},
        "sliding_window": 5,
        "tie_word_embeddings": True,
        "use_sliding_window": True,
    },
    "gemma2": {
        "model_type": "gemma2",
        "attention_bias": True,
        "attn_logit_softcapping": 2.0,
        "final_logit_softcapping": 3.0,
        "head_dim": 8,
        "hidden_activation": "gelu_pytorch_tanh",
        "layer_types": ["full_attention", "sliding_attention", "sliding_attention"],
        "query_pre_attn_scalar": 5,
        "rms_norm_eps": 0.03,
        "rope_parameters": {"rope_theta": 300.0, "rope_type": "default"},
        "sliding_window": 5,
    },
    "gemma3": {
        "model_type": "gemma3_text",
        "final_logit_softcapping": 4.0,
        "head_dim": 8,
        "hidden_activation": "gelu_pytorch_tanh",
        "query_pre_attn_scalar": 6,
        "rms_norm_eps": 0.04,
        "rope_local_base_freq": 50.0,
        "rope_scaling": {"factor": 8.0, "rope_type": "linear"},
        "rope_theta": 700.0,
        "sliding_window": 6,
        "sliding_window_pattern": 3,
    },
}
ARCHITECTURES = {"llama": "Llama", "qwen2": "Qwen2", "gemma2": "Gemma2", "gemma3": "Gemma3"}
LABELS = {"llama": 2, "qwen2": 1, "gemma2": 2, "gemma3": 1}


def numbers(x):
    return [float(f"{v:.7g}") for v in x.detach().flatten().tolist()]


def say(text):
    print(text, file=sys.stderr)


def randomise(model):
    """Matrices such that activations stay near 1; gains and biases well off what they begin with."""
    tied = set()
    for name, weight in sorted(model.named_parameters()):
        if weight.data_ptr() in tied:
            continue
        tied.add(weight.data_ptr())
        if weight.dim() == 2:
            weight.normal_(0, 1 / weight.shape[1] ** 0.5)
        else:
            weight.add_(0.5 * torch.randn(weight.shape))


@torch.no_grad()
def make(kind, family, head, architecture):
    """Writes a checkpoint and opens it again, with the config.json as it stands above."""
    folder = FOLDER / family / head
    folder.mkdir(parents=True, exist_ok=True)
    settings = {**SIZES, **FAMILIES[family], "architectures": [architecture], "dtype": "float32"}
    if head == "guard":
        settings["id2label"] = {str(i): f"LABEL_{i}" for i in range(LABELS[family])}
        settings["label2id"] = {f"LABEL_{i}": i for i in range(LABELS[family])}
    written = json.dumps(settings, indent=2, sort_keys=True) + "\n"
    (folder / "config.json").write_text(written)
    config = AutoConfig.from_pretrained(folder)
    model = kind.from_config(config)
    randomise(model)
    model.save_pretrained(folder)
    (folder / "config.json").write_text(written)
    (folder / "generation_config.json").unlink(missing_ok=True)
    (folder / "model.safetensors").chmod(0o644)
    model, info = kind.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
    )
    assert not any(info.values()), info
    assert type(model).__name__ == architecture, type(model)
    size = sum(p.stat().st_size for p in folder.iterdir())
    assert size < 300_000
    say(f"{family}/{head}: {architecture}, {size} bytes; no weight missing, left over or of another shape")
    return model.eval()


@torch.no_grad()
def golden(lm, guard, ids):
    tokens = torch.tensor([ids])
    out = lm(tokens, labels=tokens, output_hidden_states=True)
    assert len(out.hidden_states) == SIZES["num_hidden_layers"] + 1
    return {
        "ids": ids,
        "logits": numbers(out.logits),
        "hidden": [numbers(h) for h in out.hidden_states],
        "meanNll": float(out.loss),
        "guard": numbers(guard(tokens).logits),
    }


random.seed(0)
torch.manual_seed(0)
sequences = [[1] + [random.randrange(3, 40) for _ in range(n - 1)] for n in LENGTHS]
result = {}
for family, name in ARCHITECTURES.items():
    classifier = "Gemma3TextForSequenceClassification" if family == "gemma3" else f"{name}ForSequenceClassification"
    lm = make(AutoModelForCausalLM, family, "language-model", f"{name}ForCausalLM")
    guard = make(AutoModelForSequenceClassification, family, "guard", classifier)
    tied = lm.lm_head.weight is lm.model.embed_tokens.weight
    kinds = getattr(lm.config, "layer_types", None)
    say(f"  tied {tied}, layers {kinds}, rope {lm.config.rope_parameters}")
    result[family] = [golden(lm, guard, ids) for ids in sequences]
    spread = [max(map(abs, case["logits"])) for case in result[family]]
    say(f"  logits up to {spread}")
(FOLDER / "families_golden.json").write_text(json.dumps(result) + "\n")
