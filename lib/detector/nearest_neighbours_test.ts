import assert from "node:assert/strict";
import { UserError } from "../core/errors.ts";
import { fitNearestNeighbours } from "./nearest_neighbours.ts";
import golden from "./testdata/detectors_golden.json" with { type: "json" };

const features = (data: readonly number[], width: number) => ({
  data: Float32Array.from(data),
  width,
});

for (const { name, width, train, x, neighbours } of golden.cases) {
  Deno.test(`fitNearestNeighbours() agrees with scikit-learn (${name})`, () => {
    const detector = fitNearestNeighbours(features(train, width), { k: 3 });
    const rows = features(x, width);
    const scores = detector.score(rows);
    neighbours.distances.forEach((expected, i) => {
      const found = detector.explain(rows, i);
      assert.deepEqual(found.map(({ row }) => row), neighbours.indices[i]);
      found.forEach(({ distance }, n) => assert.ok(Math.abs(distance - expected[n]) < 1e-6));
      assert.equal(scores[i], found[2].distance);
    });
  });
}

Deno.test("fitNearestNeighbours() compares directions: 0 along one, √2 across, 1 from a row of zeros", () => {
  const { score } = fitNearestNeighbours(features([3, 0], 2), { k: 1 });
  const scores = score(features([5, 0, 0, 7, -1, 0, 0, 0], 2));
  assert.deepEqual([...scores], [0, Math.SQRT2, 2, 1]);
});

Deno.test("fitNearestNeighbours() takes the first of equally near rows", () => {
  const { explain } = fitNearestNeighbours(features([1, 0, 0, 1, 0, 2, 0, 3], 2), { k: 2 });
  assert.deepEqual(explain(features([0, 1], 2), 0).map(({ row }) => row), [1, 2]);
});

Deno.test("fitNearestNeighbours() refuses too few rows, NaN and other widths", () => {
  const few = features([1, 2, 3, 4], 2);
  assert.throws(
    () => fitNearestNeighbours(few),
    (error) => error instanceof UserError && /k = 10 needs .* got 2$/.test(error.message),
  );
  assert.throws(() => fitNearestNeighbours(few, { k: 0 }), /^RangeError: .* got 0$/);
  assert.throws(() => fitNearestNeighbours(features([1, NaN], 2), { k: 1 }), /feature 1 of row 0$/);
  const { score } = fitNearestNeighbours(few, { k: 1 });
  assert.throws(() => score(features([1, 2, 3], 3)), /2 wide as in the fit, got 3$/);
});
