import assert from "node:assert/strict";
import { type Stream, stream } from "../core/random.ts";
import { fitExponentialTail } from "./exponential_tail.ts";

const exponential = (random: Stream) => -Math.log(1 - random.uniform());

const sample = (n: number, draw: () => number) =>
  Array.from({ length: n }, draw).sort((a, b) => a - b);

Deno.test("fitExponentialTail() finds the scale of an exponential, which has no memory of the threshold", () => {
  const random = stream("tail scale");
  const { scale, exceedances } = fitExponentialTail(
    sample(100_000, () => 3 * exponential(random)),
    0.05,
  )!;
  assert.equal(exceedances, 5000);
  assert.ok(Math.abs(scale - 3) < 0.15, `${scale}`); // 3.5 standard errors
});

Deno.test("fitExponentialTail() has a distance above the usual one in 5 of 100 samples of an exponential", () => {
  const random = stream("tail distance");
  const rounds = 2000;
  let above = 0;
  for (let round = 0; round < rounds; round++) {
    const { distance, usualDistance } = fitExponentialTail(
      sample(600, () => exponential(random)),
      0.05,
    )!;
    if (distance > usualDistance) above++;
  }
  assert.ok(Math.abs(above / rounds - 0.05) < 0.02, `${above / rounds}`);
});

Deno.test("fitExponentialTail() shows by its distance that a tail is none", () => {
  const random = stream("no tail");
  const bounded = fitExponentialTail(sample(2000, () => random.uniform()), 0.05)!; // ends at 1
  assert.ok(bounded.distance > bounded.usualDistance);
});

Deno.test("fitExponentialTail() computes the distance by hand's figures", () => {
  // above 0: 1 and 3, mean 2; fitted 0.3935 and 0.7769, against steps from 0 to 0.5 to 1
  const { threshold, scale, distance } = fitExponentialTail([-1, 0, 1, 3], 0.5)!;
  assert.deepEqual([threshold, scale], [0, 2]);
  assert.ok(Math.abs(distance - (1 - Math.exp(-0.5))) < 1e-12);
});

Deno.test("fitExponentialTail() finds none where nothing lies above", () => {
  assert.equal(fitExponentialTail([1], 0.05), null);
  assert.equal(fitExponentialTail([0, 2, 2, 2], 0.05), null);
});
