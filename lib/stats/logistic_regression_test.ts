import assert from "node:assert/strict";
import { stream } from "../core/random.ts";
import { denseRows, fitLogisticRegression, logOdds, sparseRows } from "./logistic_regression.ts";
import golden from "./testdata/logistic_regression_golden.json" with { type: "json" };

function closest(actual: ArrayLike<number>, expected: ArrayLike<number>, within: number) {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    const error = Math.abs(actual[i] - expected[i]);
    assert.ok(error <= within, `[${i}]: ${actual[i]}, expected ${expected[i]}`);
  }
}

/** The nonzero entries of each row of a dense matrix. */
function nonzeros(x: Float32Array, d: number) {
  return Array.from({ length: x.length / d }, (_, i) => {
    const columns = [...Array(d).keys()].filter((j) => x[i * d + j] !== 0);
    return { columns, values: columns.map((j) => x[i * d + j]) };
  });
}

for (const { name, C, d, x, y, weights, intercept, logOdds: scores } of golden.cases) {
  Deno.test(`fitLogisticRegression() agrees with scikit-learn (${name})`, () => {
    const dense = Float32Array.from(x);
    for (const rows of [denseRows(dense, d), sparseRows(nonzeros(dense, d), d)]) {
      const model = fitLogisticRegression(rows, Object.freeze(y), { C });
      closest(model.weights, weights, 1e-5);
      closest([model.intercept], [intercept], 1e-4);
      closest(logOdds(model, rows).slice(0, 3), scores, 1e-4);
    }
  });
}

Deno.test("fitLogisticRegression() gives the same bits again, and the same weights from elsewhere", () => {
  const { x, y, d } = golden.cases[0];
  const rows = denseRows(Float32Array.from(x), d);
  const model = fitLogisticRegression(rows, y);
  assert.deepEqual(fitLogisticRegression(rows, y), model);
  const draws = stream("logistic-regression/start");
  const start = { weights: model.weights.map(() => 50 * draws.normal()), intercept: -300 };
  closest(fitLogisticRegression(rows, y, { start }).weights, model.weights, 1e-6);
});

Deno.test("fitLogisticRegression() throws when labels are wrong or of one class", () => {
  const rows = denseRows(new Float32Array(6), 2);
  assert.throws(() => fitLogisticRegression(rows, [0, 0, 0]), /got 3 of 0 and 0 of 1$/);
  assert.throws(() => fitLogisticRegression(rows, [0, 2, 1]), /label of row 1 .* got 2$/);
  assert.throws(() => fitLogisticRegression(rows, [0, NaN, 1]), /label of row 1 .* got NaN$/);
  assert.throws(() => fitLogisticRegression(rows, [0, 1]), /must be 3 labels, got 2$/);
  assert.throws(() => fitLogisticRegression(rows, [0, 1, 1], { C: 0 }), /above 0, got 0$/);
});

Deno.test("denseRows() and sparseRows() throw on values that no feature can have", () => {
  assert.throws(
    () => denseRows(Float32Array.of(1, 2, NaN, 4), 2),
    /feature 0 of row 1 .* got NaN$/,
  );
  assert.throws(() => denseRows(new Float32Array(3), 2), /n · 2 values, got 3$/);
  const row = { columns: [1], values: [Infinity] };
  assert.throws(() => sparseRows([row], 2), /feature 1 of row 0 .* got Infinity$/);
  assert.throws(() => sparseRows([{ columns: [2], values: [1] }], 2), /lie in \[0, 2\), got 2$/);
});

Deno.test("logOdds() throws on rows with other features than the model's", () => {
  const model = { weights: new Float64Array(3), intercept: 0 };
  assert.throws(() => logOdds(model, denseRows(new Float32Array(2), 2)), /have 3 features, got 2$/);
});
