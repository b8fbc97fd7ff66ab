import assert from "node:assert/strict";
import { stream } from "../core/random.ts";
import { moments } from "./covariance.ts";
import type { Features } from "./detector.ts";

/** Correlated rows far from 0; more of them than a block has, and more features than a panel. */
function manyRows(n: number, width: number): Features {
  const random = stream("covariance test");
  const data = new Float32Array(n * width);
  for (let k = 0; k < data.length; k++) {
    data[k] = 50 + 0.5 * (data[k - 1] - 50 || 0) + random.uniform();
  }
  return { data, width };
}

/** Sums over rows around the mean, one product after the other. */
function slowScatter({ data, width }: Features, i: number, j: number): number {
  const n = data.length / width;
  const mean = (column: number) => {
    let sum = 0;
    for (let r = 0; r < n; r++) sum += data[r * width + column];
    return sum / n;
  };
  const [mi, mj] = [mean(i), mean(j)];
  let sum = 0;
  for (let r = 0; r < n; r++) sum += (data[r * width + i] - mi) * (data[r * width + j] - mj);
  return sum;
}

Deno.test("moments() gives float64 sums over several blocks and panels", async () => {
  const features = manyRows(2500, 400);
  const { rows, mean, scatter } = await moments(features, 2);
  assert.deepEqual([rows, mean.length, scatter.length], [2500, 400, 400 * 400]);
  const scale = slowScatter(features, 0, 0);
  for (const [i, j] of [[0, 0], [1, 0], [383, 384], [384, 383], [399, 2], [2, 399], [399, 399]]) {
    const error = Math.abs(scatter[i * 400 + j] - slowScatter(features, i, j));
    assert.ok(error < 1e-12 * scale, `(${i}, ${j}): ${error}`);
  }
});

Deno.test("moments() gives the same bits again, and for another number of threads", async () => {
  const features = manyRows(2100, 400);
  const once = await moments(features, 1);
  assert.deepEqual(await moments(features, 1), once);
  assert.deepEqual(await moments(features, 2), once);
});
