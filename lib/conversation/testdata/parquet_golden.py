"""Writes the Parquet files that parquet_test.ts and suite_test.ts read: pyarrow is the independent writer.

    python parquet_golden.py        # pyarrow 26.0.1
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent


def rows(prefix: str, count: int) -> dict:
    """Rows of both labels; the text repeats, so that dictionary pages are written, and is not only ASCII."""
    return {
        "id": [f"{prefix}-{i}" for i in range(count)],
        "conversation": [f"\n\nHuman: Größe {i % 3}?\n\nAssistant: {'ja ' * (i % 5 + 1)}✓" for i in range(count)],
        "domain": ["function-calling" if i % 2 == 0 else "hh-rlhf-harmless" for i in range(count)],
        "malign": [i % 2 for i in range(count)],
    }


def write(name: str, table: pa.Table, **options) -> None:
    pq.write_table(table, HERE / name, **options)


train = rows("a", 7)
write("suite/train-00000-of-00002.parquet", pa.table(train).slice(0, 4), compression="snappy", row_group_size=3)
write("suite/train-00001-of-00002.parquet", pa.table(train).slice(4), compression="snappy", data_page_version="2.0")
test = rows("b", 5)
labels = pa.array([bool(m) for m in test["malign"]])  # as a data frame may write them
write("suite/test.parquet", pa.table({**test, "malign": labels}), compression="zstd", row_group_size=2, use_dictionary=False)

bad = rows("c", 4)
bad["malign"][2] = None
write("bad_label.parquet", pa.table(bad), compression="gzip", row_group_size=2)

text = [conversation.encode() for conversation in rows("d", 4)["conversation"]]
text[2] = b"\n\nHuman: \xff"  # no UTF-8
write("bad_text.parquet", pa.table({**rows("d", 4), "conversation": pa.array(text, pa.binary())}), compression="none", row_group_size=2)


# What nobody needs stands beside what is needed: bytes that are no text, a nested column; labels are truth values, ids whole
# numbers beyond 2^53, and messages are nested, as datasets of chats have them.
big = rows("e", 4)
big["id"] = [1290473920184655873 + i for i in range(4)]
big["malign"] = [bool(m) for m in big["malign"]]
big["screenshot"] = pa.array([b"\xff\xd8", b"\x00", None, b"\xfe"], pa.binary())
big["meta"] = [{"a": i} for i in range(4)]
big["score"] = [0.5, 0.25, 0.75, 1.0]
write("beside.parquet", pa.table(big), compression="snappy", row_group_size=2)
write("empty.parquet", pa.table(big).slice(0, 0), compression="snappy")
chats = [
    [{"role": "user", "content": "Hi", "tool": None}, {"role": "assistant", "content": f"Hello {i}", "tool": None}]
    for i in range(3)
]
write("chats.parquet", pa.table({"id": [2**53 + 1, 2, 3], "messages": chats, "raw": [b"\xff"] * 3}), compression="zstd")
