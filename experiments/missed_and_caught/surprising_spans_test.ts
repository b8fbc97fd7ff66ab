import assert from "node:assert/strict";
import { joined } from "./surprising_spans.ts";

Deno.test("joined() makes one span of those that touch or overlap, and leaves its input as it is", () => {
  const spans = [[0, 2], [2, 4], [5, 9], [6, 7], [9, 9], [20, 21]]
    .map(([start, end]) => Object.freeze({ start, end }));
  assert.deepEqual(joined(spans), [
    { start: 0, end: 4 },
    { start: 5, end: 9 },
    { start: 20, end: 21 },
  ]);
  assert.deepEqual(joined([]), []);
});
