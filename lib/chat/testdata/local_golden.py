"""Greedy answers of lib/model/testdata/language-model by Hugging Face transformers, for local_test.ts.

A toy tokenizer: the character with code c at place i is token 3 + (c + 7 i) % 37; 1 begins a sequence, 2 ends one.

    python lib/chat/testdata/local_golden.py
"""
import json
from pathlib import Path

import torch
from transformers import LlamaForCausalLM

here = Path(__file__).parent
model = LlamaForCausalLM.from_pretrained(here / "../../model/testdata/language-model").eval()
context = model.config.max_position_embeddings
cases = []
for question in ["", "a", "Why?", "Which way", "ab ab"]:
    text = f"\n\nHuman: {question}\n\nAssistant:"
    ids = [1] + [3 + (ord(c) + 7 * i) % 37 for i, c in enumerate(text)]
    room = context - 6
    assert len(ids) <= room, (len(ids), room)
    said = []
    while len(said) < 6:
        with torch.no_grad():
            said.append(int(model(torch.tensor([ids + said])).logits[0, -1].argmax()))
        if said[-1] == 2:
            break
    cases.append({"question": question, "said": said})
(here / "local_golden.json").write_text(json.dumps(cases) + "\n")
print(context, cases)
