import assert from "node:assert/strict";
import { stream } from "../core/random.ts";
import { largestShare, splitBudget } from "./budget.ts";
import { fitCalibration, surprisal } from "./calibration.ts";

Deno.test("splitBudget() gives the others equal parts of their share", () => {
  assert.deepEqual(splitBudget(2, 0.5), [0.5, 0.25, 0.25]);
  assert.deepEqual(splitBudget(3, 0), [1, 0, 0, 0]);
});

Deno.test("largestShare() gives as much as the stated loss of recall allows", () => {
  const random = stream("largest share");
  const normal = (n: number, mean: number) =>
    Float64Array.from({ length: n }, () => random.normal() + mean);
  const safe = [normal(1000, 0), normal(1000, 0)];
  const unsafe = [normal(600, 2.5), normal(600, 0)]; // the second monitor sees nothing here, and so costs recall
  const [ofSafe, ofUnsafe] = [safe, unsafe].map((of) =>
    of.map((scores, m) => surprisal(fitCalibration(safe[m]), scores))
  );
  const grid = [0.1, 0.3, 0.5, 0.7, 0.9, 1];
  const share = (loss: number) =>
    largestShare(ofSafe, ofUnsafe, { how: "smallest", grid, loss, fpr: 0.01 });
  const shares = [0, 0.03, 0.1, 0.2, 1].map(share);
  assert.deepEqual(shares, [...shares].sort());
  assert.ok(shares[0] <= 0.1 && shares[2] >= 0.3 && shares[3] < 1, `${shares}`);
  assert.equal(shares.at(-1), 1);
});
