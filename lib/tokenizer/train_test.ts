import assert from "node:assert/strict";
import { SPECIAL_TOKENS, trainBpe } from "./train.ts";
import golden from "./testdata/golden.json" with { type: "json" };

const { vocab, merges } = golden.tokenizerJson.model;

Deno.test("trainBpe() learns the vocabulary that the Rust trainer learns", () => {
  const learnt = trainBpe(golden.corpus, 340);
  const expected = Object.entries(vocab).sort(([, a], [, b]) => a - b).map(([token]) => token);
  assert.deepEqual(learnt.tokens, expected);
  assert.deepEqual(learnt.merges, merges);
});

Deno.test("trainBpe() stops where no pair occurs twice", () => {
  const { tokens, merges } = trainBpe(["abab"], 5000);
  assert.deepEqual(merges, [["a", "b"]]);
  assert.equal(tokens.length, SPECIAL_TOKENS.length + 256 + 1);
});

Deno.test("trainBpe() throws on a size that the bytes do not fit in", () => {
  assert.throws(
    () => trainBpe(["a"], 258),
    /^RangeError: .* size must be an integer >= 259, got 258/,
  );
});
