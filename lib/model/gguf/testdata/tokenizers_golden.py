"""Golden token ids for tokenizers as GGUF files hold them, by `transformers`.

    pip install transformers==4.57.6 tokenizers==0.22.2 sentencepiece==0.2.3 protobuf && python tokenizers_golden.py

Makes tokenizers_golden.json. The vocabularies are small and made for this: a byte-level one whose merges reach across words,
digits and blanks, so that every way to cut text first gives other ids; and a SentencePiece one with byte fallback. The ways to cut
text are written as in the `tokenizer.json` of GPT-2, SmolLM2, Llama 3 and Qwen2; SentencePiece's model goes through
transformers' own conversion for Gemma and (legacy) Llama. What SentencePiece itself gives otherwise is printed.
"""

import json
import pathlib
import tempfile

import sentencepiece
import transformers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import GemmaTokenizerFast, LlamaTokenizerFast, PreTrainedTokenizerFast

HERE = pathlib.Path(__file__).parent
TEXTS = [
    "The ferry leaves at 7:45, but only on weekdays.",
    "Der Zug nach Köln fährt um 18:05 Uhr von Gleis 12.",
    "def area(radius):\n    return 3.14159 * radius ** 2\n",
    "SELECT name, COUNT(*) FROM visits WHERE year >= 2021 GROUP BY name;",
    "It's raining; we'll stay in, and they've brought tea. I'm glad she'd come.",
    "Price: $1,299.00 (was $1,599.00), 18.75% off!!!",
    "日本語の文章と、中文的句子, 그리고 한국어 문장.",
    "Привет, мир! Как дела? Ça va très bien, merci.",
    "مرحبا بالعالم ١٢٣٤ ۵۶۷",
    "नमस्ते दुनिया १२३",
    "😀👍🏽👩‍👩‍👧‍👦 🇩🇪 ✨",
    "\n\nHuman: Where did you put the keys?\n\nAssistant: They are in the blue bowl.",
    "a\tb\t\tc\r\n d \n\n\n e",
    "    indented four\n        indented eight\n\tand a tab",
    "https://example.org/path?x=1&y=2#part-3",
    "x² + y³ = z⁴, ½ of ¾ is ⅜; Ⅻ and ①②③",
    "user@example.com wrote: \"Don't!\" — 'really?' … «oui»",
    "ALLCAPSWORDS and camelCaseIdentifiers and snake_case_names",
    "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n",
    "<bos><start_of_turn>user\nHi<end_of_turn>\n<eos> <unused5> <table> </strong>",
]
ADVERSARIAL = [
    " ", "  ", "   ", "\n", "\n\n", "\n\n\n\n", "\t", "\t\t\t", " \n ", "\r\n\r\n", "a", " a", "a ", "  a  b   c    d",
    "1", "12", "123", "1234567890", "3.14e-10", "0x1F", "v1.2.3-rc4", "١٢٣", "²³", "٠a٠",
    "'s't're've'm'll'd", "'S'T'RE'VE'M'LL'D", "IT'S it'S", "’s", "…", "---===+++***", "!!!???...",
    "é e\u0301 Å A\u030a", "\u1100\u1161\u11a8 각", "ﬁ ﬂ ﷺ", "\ufeffbom", "a\u00a0b\u2003c\u3000d\u200bf\u2028g\u0085h",
    "Ġ Ċ ĠĠ", "<0x0A><0x41>", "<unk><s></s>", "<|endoftext|>", "<|im_end|><|im_end|>", "<|im_end",
    "\u0000\u0001\u007f", "𝓗𝓮𝓵𝓵𝓸 𝟙𝟚𝟛", "\U0001F468\u200d\U0001F4BB", "\U00020000\U0002A6D6", "a" * 60, "ab" * 40,
    "__proto__ constructor toString", "zażółć gęślą jaźń", "ÀÉÎÕÜ ñ ç ß ẞ İ ı", " " * 33 + "x", "\n" * 20, "=" * 70,
    "ก็ไม่รู้", "שָׁלוֹם", "\u202eabc\u202c", "x" + "\u0301" * 8,
]
STRINGS = TEXTS + ADVERSARIAL
LATER = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|NUMBERS| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def cut(numbers):
    split = pre_tokenizers.Split(Regex(LATER.replace("NUMBERS", numbers)), behavior="isolated")
    return pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def byte_level():
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=520, special_tokens=special, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), max_token_length=6,
    )
    trained.train_from_iterator(TEXTS * 3 + ["12 123 1234 's 'S  \n \n\n a1b2 . , !! ... \t\t"] * 9, trainer)
    model = json.loads(trained.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    merges = [tuple(merge) for merge in model["merges"]]
    metadata = {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [3 if t in special else 1 for t in tokens],
        "tokenizer.ggml.merges": [" ".join(merge) for merge in merges],
        "tokenizer.ggml.bos_token_id": 0,
        "tokenizer.ggml.eos_token_id": 2,
    }
    digits = pre_tokenizers.Digits(individual_digits=True)
    plain = pre_tokenizers.ByteLevel(add_prefix_space=False)
    ways = {
        "gpt-2": plain,
        "smollm": pre_tokenizers.Sequence([digits, plain]),
        "llama-bpe": cut(r"\p{N}{1,3}"),
        "qwen2": cut(r"\p{N}"),
    }
    ids = {}
    for name, way in ways.items():
        own = Tokenizer(models.BPE(model["vocab"], merges, ignore_merges=name == "llama-bpe"))
        own.pre_tokenizer = way
        own.decoder = decoders.ByteLevel()
        if name == "qwen2":
            own.normalizer = normalizers.NFC()
        if name == "llama-bpe":
            own.post_processor = processors.TemplateProcessing("<|endoftext|> $A", special_tokens=[("<|endoftext|>", 0)])
        own.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in special])
        fast = PreTrainedTokenizerFast(tokenizer_object=own)
        ids[name] = [fast(text)["input_ids"] for text in STRINGS]
    return {"metadata": metadata, "ids": ids}


def sentence_piece(folder):
    corpus = folder / "corpus.txt"
    corpus.write_text("\n".join(t for text in TEXTS * 20 for t in text.splitlines()))
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus), model_prefix=str(folder / "tokenizer"), model_type="bpe", vocab_size=900, byte_fallback=True,
        normalization_rule_name="identity", remove_extra_whitespaces=False, add_dummy_prefix=False, split_digits=True,
        pad_id=0, eos_id=1, bos_id=2, unk_id=3, pad_piece="<pad>", eos_piece="<eos>", bos_piece="<bos>",
        control_symbols=["<unused5>"], hard_vocab_limit=False, character_coverage=0.98, minloglevel=2,
        user_defined_symbols=["<start_of_turn>", "<end_of_turn>", "<table>", "\n", "\n\n", "\n\n\n", "▁▁", "▁▁▁", "▁▁▁▁"],
    )
    from sentencepiece import sentencepiece_model_pb2 as pb

    proto = pb.ModelProto()
    proto.ParseFromString((folder / "tokenizer.model").read_bytes())
    metadata = {
        "tokenizer.ggml.model": "llama",
        # as llama.cpp's conversion writes those that users defined
        "tokenizer.ggml.tokens": [p.piece.replace("▁", " ") if p.type == 4 else p.piece for p in proto.pieces],
        "tokenizer.ggml.scores": [-1000.0 if p.type in (3, 4) else p.score for p in proto.pieces],
        "tokenizer.ggml.token_type": [p.type for p in proto.pieces],
        "tokenizer.ggml.padding_token_id": 0,
        "tokenizer.ggml.eos_token_id": 1,
        "tokenizer.ggml.bos_token_id": 2,
        "tokenizer.ggml.unknown_token_id": 3,
    }
    added = [AddedToken(p.piece.replace("▁", " "), normalized=False, special=p.type == 3) for p in proto.pieces if p.type in (3, 4)]
    ids = {}
    for name, kind, prefix in [("gemma", GemmaTokenizerFast, False), ("llama", LlamaTokenizerFast, True)]:
        proto.normalizer_spec.add_dummy_prefix = prefix
        if prefix:  # as in Llama 2, where runs of blanks are pieces like others
            for piece in proto.pieces:
                if piece.type == 4 and set(piece.piece) == {"▁"}:
                    piece.type, piece.score = 1, -len(piece.piece) / 8
            added = [t for t in added if t.content.strip(" ")]
        path = folder / f"{name}.model"
        path.write_bytes(proto.SerializeToString())
        named = {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "unk_token": "<unk>"}
        options = {"legacy": True, "add_prefix_space": True} if prefix else {}
        fast = kind(vocab_file=str(path), **named, **options)
        fast.add_tokens(added)
        # what is added a second time, with blanks, is the token that it was
        vocabulary = fast.get_vocab()
        again = {vocabulary[t]: i for i, t in enumerate(metadata["tokenizer.ggml.tokens"]) if t in vocabulary}
        ids[name] = [[again.get(i, i) for i in fast(text)["input_ids"]] for text in STRINGS]
        own = sentencepiece.SentencePieceProcessor(model_file=str(path))
        for text, found in zip(STRINGS, ids[name]):
            expected = [2, *own.encode(text)]
            if expected != found:
                print(name, repr(text), "SentencePiece:", own.id_to_piece(expected), fast.convert_ids_to_tokens(found))
    return {"metadata": metadata, "ids": ids}


with tempfile.TemporaryDirectory() as folder:
    golden = {
        "by": f"transformers {transformers.__version__}, sentencepiece {sentencepiece.__version__}",
        "strings": STRINGS,
        "byteLevel": byte_level(),
        "sentencePiece": sentence_piece(pathlib.Path(folder)),
    }
text = json.dumps(golden, ensure_ascii=True, separators=(",", ":"))
(HERE / "tokenizers_golden.json").write_text(text.replace('],"', '],\n"').replace("],[", "],\n[") + "\n")
