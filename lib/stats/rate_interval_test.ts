import assert from "node:assert/strict";
import { stream } from "../core/random.ts";
import { rateInterval } from "./rate_interval.ts";
import { shareAbove, thresholdAt } from "./tpr_at_fpr.ts";

Deno.test("rateInterval() gives Clopper and Pearson's tabled intervals", () => {
  // of 1 in 24, 1 in 10 and 5 in 50
  const cases = [[24, 0.01, 0.001054, 0.2112], [10, 0.05, 0.002529, 0.445], [
    50,
    0.1,
    0.0333,
    0.2181,
  ]];
  for (const [n, target, lower, upper] of cases) {
    const found = rateInterval(n, target);
    assert.ok(Math.abs(found[0] - lower) < 5e-5, `${n}: ${found}`);
    assert.ok(Math.abs(found[1] - upper) < 5e-5, `${n}: ${found}`);
  }
  const [lower, upper] = rateInterval(1, 0.01);
  assert.ok(Math.abs(lower - 0.025) < 1e-12); // of one row: p itself is uniform
  assert.equal(upper, 1);
});

Deno.test("rateInterval() holds the true rate of a threshold at least as often as it says", () => {
  const random = stream("rate interval");
  const [n, target, draws] = [40, 0.01, 2000];
  const [lower, upper] = rateInterval(n, target);
  let held = 0;
  for (let i = 0; i < draws; i++) {
    const scores = Array.from({ length: n }, () => random.uniform());
    const rate = 1 - thresholdAt(scores, target); // the share above it of all numbers from 0 to 1
    assert.ok(shareAbove(scores, thresholdAt(scores, target)) <= 1 / n);
    if (rate >= lower && rate <= upper) held++;
  }
  assert.ok(held / draws >= 0.95, `${held / draws}`);
});
