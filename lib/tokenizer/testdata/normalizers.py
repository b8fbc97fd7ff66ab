"""Tokenizers that change texts first, and what Python makes of random texts: ids, and places in code points.

    python normalizers.py > normalizers.json        # tokenizers 0.22
"""
import json
import random

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers as N, pre_tokenizers as P, trainers

CORPUS = ["The quick Brown fox jumps.", "Hello World, hello THERE!", "\n\nHuman: fine\n\nAssistant: straße Ελληνικά"] * 4
PIECES = ["Hello", " ", "  ", "\n", "\n\nHuman: ", "ß", "É", "e\u0301", "İ", "😀", "<s>", "<tool>", "<TOOL>", "[X]", "▁", "\t",
          "a", "the", "ΑΣ", "Σ", "ς", "\u200b", "\x00", "中", "\u00a0", "ǅ", "1", "."]
random.seed(14)


def trained(normalizer, pre_tokenizer, added=()):
    is_byte_level = "ByteLevel" in str(pre_tokenizer)
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=not is_byte_level, fuse_unk=True))
    if normalizer:
        tokenizer.normalizer = normalizer
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    alphabet = P.ByteLevel.alphabet() if is_byte_level else []
    trainer = trainers.BpeTrainer(vocab_size=300 if is_byte_level else 80, special_tokens=["<unk>", "<s>", "</s>"],
                                  initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    if not is_byte_level:
        definition = json.loads(tokenizer.to_str())
        vocab = definition["model"]["vocab"]
        vocab |= {f"<0x{byte:02X}>": len(vocab) + byte for byte in range(256)}
        tokenizer = Tokenizer.from_str(json.dumps(definition))
    tokenizer.decoder = decoders.ByteLevel() if is_byte_level else decoders.ByteFallback()
    tokenizer.add_tokens(list(added))
    return tokenizer


TOKENIZERS = {
    "Prepend": trained(N.Sequence([N.Prepend("▁"), N.Replace(" ", "▁")]), None,
                       [AddedToken("<tool>", normalized=True), AddedToken("[X]", normalized=False)]),
    "Metaspace": trained(None, P.Metaspace(prepend_scheme="first"), [AddedToken("[X]", rstrip=True)]),
    "Lowercase": trained(N.Sequence([N.NFC(), N.Lowercase()]), P.ByteLevel(add_prefix_space=False),
                         [AddedToken("<TOOL>", normalized=False)]),
    "Strip": trained(N.Sequence([N.Strip(), N.Lowercase()]), P.ByteLevel(add_prefix_space=True)),
}
golden = {}
for name, tokenizer in TOKENIZERS.items():
    texts = ["".join(random.choices(PIECES, k=random.randint(1, 6))) for _ in range(80)] + ["ΑΣ", "a", " ß1", "▁<tool>"]
    encoded = [(text, tokenizer.encode(text, add_special_tokens=False)) for text in texts]
    rows = [[text, e.ids, [list(place) for place in e.offsets]] for text, e in encoded]
    golden[name] = {"definition": json.loads(tokenizer.to_str()), "rows": rows}
print(json.dumps(golden, ensure_ascii=False, separators=(",", ":")))
