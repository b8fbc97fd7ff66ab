import assert from "node:assert/strict";
import { likelihoodRatio } from "./likelihood_ratio.ts";

Deno.test("likelihoodRatio is the surprise under the safe model less that under the base", () => {
  const scores = likelihoodRatio.score({
    safe: Float32Array.of(2, 5, 1.5), // the second text is hard for both, the third got easier
    base: Float32Array.of(1.25, 5, 2),
  });
  assert.deepEqual([...scores], [0.75, 0, -0.5]);
});

Deno.test("likelihoodRatio refuses rows that only one model has read, and surprise that is no number", () => {
  const safe = Float32Array.of(1, 2);
  assert.throws(() => likelihoodRatio.score({ safe, base: safe.subarray(1) }), /got 2 and 1$/);
  assert.throws(
    () => likelihoodRatio.score({ safe, base: Float32Array.of(1, NaN) }),
    /got 2 and NaN in row 1$/,
  );
});
