import assert from "node:assert/strict";
import { stream } from "../core/random.ts";
import { largestShare, splitBudget } from "./budget.ts";
import { tprAtFpr } from "../stats/tpr_at_fpr.ts";
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
  const losses = [0, 0.03, 0.1, 0.2, 1];
  const chosen = losses.map((loss) =>
    largestShare(ofSafe, ofUnsafe, { how: "smallest", grid, loss, fpr: 0.01 })
  );
  const shares = chosen.map(({ share }) => share);
  assert.deepEqual(shares, [...shares].sort());
  assert.ok(shares[0] <= 0.1 && shares[2] >= 0.3 && shares[3] < 1, `${shares}`);
  assert.equal(shares.at(-1), 1);
  const alone = tprAtFpr(safe[0], unsafe[0], 0.01).tpr;
  chosen.forEach((of, i) => {
    assert.equal(of.alone, alone);
    assert.ok(of.recall >= alone - losses[i], `${of.recall} at ${losses[i]}`);
  });
  const { recall } = chosen.at(-1)!; // the second monitor's own, which flags as few of unsafe rows as of others
  assert.equal(recall, tprAtFpr(safe[1], unsafe[1], 0.01).tpr);
});
