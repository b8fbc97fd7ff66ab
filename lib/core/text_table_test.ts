import assert from "node:assert/strict";
import fc from "fast-check";
import { TextTable } from "./text_table.ts";

const texts = fc.array(fc.oneof(fc.string({ unit: "binary", maxLength: 3 }), fc.nat().map(String)));

Deno.test("TextTable numbers texts as a Map does", () => {
  fc.assert(fc.property(texts, (texts) => {
    const [table, map] = [new TextTable(), new Map<string, number>()];
    for (const text of texts) {
      const number = map.get(text) ?? map.size;
      map.set(text, number);
      assert.equal(table.addText(text), number);
    }
    assert.equal(table.size, map.size);
    for (const [text, number] of map) assert.equal(table.text(number), text);
  }));
});

Deno.test("TextTable finds texts of a range of bytes, and of another table", () => {
  const table = new TextTable(["b", "", "ab"]);
  const bytes = new TextEncoder().encode("xabx");
  assert.deepEqual(
    [table.find(bytes, 1, 3), table.find(bytes, 2, 2), table.find(bytes, 0, 4)],
    [2, 1, -1],
  );
  const other = new TextTable(["ab", "c", "b"]);
  assert.deepEqual([0, 1, 2].map((number) => table.findOf(other, number)), [2, -1, 0]);
});

Deno.test("TextTable keeps a hundred thousand ids apart", () => {
  const ids = Array.from({ length: 100_000 }, (_, i) => `row-${i}`);
  const table = new TextTable(ids);
  assert.equal(table.size, ids.length);
  assert.ok(ids.every((id, i) => table.text(i) === id && table.addText(id) === i));
});
