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
