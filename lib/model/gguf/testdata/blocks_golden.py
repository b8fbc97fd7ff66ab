"""Golden values of dequantisation by the `gguf` package, to the bit.

    pip install gguf==0.19.0 numpy && python blocks_golden.py

Makes blocks_golden.json: of each element type four random blocks, and the float32 values that `gguf.quants.dequantize` gives for
them, both as base64. Every byte is random, but the float16 factors are finite.
"""

import base64
import importlib.metadata
import json
import pathlib

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as Type
from gguf.quants import dequantize

# where the float16 factors are in a block, in bytes
FACTORS = {
    "F16": [0], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0],
    "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
}
COUNT = 4
random = np.random.default_rng(13)


def block(name, size):
    if name in ("F32", "BF16"):
        values = random.normal(0, 3, COUNT).astype(np.float32)
        raw = values.view(np.uint8).reshape(COUNT, 4)
        return raw if name == "F32" else raw[:, 2:]
    raw = random.integers(0, 256, (COUNT, size), dtype=np.uint8)
    for at in FACTORS[name]:
        raw[:, at : at + 2] = random.normal(0, 1, (COUNT, 1)).astype(np.float16).view(np.uint8)
    return raw


cases = {}
for name in ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"]:
    type_ = Type[name]
    values, size = GGML_QUANT_SIZES[type_]
    raw = np.ascontiguousarray(block(name, size))
    assert raw.shape == (COUNT, size), name
    expected = np.ascontiguousarray(dequantize(raw.reshape(-1), type_), dtype=np.float32)
    assert expected.size == COUNT * values and np.isfinite(expected).all(), name
    cases[name] = {
        "type": int(type_),
        "blocks": base64.b64encode(raw.tobytes()).decode(),
        "values": base64.b64encode(expected.tobytes()).decode(),
    }
golden = {"by": f"gguf {importlib.metadata.version('gguf')}", "cases": cases}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden, indent=1) + "\n")
