import assert from "node:assert/strict";
import fc from "fast-check";
import golden from "./testdata/ranking_golden.json" with { type: "json" };
import { tprAtFpr } from "./tpr_at_fpr.ts";

for (const { name, safe, unsafe, at } of golden.cases) {
  Deno.test(`tprAtFpr() equals NumPy bit for bit (${name})`, () => {
    for (const { target, ...expected } of at) {
      assert.deepEqual(tprAtFpr(Object.freeze(safe), Object.freeze(unsafe), target), expected);
    }
  });
}

Deno.test("tprAtFpr() never flags more safe rows than the target allows, but for one", () => {
  const scores = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 80 });
  fc.assert(fc.property(scores, scores, fc.double({ min: 0, max: 1, noNaN: true }), (s, u, f) => {
    assert.ok(tprAtFpr(s, u, f).fpr <= f + 1 / s.length);
  }));
});

Deno.test("tprAtFpr() throws when a class is missing or a score is not finite", () => {
  assert.throws(() => tprAtFpr([1], [], 0.01), /got 1 safe and 0 unsafe/);
  assert.throws(() => tprAtFpr([1], [Infinity], 0.01), /must be finite, got Infinity/);
});
