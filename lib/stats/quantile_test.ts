import assert from "node:assert/strict";
import fc from "fast-check";
import { quantile, quantileSorted } from "./quantile.ts";
import golden from "./testdata/ranking_golden.json" with { type: "json" };

Deno.test("quantile() equals numpy.quantile() bit for bit", () => {
  const { values, p, expected } = golden.quantiles;
  assert.deepEqual(p.map((share) => quantile(Object.freeze(values), share)), expected);
});

Deno.test("quantile() of equal values is that value for every share", () => {
  fc.assert(fc.property(
    fc.double({ noNaN: true, min: -1e9, max: 1e9 }),
    fc.integer({ min: 1, max: 30 }),
    fc.double({ noNaN: true, min: 0, max: 1 }),
    (value, n, p) => assert.ok(quantile(Array(n).fill(value), p) === value),
  ));
});

Deno.test("quantile() refuses NaN, infinities, no values and shares outside [0, 1]", () => {
  assert.throws(() => quantile([1, NaN], 0.5), /finite, got NaN at index 1/);
  assert.throws(() => quantile([Infinity, 2], 0.5), /finite, got Infinity at index 0/);
  assert.throws(() => quantile([], 0.5), /there are no values/);
  assert.throws(() => quantileSorted([1], 1.5), /p must lie in \[0, 1\], got 1.5/);
});
