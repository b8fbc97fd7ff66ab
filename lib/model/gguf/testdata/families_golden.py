"""Tiny GGUF files of the families that we read, and what a Hugging Face checkpoint of the same models holds.

    pip install torch transformers==4.57.6 gguf==0.19.0 && python families_golden.py

Makes <family>.gguf and families_golden.json beside it. The models are random, by transformers; the files are written by the `gguf`
package, with the changes that llama.cpp's convert_hf_to_gguf.py makes to weights (`LlamaModel.permute`, gains of Gemma plus 1, factors
of Llama 3's rotary frequencies), copied here. All is float32, and gains are multiples of 1/1024, so that adding 1 and taking it
away loses nothing. The golden file has each config.json and a SHA-256 of every weight. Printed is which of the weights transformers
reads otherwise from the GGUF file: none.
"""

import hashlib
import json
import math
import pathlib

import numpy as np
import torch
from gguf import GGUFWriter
from transformers import AutoConfig, AutoModelForCausalLM

HERE = pathlib.Path(__file__).parent
SIZES = {
    "vocab_size": 40, "hidden_size": 24, "intermediate_size": 20, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 48, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0,
}
FAMILIES = {
    "llama": {
        "model_type": "llama", "attention_bias": True, "head_dim": 8, "mlp_bias": True, "rms_norm_eps": 1e-5, "rope_theta": 5000.0,
        "tie_word_embeddings": False,
        "rope_scaling": {
            "factor": 4.0, "high_freq_factor": 4.0, "low_freq_factor": 0.25, "original_max_position_embeddings": 32,
            "rope_type": "llama3",
        },
    },
    "qwen2": {
        "model_type": "qwen2", "rms_norm_eps": 1e-6, "rope_theta": 1e6, "tie_word_embeddings": True, "num_attention_heads": 3,
        "num_key_value_heads": 1, "rope_scaling": {"factor": 3.0, "rope_type": "linear"},
    },
    "gemma2": {
        "model_type": "gemma2", "head_dim": 8, "query_pre_attn_scalar": 8, "rms_norm_eps": 1e-6, "sliding_window": 5,
        "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0,
    },
    "gemma3": {
        "model_type": "gemma3_text", "head_dim": 8, "query_pre_attn_scalar": 8, "rms_norm_eps": 1e-6, "sliding_window": 6,
        "num_hidden_layers": 7, "hidden_size": 16, "intermediate_size": 8, "rope_theta": 1e6, "rope_local_base_freq": 10000.0,
        "rope_scaling": {"factor": 8.0, "rope_type": "linear"},
    },
}
NAMES = [
    ("model.embed_tokens", "token_embd"), ("model.norm", "output_norm"), ("lm_head", "output"), ("model.layers", "blk"),
    ("self_attn.q_proj", "attn_q"), ("self_attn.k_proj", "attn_k"), ("self_attn.v_proj", "attn_v"),
    ("self_attn.o_proj", "attn_output"), ("self_attn.q_norm", "attn_q_norm"), ("self_attn.k_norm", "attn_k_norm"),
    ("mlp.gate_proj", "ffn_gate"), ("mlp.up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down"), ("input_layernorm", "attn_norm"),
    ("pre_feedforward_layernorm", "ffn_norm"), ("post_feedforward_layernorm", "post_ffw_norm"),
]


def name_of(name, gemma):
    for ours, theirs in [*NAMES, ("post_attention_layernorm", "post_attention_norm" if gemma else "ffn_norm")]:
        name = name.replace(ours, theirs)
    return name


def permute(weights, heads):
    """LlamaModel.permute of convert_hf_to_gguf.py"""
    return (
        weights.reshape(heads, 2, weights.shape[0] // heads // 2, *weights.shape[1:]).swapaxes(1, 2).reshape(weights.shape)
    )


def rope_factors(config):
    """LlamaModel.generate_extra_tensors of convert_hf_to_gguf.py"""
    scaling = config.rope_scaling
    factor, low, high = scaling["factor"], scaling["low_freq_factor"], scaling["high_freq_factor"]
    length = scaling["original_max_position_embeddings"]
    factors = []
    for i in range(0, config.head_dim, 2):
        wavelength = 2 * math.pi * config.rope_theta ** (i / config.head_dim)
        if wavelength < length / high:
            factors.append(1)
        elif wavelength > length / low:
            factors.append(factor)
        else:
            smooth = (length / wavelength - low) / (high - low)
            factors.append(1 / ((1 - smooth) / factor + smooth))
    return np.array(factors, dtype=np.float32)


def settings(writer, config, gemma):
    writer.add_vocab_size(config.vocab_size)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_rope_freq_base(config.rope_theta)
    if config.model_type == "llama":
        writer.add_rope_dimension_count(head)
    if config.model_type != "qwen2":
        writer.add_key_length(head)
        writer.add_value_length(head)
    scaling = getattr(config, "rope_scaling", None) or {}
    if scaling.get("rope_type") == "linear":
        writer.add_string(f"{writer.arch}.rope.scaling.type", "linear")
        writer.add_rope_scaling_factor(scaling["factor"])
    if gemma:
        writer.add_sliding_window(config.sliding_window)
    if config.model_type == "gemma2":
        writer.add_attn_logit_softcapping(config.attn_logit_softcapping)
        writer.add_final_logit_softcapping(config.final_logit_softcapping)


def write(family, model):
    config, gemma = model.config, family.startswith("gemma")
    writer = GGUFWriter(HERE / f"{family}.gguf", family)
    settings(writer, config, gemma)
    if family == "llama":
        writer.add_tensor("rope_freqs.weight", rope_factors(config))
    hashes = {}
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        values = tensor.numpy()
        hashes[name] = hashlib.sha256(values.tobytes()).hexdigest()[:16]
        if family == "llama" and ("q_proj" in name or "k_proj" in name):
            values = permute(values, config.num_attention_heads if "q_proj" in name else config.num_key_value_heads)
        if gemma and name.endswith("norm.weight"):
            values = values + 1
        writer.add_tensor(name_of(name, gemma), np.ascontiguousarray(values))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return hashes


golden = {}
for family, options in FAMILIES.items():
    torch.manual_seed(len(family))
    config = AutoConfig.for_model(**{**SIZES, **options})
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    for name, values in model.named_parameters():
        values.data.normal_(0, 0.3)
        if name.endswith("norm.weight"):
            values.data.mul_(1024).round_().div_(1024).add_(0)  # no -0
    golden[family] = {"config": json.loads(config.to_json_string(use_diff=False)), "weights": write(family, model)}
    again = AutoModelForCausalLM.from_pretrained(str(HERE), config=config, gguf_file=f"{family}.gguf").state_dict()
    print(family, "read otherwise:", [n for n, v in model.state_dict().items() if not torch.equal(v, again[n])])
(HERE / "families_golden.json").write_text(json.dumps(golden, indent=1) + "\n")
