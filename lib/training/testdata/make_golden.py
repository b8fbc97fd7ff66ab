"""Golden values for training: steps of a small decoder, as language model and as guard.

    python make_golden.py > golden.json

Made with PyTorch 2.13.0 and transformers 5.23.0, in double precision.
"""

import json

import torch
from torch.optim import AdamW
from transformers import LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification

CONFIG = {"vocabSize": 12, "hiddenSize": 8, "intermediateSize": 12, "layers": 2, "heads": 2, "contextLength": 16}
OPTIMISER = {"beta1": 0.9, "beta2": 0.98, "epsilon": 1e-8, "weightDecay": 0.1}
LEARNING_RATES = [0.01, 0.02, 0.005]
SEQUENCES = [[1, 5, 3, 11, 5, 2], [1, 7, 7, 2], [1, 4, 9, 3, 5, 10, 6, 8, 2]]  # token 0 only pads
LABELS = [1, 0, 0]

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)


def numbers(x):
    return [float(f"{v:.7g}") for v in x.detach().flatten().tolist()]


def named(model, pick):
    return {name: numbers(pick(p)) for name, p in model.named_parameters()}


def build(kind):
    config = LlamaConfig(
        vocab_size=CONFIG["vocabSize"],
        hidden_size=CONFIG["hiddenSize"],
        intermediate_size=CONFIG["intermediateSize"],
        num_hidden_layers=CONFIG["layers"],
        num_attention_heads=CONFIG["heads"],
        max_position_embeddings=CONFIG["contextLength"],
        rms_norm_eps=1e-5,
        tie_word_embeddings=True,
        pad_token_id=0,
        num_labels=2,
    )
    model = kind(config).double()
    with torch.no_grad():
        for p in model.parameters():
            drawn = 1 + 0.3 * torch.randn(p.shape) if p.dim() == 1 else 0.5 * torch.randn(p.shape)
            # three decimals are short, and one float32 to whoever reads them
            p.copy_(torch.tensor([round(v, 3) for v in drawn.flatten().tolist()]).float().double().view(p.shape))
    return model


def batch():
    longest = max(map(len, SEQUENCES))
    ids = torch.tensor([s + [0] * (longest - len(s)) for s in SEQUENCES])
    return ids, (ids != 0).long()


def train(kind, labels, clip):
    model = build(kind)
    ids, mask = batch()
    optimiser = AdamW(
        model.parameters(),
        betas=(OPTIMISER["beta1"], OPTIMISER["beta2"]),
        eps=OPTIMISER["epsilon"],
        weight_decay=OPTIMISER["weightDecay"],
    )
    golden = {"clipNorm": clip, "weights": named(model, lambda p: p), "losses": [], "norms": []}
    for step, rate in enumerate(LEARNING_RATES):
        optimiser.param_groups[0]["lr"] = rate
        optimiser.zero_grad()
        loss = model(ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        if step == 0:
            golden["gradients"] = named(model, lambda p: p.grad)
        golden["losses"].append(float(loss))
        golden["norms"].append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), clip)))
        optimiser.step()
        if step == 0:
            golden["stepped"] = named(model, lambda p: p)
    return golden


ids, mask = batch()
targets = ids.masked_fill(mask == 0, -100)
golden = {
    "config": CONFIG,
    "optimiser": OPTIMISER,
    "learningRates": LEARNING_RATES,
    "sequences": SEQUENCES,
    "labels": LABELS,
    "languageModel": train(LlamaForCausalLM, targets, clip=0.5),
    "guard": train(LlamaForSequenceClassification, torch.tensor(LABELS), clip=100.0),
}
print(json.dumps(golden))
