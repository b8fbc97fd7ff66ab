import assert from "node:assert/strict";
import { mergesOf } from "./merges.ts";

Deno.test("mergesOf() lists pairs by the score of what they make, then by their ids", () => {
  const tokens = ["a", "b", "ab", "aab", "aa", "ba"];
  const scores = [-9, -9, -1, -3, -2, -2];
  assert.deepEqual(mergesOf(tokens, scores, () => true), [
    ["a", "b"], // ab
    ["a", "a"], // aa, of the same score as ba, has the lower id
    ["b", "a"],
    ["a", "ab"], // aab: the lower first id first
    ["aa", "b"],
  ]);
});

Deno.test("mergesOf() neither makes nor uses what is no ordinary piece", () => {
  const tokens = ["a", "b", "ab", "<s>", "aba"];
  assert.deepEqual(mergesOf(tokens, [0, 0, -1, 0, -2], (id) => id !== 2 && id !== 3), []);
});

Deno.test("mergesOf() leaves characters beyond 16 bits whole", () => {
  assert.deepEqual(mergesOf(["😀", "😁", "😀😁"], [-1, -2, 0], () => true), [["😀", "😁"]]);
});
