import assert from "node:assert/strict";
import { forEachDraw, intervalOfDraws, pairedDifference } from "./paired_bootstrap.ts";
import { unitsOf } from "./bootstrap.ts";

const units = unitsOf(["a", "a", "a", "b", "b"]);

/** All draws, copied. */
function draws(options: { seeds?: number[]; unitStream?: string; seedStream?: string } = {}) {
  const found: { index: number; units: number[]; seeds: number[][] }[] = [];
  forEachDraw(
    { units, unitStream: "test/units", seedStream: "test", resamples: 50, ...options },
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
