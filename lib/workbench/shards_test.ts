import assert from "node:assert/strict";
import { shardsOf } from "./shards.ts";

Deno.test("shardsOf() puts every conversation in one shard, none of much more work than is stated", () => {
  const lengths = Array.from({ length: 500 }, (_, i) => 1 + (i * 7919) % 700);
  const parameters = 2 ** 40 / 2000; // 2,000 tokens a shard
  const shards = shardsOf(lengths, 1024, parameters);
  const rows = shards.flatMap(({ rows }) => rows);
  assert.deepEqual(rows.toSorted((a, b) => a - b), lengths.map((_, i) => i));
  for (const { rows, contextLength } of shards) {
    const own = rows.map((row) => lengths[row]);
    assert.ok(own.length === 1 || own.reduce((a, b) => a + b) <= 2000);
    assert.ok(own.every((length) => (length > 512) === (contextLength > 512)));
  }
  assert.ok(shards.length < 110, `${shards.length}`);
});

Deno.test("shardsOf() makes one shard of what a small model reads in seconds", () => {
  assert.deepEqual(shardsOf([3, 1, 2], 512, 1e6), [{ rows: [1, 2, 0], contextLength: 512 }]);
  assert.deepEqual(shardsOf([], 512, 1e6), []);
});
