import assert from "node:assert/strict";
import { ensemble, type EnsembleScore } from "./ensemble.ts";
import golden from "./testdata/guards_golden.json" with { type: "json" };

const members = golden.members.map((member) => Float64Array.from(member));
const row = (...z: number[]) => z.map((value) => Float64Array.of(value));

for (const [how, expected] of Object.entries(golden.ensemble)) {
  Deno.test(`ensemble("${how}") agrees with SciPy`, () => {
    const scores = ensemble(how as EnsembleScore).score(members);
    assert.equal(scores.length, expected.length);
    scores.forEach((score, i) =>
      assert.ok(Math.abs(score - expected[i]) < 1e-9, `[${i}]: ${score}, ${expected[i]}`)
    );
  });
}

Deno.test('ensemble("max") keeps the most suspicious member, "min" the least', () => {
  assert.deepEqual([...ensemble("max").score(row(-2, 5, 1))], [5]);
  assert.deepEqual([...ensemble("min").score(row(-2, 5, 1))], [-2]);
});

Deno.test('ensemble("mean") still ranks rows whose probabilities all round to 1', () => {
  const { score } = ensemble("mean");
  assert.ok(score(row(50, 60))[0] < score(row(51, 60))[0]);
  assert.ok(Math.abs(score(row(800, 800))[0] - 800) < 1e-9);
});

Deno.test('ensemble("mutual information") is 0 where members agree and ln 2 where each is sure of its own', () => {
  const { score } = ensemble("mutual information");
  for (const z of [-900, -3, 0, 0.3, 900]) assert.ok(score(row(z, z, z))[0] < 1e-15);
  assert.ok(Math.abs(score(row(-900, 900))[0] - Math.LN2) < 1e-12);
});

Deno.test("ensemble() refuses one member, NaN, and members of different rows", () => {
  const { score } = ensemble("max");
  assert.throws(() => score(row(1)), /at least two members, got 1$/);
  assert.throws(
    () => score(row(1, NaN)),
    /member 1 must have 1 finite log-odds, got NaN in row 0$/,
  );
  const uneven = [Float64Array.of(1, 2), Float64Array.of(1)];
  assert.throws(() => score(uneven), /member 1 must have 2 finite log-odds, got 1$/);
});
