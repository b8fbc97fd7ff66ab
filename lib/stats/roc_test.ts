import assert from "node:assert/strict";
import fc from "fast-check";
import { auroc, rocCurve } from "./roc.ts";
import golden from "./testdata/ranking_golden.json" with { type: "json" };

const scores = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 40 });

/** Every pair, compared one by one. */
function slowAuroc(safe: number[], unsafe: number[]): number {
  const wins = unsafe.flatMap((u) => safe.map((s): number => u > s ? 1 : u === s ? 0.5 : 0));
  return wins.reduce((a, b) => a + b) / wins.length;
}

for (const { name, safe, unsafe, auroc: expected, roc } of golden.cases) {
  Deno.test(`auroc() agrees with scikit-learn (${name})`, () => {
    assert.ok(Math.abs(auroc(Object.freeze(safe), Object.freeze(unsafe)) - expected) < 1e-14);
  });

  Deno.test(`rocCurve() agrees with scikit-learn (${name})`, () => {
    const points = rocCurve(safe, unsafe);
    assert.deepEqual(points.slice(1).map((p) => p.threshold), roc.thresholds);
    const off = points.map((p, i) =>
      Math.max(Math.abs(p.fpr - roc.fpr[i]), Math.abs(p.tpr - roc.tpr[i]))
    );
    assert.equal(points.length, roc.fpr.length);
    assert.ok(Math.max(...off) < 1e-15);
  });
}

Deno.test("auroc() equals the count over all pairs, ties half", () => {
  fc.assert(fc.property(scores, scores, (safe, unsafe) => {
    assert.ok(Math.abs(auroc(safe, unsafe) - slowAuroc(safe, unsafe)) < 1e-12);
  }));
});

Deno.test("auroc() of swapped classes is the complement", () => {
  fc.assert(fc.property(scores, scores, (safe, unsafe) => {
    assert.ok(Math.abs(auroc(safe, unsafe) + auroc(unsafe, safe) - 1) < 1e-12);
  }));
});

Deno.test("auroc() is the area under rocCurve() by the trapezoid rule", () => {
  fc.assert(fc.property(scores, scores, (safe, unsafe) => {
    const points = rocCurve(safe, unsafe);
    const area = points.slice(1).reduce(
      (sum, p, i) => sum + (p.fpr - points[i].fpr) * (p.tpr + points[i].tpr) / 2,
      0,
    );
    assert.ok(Math.abs(area - auroc(safe, unsafe)) < 1e-12);
  }));
});

Deno.test("auroc() and rocCurve() throw when a class is missing or a score is not finite", () => {
  assert.throws(() => auroc([], [1]), /got 0 safe and 1 unsafe/);
  assert.throws(() => rocCurve([1], []), /got 1 safe and 0 unsafe/);
  assert.throws(() => auroc([1], [NaN]), /must be finite, got NaN/);
  assert.throws(() => rocCurve([-Infinity], [1]), /must be finite, got -Infinity/);
});
