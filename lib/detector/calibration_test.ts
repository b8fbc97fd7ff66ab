import assert from "node:assert/strict";
import fc from "fast-check";
import { type Stream, stream } from "../core/random.ts";
import {
  conformalP,
  conformalRank,
  conformalThreshold,
  fitCalibration,
  surprisal,
} from "./calibration.ts";
import { fuseSurprisals } from "./p_fusion.ts";

const draws = (n: number, draw: () => number) => Float64Array.from({ length: n }, draw);

Deno.test("conformalP() counts ties against the alarm", () => {
  const calibration = fitCalibration([5, 1, 5, 3]);
  assert.deepEqual([...conformalP(calibration, [6, 5, 4, 1, 0])], [0.2, 0.6, 0.6, 1, 1]);
});

/** What safe scores may look like: the guarantee may not depend on it. */
const DISTRIBUTIONS: Record<string, (random: Stream) => number> = {
  "normal": (random) => random.normal(),
  "heavy tails": (random) => random.normal() / random.normal(),
  "heavy ties": (random) => random.below(4),
  "all tied but for a few": (random) => random.uniform() < 0.97 ? 0 : random.below(3),
};

Deno.test("conformalP() flags at most a share alpha of exchangeable rows, ties or not", () => {
  for (const [name, draw] of Object.entries(DISTRIBUTIONS)) {
    const random = stream(`conformal guarantee/${name}`);
    for (const [n, alpha] of [[40, 0.05], [99, 0.01], [150, 0.1]]) {
      const [rounds, rows] = [800, 20];
      let flagged = 0;
      for (let round = 0; round < rounds; round++) {
        const calibration = fitCalibration(draws(n, () => draw(random)));
        const p = conformalP(calibration, draws(rows, () => draw(random)));
        flagged += p.filter((value) => value <= alpha).length;
      }
      const share = flagged / (rounds * rows);
      const error = Math.sqrt(alpha / (rounds * Math.min(rows, 1 / alpha))); // of a round's rows, which share a threshold
      assert.ok(share <= alpha + 3 * error, `${name}, n ${n}: ${share} at ${alpha}`);
      if (name === "normal") {
        const exact = conformalRank(n, alpha) / (n + 1);
        assert.ok(Math.abs(share - exact) <= 3 * error, `n ${n}: ${share}, not ${exact}`);
      }
    }
  }
});

Deno.test("conformalThreshold() flags what conformalP() puts at alpha or below", () => {
  const finite = fc.integer({ min: -20, max: 20 });
  const some = fc.array(finite, { minLength: 1, maxLength: 120 });
  fc.assert(fc.property(some, some, fc.integer({ min: 1, max: 99 }), (safe, scores, percent) => {
    const calibration = fitCalibration(safe);
    const alpha = percent / 100;
    const threshold = conformalThreshold(calibration, alpha);
    conformalP(calibration, scores).forEach((p, i) =>
      assert.equal(scores[i] > threshold, p <= alpha)
    );
  }));
});

Deno.test("conformalThreshold() is infinite where so few rows can show no p-value that small", () => {
  const rows = (n: number) => fitCalibration(draws(n, Math.random));
  assert.equal(conformalThreshold(rows(98), 0.01), Infinity);
  assert.ok(Number.isFinite(conformalThreshold(rows(99), 0.01)));
  assert.equal(conformalRank(99, 0.29), 29); // 0.29 * 100 is 28.999999999999996
});

Deno.test("surprisal() is -log of the smoothed rank up to the 95% quantile and goes on along the tail", () => {
  const calibration = fitCalibration(Array.from({ length: 40 }, (_, i) => i)); // 0 to 39: two are above 37
  const { threshold, scale, exceedances } = calibration.tail!;
  assert.deepEqual([threshold, scale, exceedances], [37, 1.5, 2]);
  const found = surprisal(calibration, [-1, 20, 37, 38.5, 67]).map((l) => Math.exp(-l));
  const expected = [40.5, 20.5, 3.5, 2.5 * Math.exp(-1), 2.5 * Math.exp(-20)].map((x) => x / 41);
  found.forEach((p, i) => assert.ok(Math.abs(p / expected[i] - 1) < 1e-12, `${p}, ${expected[i]}`));
});

Deno.test("surprisal() keeps the order of the scores, and finds none infinite", () => {
  const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  const some = fc.array(finite, { minLength: 1, maxLength: 60 });
  fc.assert(fc.property(some, some, (safe, scores) => {
    const sorted = Float64Array.from(scores).sort();
    const found = surprisal(fitCalibration(safe), sorted);
    found.forEach((l, i) => assert.ok(l > 0 && l < Infinity && (i === 0 || l >= found[i - 1])));
  }));
});

Deno.test("surprisal() tells rows beyond all calibration rows apart, unless these are all equal", () => {
  const random = stream("beyond");
  const [far, farther] = surprisal(fitCalibration(draws(200, random.normal)), [50, 60]);
  assert.ok(farther > far && far > Math.log(201));
  const [a, b] = surprisal(fitCalibration([2, 2, 2]), [3, 4]);
  assert.equal(a, b);
});

Deno.test("surprisal() stays within what fusions can bear where the tail's scores are next to equal", () => {
  const [far] = surprisal(fitCalibration([0, 5e-324]), [1]);
  const twelve = Array.from({ length: 12 }, () => Float64Array.of(far));
  for (const how of ["smallest", "fisher", "stouffer", "cauchy", "harmonic"] as const) {
    assert.ok(Number.isFinite(fuseSurprisals(how, twelve)[0]), how);
  }
});

Deno.test("fitCalibration() gives the same from plain JSON", () => {
  const random = stream("calibration json");
  const calibration = fitCalibration(draws(100, random.normal));
  const again = JSON.parse(JSON.stringify(calibration));
  const scores = draws(30, () => 3 * random.normal());
  assert.deepEqual(surprisal(again, scores), surprisal(calibration, scores));
  assert.deepEqual(conformalP(again, scores), conformalP(calibration, scores));
});

Deno.test("fitCalibration() refuses no rows and scores without a rank", () => {
  assert.throws(() => fitCalibration([]), /there must be safe rows, got none/);
  assert.throws(() => fitCalibration([1, NaN]), /must be finite, got NaN/);
});
