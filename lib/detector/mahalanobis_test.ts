import assert from "node:assert/strict";
import { UserError } from "../core/errors.ts";
import { stream } from "../core/random.ts";
import type { Features } from "./detector.ts";
import { fitMahalanobis, type MahalanobisOptions } from "./mahalanobis.ts";
import { fitRelativeMahalanobis } from "./relative_mahalanobis.ts";
import golden from "./testdata/detectors_golden.json" with { type: "json" };

const threads = 1;
const shrunk: MahalanobisOptions = { covariance: "ledoit-wolf", threads };
const features = (data: readonly number[], width: number): Features => ({
  data: Float32Array.from(data),
  width,
});

function assertClose(found: ArrayLike<number>, expected: readonly number[], relative = 1e-6): void {
  assert.equal(found.length, expected.length);
  expected.forEach((e, i) =>
    assert.ok(Math.abs(found[i] - e) <= relative * Math.abs(e), `[${i}]: ${found[i]}, ${e}`)
  );
}

for (const { name, width, train, x, sample, ledoitWolf, shrinkage } of golden.cases) {
  const [safe, rows] = [features(train, width), features(x, width)];
  Deno.test(`fitMahalanobis() agrees with scikit-learn's covariances (${name})`, async () => {
    if (sample !== null) {
      const plain = await fitMahalanobis(safe, { threads });
      assertClose(plain.score(rows), sample);
    }
    const detector = await fitMahalanobis(safe, shrunk);
    assertClose([detector.shrinkage], [shrinkage]);
    assertClose(detector.score(rows), ledoitWolf);
  });

  Deno.test(`fitMahalanobis() explains a squared score by its features (${name})`, async () => {
    const detector = await fitMahalanobis(safe, shrunk);
    const parts = detector.explain(rows, 5);
    assert.equal(parts.length, width);
    assertClose([parts.reduce((a, b) => a + b)], [detector.score(rows)[5] ** 2]);
  });
}

Deno.test("fitMahalanobis() explains by the feature that is off, when features do not go together", async () => {
  const detector = await fitMahalanobis(features([1, 0, -1, 0, 0, 2, 0, -2], 2), { threads });
  // variances 2/3 and 8/3: (3, 4) is 9 / (2/3) and 16 / (8/3) away
  assertClose(detector.explain(features([3, 4], 2), 0), [13.5, 6], 1e-5);
});

Deno.test("fitMahalanobis() scores each row apart from the others", async () => {
  const random = stream("mahalanobis/rows");
  const draw = (n: number) => features(Array.from({ length: n * 5 }, () => random.normal()), 5);
  const detector = await fitMahalanobis(draw(50), { threads });
  const rows = draw(300);
  const together = detector.score(rows);
  for (const [first, end] of [[0, 1], [17, 20], [255, 300]]) {
    const alone = { data: rows.data.subarray(first * 5, end * 5), width: 5 };
    assert.deepEqual(detector.score(alone), together.slice(first, end));
  }
});

Deno.test("fitRelativeMahalanobis() subtracts the squared distance to all rows", async () => {
  const [{ train, x, width, sample }] = golden.cases;
  const [all, rows] = [features(train, width), features(x, width)];
  const safe = { data: all.data.subarray(0, 40 * width), width };
  const relative = await fitRelativeMahalanobis({ safe, all }, { threads });
  const near = (await fitMahalanobis(safe, { threads })).score(rows);
  const scores = relative.score(rows);
  assertClose(scores, sample!.map((far, i) => near[i] ** 2 - far ** 2));
  assertClose([relative.explain(rows, 2).reduce((a, b) => a + b)], [scores[2]]);
});

async function assertRefuses(
  safe: Features,
  message: RegExp,
  remedy: RegExp,
  options: MahalanobisOptions = { threads },
): Promise<void> {
  await assert.rejects(fitMahalanobis(safe, options), (error: unknown) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, message);
    assert.match(error.remedy, remedy);
    return true;
  });
}

Deno.test("fitMahalanobis() offers shrinkage when there are too few safe rows", async () => {
  const few = features([1, 2, 3, 4, 5, 7], 3);
  await assertRefuses(few, /3 features need at least 4 safe training rows, got 2$/, /Ledoit-Wolf/);
  await assertRefuses(features([1, 2], 2), /at least 2 .* got 1$/, /^Give more safe rows/, shrunk);
});

Deno.test("fitMahalanobis() names features that never vary", async () => {
  const safe = features([1, 0.1, 2, 0.1, 4, 0.1, 3, 0.1], 2);
  await assertRefuses(safe, /1 of 2 are the same in all 4 rows: 1$/, /Ledoit-Wolf/);
  assert.ok((await fitMahalanobis(safe, shrunk)).shrinkage > 0);
  await assertRefuses(
    features([7, 8, 7, 8], 2),
    /2 of 2 are the same/,
    /another layer .* win\)\.$/,
    shrunk,
  );
});

Deno.test("fitMahalanobis() names a feature that follows from others", async () => {
  const random = stream("mahalanobis/collinear");
  const rows = Array.from({ length: 20 }, () => {
    const [a, b] = [100 * random.normal(), 100 * random.normal()].map(Math.fround);
    return [a, b, 2 * a];
  });
  await assertRefuses(features(rows.flat(), 3), /singular, feature 2 follows/, /Ledoit-Wolf/);
});

Deno.test("fitMahalanobis() and its detector refuse NaN and other widths", async () => {
  const data = Array.from({ length: 20 }, (_, i) => i ** 2 % 7);
  await assertRefuses(
    features(data.with(5, NaN), 2),
    /got NaN as feature 1 of row 2$/,
    /the model/,
  );
  const detector = await fitMahalanobis(features(data, 2), { threads });
  assert.throws(() => detector.score(features([1, Infinity], 2)), /got Infinity as feature 1/);
  assert.throws(() => detector.score(features([1, 2, 3], 3)), /^RangeError: .* 2 wide .* got 3$/);
  assert.throws(() => detector.score(features([1, 2, 3], 2)), /whole rows of 2, got 3 values$/);
});
