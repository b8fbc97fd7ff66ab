import assert from "node:assert/strict";
import fc from "fast-check";
import { batchByLength, causalMask, lastPositions, padded, paddedLength } from "./batches.ts";

Deno.test("batchByLength() puts sequences of one padded length together, the shortest first", () => {
  const batches = batchByLength([40, 3, 16, 17, 5, 33, 32], 64);
  assert.deepEqual(batches, [
    { members: [1, 2, 4], length: 16 },
    { members: [3, 6], length: 32 },
    { members: [0], length: 48 },
    { members: [5], length: 48 },
  ]);
});

Deno.test("batchByLength() takes sequences in the order asked for", () => {
  assert.deepEqual(batchByLength([3, 4, 5], 32, [2, 0, 1]), [
    { members: [2, 0], length: 16 },
    { members: [1], length: 16 },
  ]);
});

Deno.test("batchByLength() takes every sequence once, within the budget, padded by its own length", () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 60 });
  fc.assert(fc.property(lengths, fc.integer({ min: 1, max: 5000 }), (lengths, budget) => {
    const batches = batchByLength(Object.freeze(lengths), budget);
    const all = batches.flatMap(({ members }) => members);
    assert.deepEqual(all.toSorted((a, b) => a - b), lengths.map((_, i) => i));
    for (const { members, length } of batches) {
      assert.ok(members.length === 1 || members.length * length <= budget);
      members.forEach((m) => assert.equal(length, paddedLength(lengths[m])));
    }
  }));
});

Deno.test("paddedLength() is the next multiple of 16", () => {
  assert.deepEqual([1, 15, 16, 17, 32].map(paddedLength), [16, 16, 16, 32, 32]);
});

const sequences = [[5], [7, 8, 9]];

Deno.test("padded() fills up on the right", () => {
  const { data, dims } = padded(sequences, 4, -1);
  assert.deepEqual(data, BigInt64Array.of(5n, -1n, -1n, -1n, 7n, 8n, 9n, -1n));
  assert.deepEqual(dims, [2, 4]);
});

Deno.test("lastPositions() points at last tokens among the rows of a batch", () => {
  const { data, dims } = lastPositions(sequences, 4);
  assert.deepEqual([data, dims], [BigInt64Array.of(0n, 6n), [2]]);
});

Deno.test("causalMask() lets a position see itself and what comes before", () => {
  const { data, dims } = causalMask(3);
  assert.deepEqual([...data].map((v) => v === 0 ? 0 : 1), [0, 1, 1, 0, 0, 1, 0, 0, 0]);
  assert.ok(data.every((v) => v === 0 || v === Math.fround(-1e9)));
  assert.deepEqual(dims, [3, 3]);
});

Deno.test("causalMask() lets a position see no more than its window", () => {
  const { data } = causalMask(4, 2);
  assert.deepEqual([...data].map((v) => v === 0 ? 0 : 1), [
    ...[0, 1, 1, 1],
    ...[0, 0, 1, 1],
    ...[1, 0, 0, 1],
    ...[1, 1, 0, 0],
  ]);
});
