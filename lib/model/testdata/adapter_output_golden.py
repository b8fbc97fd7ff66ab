"""Golden values for adapters that change embeddings or output weights of a model that ties them: what `peft` gives for adapter/base.

    python adapter_output_golden.py > adapter_output_golden.json

Weights are sines of their places, as in adapter_test.ts. Made with transformers 4.57.6 and peft 0.21.2.
"""

import json
import tempfile
from pathlib import Path

import torch
from peft import PeftModel
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

BASE = Path(__file__).parent / "adapter" / "base"
CASES = [[1, 5, 7, 2], [1, 30, 12, 9, 22, 4, 17, 3, 2], list(range(1, 40))]
EMBED, HEAD = "model.embed_tokens", "lm_head"
# name: modules_to_save, target_modules, tensors with rows and columns
KINDS = {
    "embeddings by themselves": (["embed_tokens"], ["q_proj"], {f"{EMBED}.weight": (40, 16)}),
    "embeddings saved along": (None, ["q_proj"], {f"{EMBED}.weight": (40, 16)}),
    "output by itself": (["lm_head"], ["q_proj"], {f"{HEAD}.weight": (40, 16)}),
    "output saved along": (None, ["q_proj"], {f"{HEAD}.weight": (40, 16)}),
    "update of the output": (None, ["lm_head"], {f"{HEAD}.lora_A.weight": (4, 16), f"{HEAD}.lora_B.weight": (40, 4)}),
    "update of another output": (None, ["lm_head"], {
        f"{HEAD}.base_layer.weight": (40, 16), f"{HEAD}.lora_A.weight": (4, 16), f"{HEAD}.lora_B.weight": (40, 4)}),
}


def sines(rows, columns):
    return torch.sin(torch.arange(rows * columns, dtype=torch.float64)).float().reshape(rows, columns)


golden = []
for name, (saved, targets, shapes) in KINDS.items():
    settings = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": 4, "lora_alpha": 8, "fan_in_fan_out": True,
                "init_lora_weights": None, "target_modules": targets, "modules_to_save": saved}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "adapter_config.json").write_text(json.dumps(settings))
        own = dict(shapes)
        if targets == ["q_proj"]:
            for layer in range(2):
                prefix = f"model.layers.{layer}.self_attn.q_proj"
                own |= {f"{prefix}.lora_A.weight": (4, 16), f"{prefix}.lora_B.weight": (16, 4)}
        save_file({f"base_model.model.{key}": sines(*shape) for key, shape in own.items()},
                  str(Path(folder, "adapter_model.safetensors")))
        model = AutoModelForCausalLM.from_pretrained(BASE, dtype=torch.float32)
        model = PeftModel.from_pretrained(model, folder).eval()
        with torch.no_grad():
            last = [model(torch.tensor([ids])).logits[0, -1].tolist() for ids in CASES]
    golden.append({"name": name, "settings": settings, "shapes": own,
                   "logits": [[float(f"{v:.7g}") for v in row] for row in last]})
print(json.dumps(golden))
