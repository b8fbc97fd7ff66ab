import assert from "node:assert/strict";
import { stream } from "../core/random.ts";
import { cholesky, SingularMatrixError, solveLower, solveUpper } from "./cholesky.ts";

/** A = B Bᵀ + I for a random B, so that it is positive definite. */
function positiveDefinite(d: number): Float64Array {
  const random = stream(`cholesky test ${d}`);
  const b = Array.from({ length: d }, () => Array.from({ length: d }, () => random.normal()));
  return Float64Array.from({ length: d * d }, (_, k) => {
    const [i, j] = [Math.floor(k / d), k % d];
    return b[i].reduce((sum, x, c) => sum + x * b[j][c], i === j ? 1 : 0);
  });
}

function times(a: Float64Array, x: Float64Array): Float64Array {
  const d = x.length;
  return x.map((_, i) => x.reduce((sum, v, j) => sum + a[i * d + j] * v, 0));
}

function assertClose(found: Float64Array, expected: Float64Array): void {
  assert.equal(found.length, expected.length);
  found.forEach((f, i) =>
    assert.ok(Math.abs(f - expected[i]) < 1e-9 * (1 + Math.abs(f)), `[${i}]: ${f}, ${expected[i]}`)
  );
}

for (const d of [1, 3, 16, 17, 50]) {
  Deno.test(`cholesky() and the solves undo a multiplication by A when d = ${d}`, () => {
    const a = positiveDefinite(d);
    const lower = cholesky(a, d);
    const x = Float64Array.from({ length: d }, (_, j) => j - 2.5);
    const b = times(a, x);
    assertClose(solveUpper(lower, solveLower(lower, b, d)), x);
    for (let i = 0; i < d; i++) {
      assert.ok(lower.subarray(i * d + i + 1, i * d + d).every((l) => l === 0));
    }
  });
}

Deno.test("solveLower() gives a row the same bits alone and among others", () => {
  const d = 19;
  const lower = cholesky(positiveDefinite(d), d);
  const rows = Float64Array.from({ length: 37 * d }, (_, k) => Math.sin(k));
  const together = solveLower(lower, rows, d);
  for (let i = 0; i < 37; i++) {
    const alone = solveLower(lower, rows.slice(i * d, (i + 1) * d), d);
    assert.deepEqual(alone, together.slice(i * d, (i + 1) * d));
  }
});

Deno.test("cholesky() names the column that follows from others, also when rounding hides it", () => {
  for (const noise of [0, 1e-12]) {
    const a = Float64Array.of(1, 0, 1, 0, 1, 1, 1, 1, 2 + noise);
    assert.throws(
      () => cholesky(a, 3),
      (error) => error instanceof SingularMatrixError && error.column === 2,
    );
  }
  assert.throws(() => cholesky(Float64Array.of(1, NaN, NaN, 1), 2), SingularMatrixError);
  assert.throws(() => cholesky(new Float64Array(5), 2), /width 2 needs 4 values, got 5$/);
});
