"""Golden values for low-rank updates: one step of a guard and of a language model of every family.

    python lora_golden.py > lora_golden.json

The models are the tiny checkpoints in ../../model/testdata. Made with PyTorch 2.14.1, transformers 5.23.0 and peft 0.21.2, in
double precision.
"""

import json
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

MODELS = Path(__file__).parent / "../../model/testdata"
OPTIMISER = {"beta1": 0.9, "beta2": 0.98, "epsilon": 1e-3, "weightDecay": 0.01, "clipNorm": 1}  # so large that steps along near-zero gradients are well-conditioned
RATE, RANK, ALPHA, FIRST_BLOCK = 0.01, 2, 6, 1
SEQUENCES = [[1, 5, 3, 11, 5, 2], [1, 7, 7, 2], [1, 4, 9, 3, 5, 10, 6, 8, 2]]  # token 0 only pads
LABELS = [1, 0, 0]
torch.manual_seed(0)


def numbers(x):
    return [float(f"{v:.6g}") for v in x.detach().flatten().tolist()]


def short(name):
    return (name.replace("base_model.model.", "").replace(".default", "").replace(".modules_to_save", ""))


def step(family, kind):
    guard = kind == "guard"
    load = AutoModelForSequenceClassification if guard else AutoModelForCausalLM
    base = load.from_pretrained(MODELS / family / "language-model", dtype=torch.float64, attn_implementation="eager",
                                **({"num_labels": 2} if guard else {}))
    base.config.pad_token_id = 0
    blocks = base.config.num_hidden_layers
    model = get_peft_model(base, LoraConfig(
        task_type="SEQ_CLS" if guard else "CAUSAL_LM", r=RANK, lora_alpha=ALPHA, lora_dropout=0.0,
        target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
        layers_to_transform=list(range(FIRST_BLOCK, blocks)))).double()
    trained = {short(name): p for name, p in model.named_parameters() if p.requires_grad}
    with torch.no_grad():
        for p in trained.values():  # three decimals are short, and one float32 to whoever reads them
            drawn = [round(v, 3) for v in (0.3 * torch.randn(p.shape, dtype=torch.float64)).flatten().tolist()]
            p.copy_(torch.tensor(drawn).float().double().view(p.shape))
    longest = max(map(len, SEQUENCES))
    ids = torch.tensor([s + [0] * (longest - len(s)) for s in SEQUENCES])
    first = {name: numbers(p) for name, p in trained.items()}
    model.train()
    # no mask for padding: it stands on the right, and attention is causal
    labels = torch.tensor(LABELS) if guard else ids.masked_fill(ids == 0, -100)
    loss = model(input_ids=ids, labels=labels).loss
    loss.backward()
    gradients = {name: numbers(p.grad) for name, p in trained.items()}
    optimiser = torch.optim.AdamW(trained.values(), lr=RATE, betas=(OPTIMISER["beta1"], OPTIMISER["beta2"]),
                                  eps=OPTIMISER["epsilon"], weight_decay=OPTIMISER["weightDecay"])
    norm = torch.nn.utils.clip_grad_norm_(trained.values(), OPTIMISER["clipNorm"])
    optimiser.step()
    return {"loss": loss.item(), "gradientNorm": norm.item(), "first": first, "gradients": gradients,
            "stepped": {name: numbers(p) for name, p in trained.items()}}


print(json.dumps({
    "optimiser": OPTIMISER, "rate": RATE, "rank": RANK, "alpha": ALPHA, "firstBlock": FIRST_BLOCK,
    "sequences": SEQUENCES, "labels": LABELS,
    "families": {family: {kind: step(family, kind) for kind in ("guard", "language-model")}
                 for family in ("llama", "qwen2", "gemma2", "gemma3")},
}))
