import assert from "node:assert/strict";
import fc from "fast-check";
import golden from "./testdata/p_fusion_golden.json" with { type: "json" };
import { fuseSurprisals, loudest, type PFusion } from "./p_fusion.ts";

const RULES: PFusion[] = ["smallest", "fisher", "stouffer", "cauchy", "harmonic"];

/** One row, from its p-values. */
const fuseP = (how: PFusion, p: number[], weights?: number[]) =>
  fuseSurprisals(how, p.map((x) => Float64Array.of(-Math.log(x))), weights)[0];

const near = (found: number, expected: number, what: string) =>
  assert.ok(
    Math.abs(found - expected) <= 1e-9 * Math.max(1, Math.abs(expected)),
    `${what}: ${found}, not ${expected}`,
  );

Deno.test("fuseSurprisals() agrees with SciPy on every rule, weighted where it has weights", () => {
  for (const { p, ...expected } of golden.cases) {
    for (const how of RULES) {
      if (expected[how] === 0) continue; // SciPy's underflow
      const wanted = how === "stouffer" ? expected[how] : -Math.log(expected[how]);
      near(fuseP(how, p, golden.weights), wanted, `${how} of ${p}`);
    }
    near(fuseP("smallest", p), -Math.log(expected.tippett), `smallest of ${p}, unweighted`);
  }
});

Deno.test("fuseSurprisals() rises with every monitor, also far below the smallest double", () => {
  const level = fc.double({ min: 1e-3, max: 5000, noNaN: true });
  const row = fc.tuple(level, level, level);
  fc.assert(fc.property(row, fc.integer({ min: 0, max: 2 }), level, (levels, which, more) => {
    const higher = levels.map((l, i) => i === which ? l + more : l);
    for (const how of RULES) {
      const [a, b] = [levels, higher].map((of) =>
        fuseSurprisals(how, of.map((l) => Float64Array.of(l)))[0]
      );
      const slack = 1e-9 * Math.max(1, Math.abs(a));
      assert.ok(Number.isFinite(a) && b >= a - slack, `${how}: ${a} to ${b}`);
    }
  }));
});

Deno.test("fuseSurprisals() does not hear monitors without weight", () => {
  for (const how of RULES) {
    const [p, q] = [0.03, 0.4];
    near(fuseP(how, [p, 1e-9, q], [0.5, 0, 0.5]), fuseP(how, [p, q]), how);
  }
});

Deno.test("fuseSurprisals() of one monitor is that monitor", () => {
  for (const how of RULES.filter((rule) => rule !== "stouffer")) {
    for (const p of [0.9, 0.2, 1e-20]) near(fuseP(how, [p]), -Math.log(p), how);
  }
  near(fuseP("stouffer", [0.025]), 1.959963984540054, "stouffer");
});

Deno.test("loudest() names the monitor whose p is smallest for its share of the budget", () => {
  const surprisals = [[0.02, 0.03, 0.5, 1e-50], [0.015, 0.01, 0.4, 1e-60], [0.5, 1e-9, 0.5, 0.1]]
    .map((p) => Float64Array.from(p, (x) => -Math.log(x)));
  const weights = [0.6, 0.4, 0];
  assert.deepEqual([...loudest(surprisals, weights)], [0, 1, 0, 1]);
  const fused = fuseSurprisals("smallest", surprisals, weights);
  const alone = fuseSurprisals("smallest", [surprisals[1]]);
  assert.ok(fused[1] < alone[1]); // which had all of the budget
});

Deno.test("fuseSurprisals() says what is wrong with rows and weights", () => {
  const two = [Float64Array.of(1), Float64Array.of(2)];
  assert.throws(() => fuseSurprisals("fisher", []), /one surprisal a row each, got none/);
  assert.throws(
    () => fuseSurprisals("fisher", [two[0], Float64Array.of(1, 2)]),
    /one surprisal a row each, got 1, 2/,
  );
  for (const weights of [[1], [0.5, 0.6], [1.5, -0.5]]) {
    assert.throws(() => fuseSurprisals("smallest", two, weights), /2 weights must be at least 0/);
  }
});
