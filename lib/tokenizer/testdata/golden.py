"""Writes golden.json: a tokenizer.json trained and written by Hugging Face's Rust `tokenizers`, and encodings by it.

    python golden.py        (tokenizers 0.23.3, transformers 5.23.0)

Ids come from `transformers.PreTrainedTokenizerFast`; offsets are in UTF-16 units. The pattern is read from
pattern.txt, which the test compares with `PRETOKEN_PATTERN`.
"""
import json
import pathlib
import tempfile

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

HERE = pathlib.Path(__file__).parent
PATTERN = (HERE / "pattern.txt").read_text().rstrip("\n")
SPECIAL = ["<|pad|>", "<|bos|>", "<|eos|>"]

CORPUS = [
    "\n\nHuman: Where do the geese go in winter?\n\nAssistant: Most of the geese go south in autumn, when "
    "the lakes in the north begin to freeze, and they come back in spring.",
    "\n\nHuman: the the the them then they there these, banana bananas! 1200 + 1200 = 2400\n\nAssistant: "
    "aaaa aaaaaa abababab; it's Anna's, isn't it? I'd say so, we're sure...",
    "\n\nSystem: Functions: find_train(from, to, day); book_seat(train_id, seat)\n\nFunction: call find_train "
    '{"from": "Köln", "to": "Zürich", "day": "2024-05-12"}\n\nFunction: result {"trains": []}',
    "def f(x):\n    if x > 0:\n        return x\n    return -x\n\n\tif x:\t# über\r\n",
    "Habari ya asubuhi, rafiki. Nzuri sana! 日本語の文章、日本語。 🎉🎉 👩‍👩‍👧",
]

TEXTS = CORPUS + [
    "",
    " ",
    "   three   spaces   and 3 digits 345  ",
    "line\n\n\n  \n next\r\n\r\nline\t\tend\n",
    "don't DON'T 'quoted' o'clock--well... (yes!) [no]? #tag @x_y a/b\\c",
    "nel\u0085bom\ufeffnbsp\u00a0em\u2003ls\u2028ps\u2029zwsp\u200bmongol\u180eend",
    "e\u0301 combining, हिन्दी में, العربية, ไทย, Ⅻ ½ ² ٣",
    "𝒳𝒴 math, 🏳️‍🌈 flag, \U0001F9D1\U0001F3FD skin",
    "special <|eos|> inside<|bos|><|pad|> and <|not|> one",
    "\x00\x01 control \x7f",
]


def utf16_units(text, code_points):
    return len(text[:code_points].encode("utf-16-le")) // 2


def main():
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(PATTERN), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False),
    ])
    inner.decoder = decoders.ByteLevel()
    inner.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=340, min_frequency=2, special_tokens=SPECIAL, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    inner.post_processor = processors.TemplateProcessing(
        single="<|bos|> $A", pair="<|bos|> $A $B:1", special_tokens=[("<|bos|>", 1)])
    with tempfile.TemporaryDirectory() as folder:
        PreTrainedTokenizerFast(
            tokenizer_object=inner, pad_token=SPECIAL[0], bos_token=SPECIAL[1], eos_token=SPECIAL[2],
        ).save_pretrained(folder)
        tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    cases = []
    for text in TEXTS:
        found = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        offsets = found["offset_mapping"]
        cases.append({
            "text": text,
            "ids": found["input_ids"],
            "starts": [utf16_units(text, a) for a, _ in offsets],
            "ends": [utf16_units(text, b) for _, b in offsets],
        })
    golden = {
        "corpus": CORPUS,
        "tokenizerJson": json.loads(inner.to_str()),
        "cases": cases,
    }
    (HERE / "golden.json").write_text(json.dumps(golden, ensure_ascii=True, indent=0) + "\n")


main()
