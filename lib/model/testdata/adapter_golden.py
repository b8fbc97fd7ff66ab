"""Golden values for adapters: makes a tiny random base (bfloat16, in shards) and two LoRA adapters, and records what `peft` gives.

    python adapter_golden.py > adapter_golden.json

Writes adapter/base, adapter/guard (as the published guards: a classifier's update and score head on a causal base) and
adapter/patterns (rank-stabilised, with ranks and alphas of their own) beside it. Made with PyTorch 2.13.0, transformers 5.23.0
and peft 0.21.2.
"""

import json
import shutil
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, LlamaConfig, LlamaForCausalLM

FOLDER = Path(__file__).parent / "adapter"
CASES = [[1, 5, 7, 2], [1, 30, 12, 9, 22, 4, 17, 3, 2], list(range(1, 40))]
KINDS = {
    "guard": (AutoModelForSequenceClassification, LoraConfig(
        task_type="SEQ_CLS", r=4, lora_alpha=8, lora_dropout=0.1, target_modules="all-linear")),
    "patterns": (AutoModelForCausalLM, LoraConfig(
        task_type="CAUSAL_LM", r=4, lora_alpha=6, use_rslora=True, target_modules=["q_proj", "v_proj", "down_proj"],
        rank_pattern={"v_proj": 2}, alpha_pattern={"layers.1.self_attn.q_proj": 3})),
}

torch.manual_seed(0)
shutil.rmtree(FOLDER, ignore_errors=True)
base = LlamaForCausalLM(LlamaConfig(
    vocab_size=40, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=64, pad_token_id=0, tie_word_embeddings=True, initializer_range=0.3))
base.to(torch.bfloat16).save_pretrained(FOLDER / "base", max_shard_size="4KB")

golden = {"cases": CASES}
for name, (kind, config) in KINDS.items():
    load = lambda: kind.from_pretrained(FOLDER / "base", dtype=torch.float32, **({"num_labels": 2} if name == "guard" else {}))
    model = get_peft_model(load(), config)
    for key, weight in model.named_parameters():
        if weight.requires_grad:
            torch.nn.init.normal_(weight, std=0.3)
    model.save_pretrained(FOLDER / name)
    path = FOLDER / name / "adapter_config.json"
    settings = json.loads(path.read_text())
    settings["base_model_name_or_path"] = "tiny/base"
    path.write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n")
    (FOLDER / name / "README.md").unlink(missing_ok=True)
    plain, merged = load().eval(), PeftModel.from_pretrained(load(), FOLDER / name).merge_and_unload().eval()
    with torch.no_grad():
        logits = [merged(torch.tensor([ids])).logits for ids in CASES]
        before = [plain(torch.tensor([ids])).logits for ids in CASES]
    assert all((a - b).abs().max() > 0.1 for a, b in zip(logits, before)), "the adapter must matter"
    last = [x[0] if name == "guard" else x[0, -1] for x in logits]
    golden[name] = [[float(f"{v:.7g}") for v in x.tolist()] for x in last]
print(json.dumps(golden))
