import assert from "node:assert/strict";
import fc from "fast-check";
import { tprAtFpr } from "../stats/tpr_at_fpr.ts";
import { combine, combineLambda, fitLambda, lambdaShares, logGrid } from "./fusion.ts";

// The release's own results for min, mean and lambda are checked in lib/evaluation/analyze_test.ts.

const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const matrix = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 30 })).chain(
  ([monitors, rows]) =>
    fc.array(fc.array(finite, { minLength: rows, maxLength: rows }), {
      minLength: monitors,
      maxLength: monitors,
    }),
).map((scores) => scores.map((of) => Float64Array.from(of)));

Deno.test("combine() keeps mean between min and max, row by row", () => {
  fc.assert(fc.property(matrix, (scores) => {
    const [least, middle, most] = (["min", "mean", "max"] as const).map((how) =>
      combine(how, scores)
    );
    middle.forEach((value, i) => {
      const slack = 1e-9 * Math.max(Math.abs(least[i]), Math.abs(most[i]));
      assert.ok(least[i] - slack <= value && value <= most[i] + slack);
      assert.ok(scores.some((of) => of[i] === least[i]) && scores.some((of) => of[i] === most[i]));
    });
  }));
});

Deno.test("combine() refuses monitors with different numbers of rows", () => {
  assert.throws(
    () => combine("mean", [Float64Array.of(1), Float64Array.of(1, 2)]),
    /one score a row, got 1, 2/,
  );
});

const rows = Array.from({ length: 120 }, (_, i) => ({
  domain: i % 4 < 3 ? "hh-rlhf-harmless" : "scheming",
  malign: i % 2,
}));

Deno.test("fitLambda() takes means and population deviations of the safe ID rows", () => {
  const anchor = Float64Array.from(rows, (row, i) => row.malign === 1 ? 50 : i % 4 === 0 ? 2 : 6);
  const constant = new Float64Array(rows.length).fill(3);
  const { means, deviations } = fitLambda(rows, [anchor, constant]);
  assert.deepEqual(means, [4, 3]);
  assert.deepEqual(deviations, [2, 1e-6]);
});

Deno.test("fitLambda() takes the largest coefficient when the others help, and 0 when they harm", () => {
  const truth = Float64Array.from(rows, (row, i) => row.malign + i / 1000);
  const noisy = Float64Array.from(
    rows,
    (row, i) => row.malign * (i % 7 < 4 ? 1 : 0) + (i % 5) / 10,
  );
  assert.equal(fitLambda(rows, [noisy, truth]).coefficient, 100);
  assert.equal(
    fitLambda(rows, [truth, truth.map((score) => -score)], { grid: [2, 5] }).coefficient,
    0,
  );
});

Deno.test("fitLambda() never lowers recall on the rows it was fitted to", () => {
  const scores = fc.array(finite, { minLength: 120, maxLength: 120 });
  fc.assert(fc.property(scores, scores, (a, b) => {
    const monitors = [Float64Array.from(a), Float64Array.from(b)];
    const recall = (combined: Float64Array) => {
      const of = (malign: number) =>
        combined.filter((_, i) => rows[i].domain !== "scheming" && rows[i].malign === malign);
      return tprAtFpr(of(0), of(1), 0.01).tpr;
    };
    const lambda = fitLambda(rows, monitors);
    const alone = combineLambda({ ...lambda, coefficient: 0 }, monitors);
    assert.ok(recall(combineLambda(lambda, monitors)) >= recall(alone));
  }));
});

Deno.test("combineLambda() applies what was fitted on other rows", () => {
  const lambda = { coefficient: 0.5, anchor: 1, means: [1, 10, 100], deviations: [1, 2, 10] };
  const scores = [Float64Array.of(3), Float64Array.of(14), Float64Array.of(140)];
  assert.deepEqual([...combineLambda(lambda, scores)], [2 + 0.5 * (2 + 4) / 2]);
  assert.throws(() => combineLambda(lambda, scores.slice(1)), /fitted to 3 monitors, got 2/);
});

Deno.test("fitLambda() says what is missing", () => {
  const scores = [new Float64Array(rows.length), new Float64Array(rows.length)];
  assert.throws(() => fitLambda(rows, scores.slice(1)), /at least two monitors, got 1/);
  assert.throws(() => fitLambda(rows, scores, { anchor: 2 }), /anchor must be below 2, got 2/);
  assert.throws(
    () => fitLambda(rows, scores, { idDomains: ["verse"] }),
    /safe and unsafe rows of the ID domains, got 0 and 0/,
  );
});

Deno.test("logGrid() spaces exponents evenly", () => {
  assert.deepEqual(logGrid(-1, 1, 3), [0.1, 1, 10]);
  assert.deepEqual(logGrid(0, 5, 1), [1]);
  assert.throws(() => logGrid(1, 0, 3), /exponents must rise/);
});

Deno.test("lambdaShares() takes a combined score apart", () => {
  const lambda = { coefficient: 0.5, anchor: 1, means: [1, 10, 100], deviations: [1, 2, 10] };
  const { shares, scores } = lambdaShares(lambda, [
    Float64Array.of(3),
    Float64Array.of(14),
    Float64Array.of(140),
  ]);
  assert.deepEqual(shares.map(([share]) => share), [0.25 * 2, 2, 0.25 * 4]);
  assert.deepEqual([...scores], [3.5]);
});

Deno.test("lambdaShares() gives decimals that add up to the score, which is that of combineLambda()", () => {
  const scores = fc.array(finite, { minLength: 5, maxLength: 5 });
  fc.assert(fc.property(scores, scores, scores, (...parts) => {
    const lambda = { coefficient: 0.3, anchor: 0, means: [1, 2, 3], deviations: [1, 7, 0.1] };
    const monitors = parts.map((part) => Float64Array.from(part));
    const taken = lambdaShares(lambda, monitors);
    const units = (x: number) => BigInt(x.toFixed(6).replace(".", ""));
    combineLambda(lambda, monitors).forEach((combined, i) => {
      const sum = taken.shares.reduce((sum, of) => sum + units(of[i]), 0n);
      assert.equal(sum, units(taken.scores[i]));
      assert.ok(Math.abs(taken.scores[i] - combined) <= 2e-6 * Math.max(1, Math.abs(combined)));
    });
  }));
});

Deno.test("fitLambda() says where scores are too large to be standardised", () => {
  const rows = [0, 1].map((malign) => ({ domain: "hh-rlhf-helpful", malign }) as const);
  const huge = Float64Array.of(-1e308, 1e308);
  assert.throws(() => fitLambda(rows as never, [huge, huge]), {
    name: "UserError",
    message: /scores must be small enough to be standardised/,
  });
});
