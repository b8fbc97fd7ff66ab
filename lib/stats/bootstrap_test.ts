import assert from "node:assert/strict";
import fc from "fast-check";
import { stream } from "../core/random.ts";
import {
  forEachDraw,
  intervalOfDraws,
  pairedDifference,
  percentileInterval,
  resampler,
  unitsOf,
} from "./bootstrap.ts";

Deno.test("unitsOf() makes each row a unit, strata side by side", () => {
  const { unitOfRow, count, starts } = unitsOf(["b", "a", "b"]);
  assert.deepEqual([...unitOfRow], [0, 2, 1]);
  assert.deepEqual([count, starts], [3, [0, 2, 3]]);
});

Deno.test("unitsOf() joins rows of one cluster, but not across strata", () => {
  const { unitOfRow, count, starts } = unitsOf(["a", "a", "a", "b"], ["x", undefined, "x", "x"]);
  assert.deepEqual([...unitOfRow], [0, 1, 0, 2]);
  assert.deepEqual([count, starts], [3, [0, 2, 3]]);
});

Deno.test("resampler() draws as many units as a stratum has, the same for the same stream", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 });
  fc.assert(fc.property(sizes, fc.string(), (size, name) => {
    const starts = size.reduce((all, n) => [...all, all.at(-1)! + n], [0]);
    const [first, second] = [0, 1].map(() => {
      const draw = resampler({ starts }, stream(name));
      const counts = new Uint8Array(starts.at(-1)!);
      draw(counts);
      draw(counts);
      return counts;
    });
    assert.deepEqual(first, second);
    const drawn = size.map((_, s) =>
      first.subarray(starts[s], starts[s + 1]).reduce((a, b) => a + b, 0)
    );
    assert.deepEqual(drawn, size);
  }));
});

Deno.test("resampler() counts are binomial: mean 1, variance 1 - 1/n, covariance -1/n", () => {
  const [n, resamples] = [8, 40_000];
  const draw = resampler({ starts: [0, n] }, stream("bootstrap/test"));
  const counts = new Uint8Array(n);
  let [first, square, product] = [0, 0, 0];
  for (let r = 0; r < resamples; r++) {
    draw(counts);
    first += counts[0] / resamples;
    square += (counts[0] - 1) ** 2 / resamples;
    product += (counts[0] - 1) * (counts[n - 1] - 1) / resamples;
  }
  assert.ok(Math.abs(first - 1) < 0.02, `mean ${first}`); // 4 standard errors
  assert.ok(Math.abs(square - (1 - 1 / n)) < 0.04, `variance ${square}`);
  assert.ok(Math.abs(product + 1 / n) < 0.02, `covariance ${product}`);
});

Deno.test("resampler() draws from sfc32, pinned to a sequence computed elsewhere", () => {
  // From the state (1, 2, 3, 4) a separate 32-bit implementation gives 7, 34, 56623200, 188882296,
  // 3431242869, 399395954, 785775158, 3843710725; times 8 / 2^32, rounded down, these are:
  const expected = [0, 0, 0, 0, 6, 0, 1, 7];
  let next = 1;
  const draw = resampler({ starts: [0, 8] }, { ...stream(""), int32: () => next++ });
  const counts = new Uint8Array(8);
  draw(counts);
  assert.deepEqual(
    [...counts],
    [...counts.keys()].map((u) => expected.filter((e) => e === u).length),
  );
});

Deno.test("percentileInterval() spans the 2.5% and 97.5% quantiles", () => {
  const replicates = Array.from({ length: 201 }, (_, i) => (i * 37) % 201); // 0 … 200 in some order
  assert.deepEqual(percentileInterval(90, replicates), { estimate: 90, low: 5, high: 195 });
});

const five = unitsOf(["a", "a", "a", "b", "b"]);

/** All draws, copied. */
function draws(options: { seeds?: number[]; unitStream?: string; seedStream?: string } = {}) {
  const found: { index: number; units: number[]; seeds: number[][] }[] = [];
  forEachDraw(
    { units: five, unitStream: "test/units", seedStream: "test", resamples: 50, ...options },
    ({ index, units, seeds }) =>
      found.push({ index, units: [...units], seeds: seeds.map((of) => [...of]) }),
  );
  return found;
}

Deno.test("forEachDraw() begins with what was seen, and draws as many of each stratum as there are", () => {
  const found = draws({ seeds: [2, 3] });
  assert.equal(found.length, 51);
  assert.deepEqual(found[0], { index: 0, units: [1, 1, 1, 1, 1], seeds: [[1, 1], [1, 1, 1]] });
  const sum = (counts: number[]) => counts.reduce((a, b) => a + b);
  for (const { units, seeds } of found) {
    assert.deepEqual([sum(units.slice(0, 3)), sum(units.slice(3))], [3, 2]);
    assert.deepEqual(seeds.map(sum), [2, 3]);
  }
  assert.ok(found.some(({ units }) => units.includes(0)));
});

Deno.test("forEachDraw() draws the same seeds for things that have equally many, and no seeds move the units", () => {
  const found = draws({ seeds: [3, 2, 3] });
  for (const { seeds: [first, , third] } of found) assert.deepEqual(third, first);
  assert.deepEqual(draws().map(({ units }) => units), found.map(({ units }) => units));
  assert.notDeepEqual(draws({ unitStream: "test/others" }).at(-1), draws().at(-1));
});

Deno.test("a paired difference of a value and itself plus a constant has no width", () => {
  const values = Float64Array.of(0.5, 0.25, 0.75, 0.5);
  const difference = pairedDifference(values.map((value) => value + 0.25), values);
  assert.deepEqual(intervalOfDraws(difference), { estimate: 0.25, low: 0.25, high: 0.25 });
});
