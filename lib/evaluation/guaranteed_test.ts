import assert from "node:assert/strict";
import { stream } from "../core/random.ts";
import { conformalThreshold, fitCalibration } from "../detector/calibration.ts";
import { evaluateAtP, promisedShare } from "./guaranteed.ts";

Deno.test("evaluateAtP() flags rows whose p is at most alpha, the bound included", () => {
  const rows = [0, 0, 0, 0, 1, 1].map((malign) => ({ domain: "hh-rlhf-harmless", malign }));
  const p = Float64Array.of(0.01, 0.02, 0.5, 1, 0.01, 0.010001);
  const { results: { m } } = evaluateAtP(rows, { m: { p: [p], rows: 99 } }, 0.01, {
    streamName: "test",
    resamples: 5,
  });
  assert.equal(m.id.metrics["fpr@0.01"]!.estimate, 0.25);
  assert.equal(m.id.metrics["recall@0.01"]!.estimate, 0.5);
});

Deno.test("promisedShare() says what calibrations flag, on average and mostly", () => {
  const random = stream("promised share");
  const [n, alpha, rounds] = [120, 0.05, 3000];
  const { onAverage, mostly } = promisedShare(n, alpha);
  assert.ok(onAverage <= alpha && mostly > alpha);
  const shares = Array.from({ length: rounds }, () => {
    const calibration = fitCalibration(Float64Array.from({ length: n }, () => random.uniform()));
    return 1 - conformalThreshold(calibration, alpha); // the share above it of all numbers from 0 to 1
  });
  const mean = shares.reduce((sum, share) => sum + share, 0) / rounds;
  assert.ok(Math.abs(mean - onAverage) < 0.002, `${mean}, not ${onAverage}`);
  const within = shares.filter((share) => share <= mostly).length / rounds;
  assert.ok(Math.abs(within - 0.975) < 0.01, `${within}`);
});

Deno.test("promisedShare() is nothing where too few rows are calibrated on to flag any", () => {
  assert.deepEqual(promisedShare(98, 0.01), { rows: 98, onAverage: 0, mostly: 0 });
});
