import assert from "node:assert/strict";
import fc from "fast-check";
import { type Stream, stream } from "./random.ts";
import golden from "./testdata/random_golden.json" with { type: "json" };

const many = <T>(name: string, count: number, draw: (random: Stream) => T): T[] => {
  const random = stream(name);
  return Array.from({ length: count }, () => draw(random));
};

Deno.test("stream() draws what an independent xoroshiro128+ draws", () => {
  assert.deepEqual(many("golden/int32", 12, (r) => r.int32()), golden.int32);
  assert.deepEqual(many("golden/uniform", 6, (r) => r.uniform()), golden.uniform);
  assert.deepEqual(many("golden/below", 20, (r) => r.below(10)), golden.below10);
  assert.deepEqual(many("golden/é日🎉", 3, (r) => r.int32()), golden.unicode);
  assert.deepEqual(
    stream("golden/shuffle").shuffle(golden.shuffle.keys().toArray()),
    golden.shuffle,
  );
});

Deno.test("below() throws draws away where they would favour small values", () => {
  assert.deepEqual(many("golden/below", 12, (r) => r.below(2 ** 31 + 1)), golden.belowHalf);
});

Deno.test("normal() agrees with the Box-Muller formula of Python's math", () => {
  const draws = many("golden/normal", 6, (r) => r.normal());
  draws.forEach((draw, i) => assert.ok(Math.abs(draw - golden.normal[i]) < 1e-14));
});

Deno.test("normal() has the moments of the standard normal distribution", () => {
  const draws = many("moments", 20_000, (r) => r.normal());
  const moment = (power: number) => draws.reduce((sum, x) => sum + x ** power, 0) / draws.length;
  // 4 standard errors: of the mean 1/√n, of x² √(2/n), of x⁴ √(96/n)
  const bound = (variance: number) => 4 * Math.sqrt(variance / draws.length);
  assert.ok(Math.abs(moment(1)) < bound(1));
  assert.ok(Math.abs(moment(2) - 1) < bound(2));
  assert.ok(Math.abs(moment(4) - 3) < bound(96));
});

Deno.test("stream() gives the same draws for one name and others for another", () => {
  fc.assert(fc.property(fc.string(), fc.string(), (a, b) => {
    const draws = (name: string) => many(name, 4, (r) => r.int32());
    assert.deepEqual(draws(a), draws(a));
    if (a !== b) assert.notDeepEqual(draws(a), draws(b));
  }));
});

Deno.test("uniform() and below() stay within their bounds", () => {
  fc.assert(fc.property(fc.string(), fc.integer({ min: 1, max: 2 ** 32 }), (name, bound) => {
    const random = stream(name);
    const [u, k] = [random.uniform(), random.below(bound)];
    assert.ok(u >= 0 && u < 1 && Number.isInteger(u * 2 ** 32));
    assert.ok(k >= 0 && k < bound && Number.isInteger(k));
  }));
});

Deno.test("below() gives every value its share", () => {
  const counts = new Array(6).fill(0);
  for (const k of many("dice", 6000, (r) => r.below(6))) counts[k]++;
  const chiSquare = counts.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
  assert.ok(chiSquare < 20.5, `${counts}`); // 99.9% quantile at 5 degrees of freedom
});

Deno.test("below() refuses bounds that it cannot draw under", () => {
  for (const bound of [0, -1, 1.5, 2 ** 32 + 1, NaN]) {
    assert.throws(() => stream("x").below(bound), /^RangeError: Cannot draw below/);
  }
});

Deno.test("shuffle() reorders a copy and loses nothing", () => {
  fc.assert(fc.property(fc.string(), fc.array(fc.integer()), (name, items) => {
    const shuffled = stream(name).shuffle(Object.freeze(items));
    assert.deepEqual(shuffled.toSorted((a, b) => a - b), items.toSorted((a, b) => a - b));
  }));
});

Deno.test("pick() gives one of the items and refuses an empty list", () => {
  const picked = new Set(many("pick", 100, (r) => r.pick(["a", "b", "c"])));
  assert.deepEqual([...picked].sort(), ["a", "b", "c"]);
  assert.throws(() => stream("x").pick([]), /^RangeError: Cannot pick from an empty list/);
});
