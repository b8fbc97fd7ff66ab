/** The experiments behind the report's pictures, against what `evaluate` finds in the same scores by another way. */
import assert from "node:assert/strict";
import { findingsOf } from "../lib/experiment/experiment.ts";
import { join } from "node:path";
import { writeTinySuite } from "../lib/conversation/testing.ts";
import { temporaryFolder } from "../lib/core/testing.ts";
import { fuse, FUSED, PARTS, scoredParts } from "../lib/workbench/fused.ts";
import { openWorkbench } from "../lib/workbench/open_workbench.ts";
import { evaluate } from "../lib/evaluation/evaluation.ts";
import missedAndCaught from "./missed_and_caught.ts";
import rocCurves from "./roc_curves.ts";
import scoreDistributions from "./score_distributions.ts";

Deno.test("pictures of scores agree with recall and AUROC of the same scores", async (t) => {
  using temporary = temporaryFolder();
  const suite = writeTinySuite(temporary.path, 25);
  const cache = join(temporary.path, "cache");
  const bench = await openWorkbench({ suite, quick: true, seeds: 2, threads: 2, cache, say() {} });
  const parts = await scoredParts(bench, "test");
  const scores = { ...parts.scores, [FUSED]: fuse(PARTS, parts, parts).scores };
  const { results } = evaluate(parts.rows, scores, { streamName: "test", resamples: 1 });
  const recall = (monitor: string, group: string) =>
    results[monitor][group].metrics["recall@0.01"]!.estimate;

  await t.step(
    "the area under each curve of roc_curves is its AUROC, but for the steps",
    async () => {
      const { grid, curves } = await findingsOf(rocCurves, bench, { resamples: 1, steps: 400 });
      for (const [group, { metrics }] of Object.entries(results.guard)) {
        if (!(group in curves.guard)) continue;
        const rates = curves.guard[group];
        let area = 0;
        for (let k = 1; k < grid.length; k++) {
          area += (grid[k] - grid[k - 1]) * (rates[k] + rates[k - 1]) / 2;
        }
        assert.ok(Math.abs(area - metrics.auroc!.estimate) < 0.02, `${group}: ${area}`);
        assert.equal(rates.at(-1), 1);
      }
    },
  );

  await t.step("missed_and_caught counts what recall counts", async () => {
    const settings = { perGroup: 2, characters: 100 };
    const { counts, cases } = await findingsOf(missedAndCaught, bench, settings);
    for (const { group, n, rows: [both, onlyFusion, onlyGuard, neither] } of counts) {
      const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9, `${a}, ${b}`);
      near(both + onlyFusion + onlyGuard + neither, n);
      near(both + onlyGuard, n * recall("guard", group));
      near(both + onlyFusion, n * recall(FUSED, group));
    }
    for (const { id, text, omitted, spans, seeds } of cases) {
      const { conversation } = bench.suite.test.find((row) => row.id === id)!;
      assert.equal(text, conversation.slice(0, 100));
      assert.equal(omitted, conversation.length - text.length);
      assert.ok(seeds >= 1 && spans.every(({ start, end }) => start < end && end <= 100));
    }
  });

  await t.step(
    "score_distributions: shares add up to 1, and safe rows rank in the middle of themselves",
    async () => {
      const settings = { from: -4, to: 8, bins: 24 };
      const { groups, bins, distributions } = await findingsOf(scoreDistributions, bench, settings);
      assert.deepEqual([bins.length, bins[0], bins.at(-1)], [25, -4, 8]);
      assert.equal(groups.reduce((sum, { n }) => sum + n, 0), bench.suite.test.length);
      for (const { groups: of } of Object.values(distributions)) {
        for (const { shares, rank } of Object.values(of)) {
          assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-9);
          assert.ok(rank >= 0 && rank <= 1);
        }
      }
      const rank = distributions.guard.groups["safe ID rows"].rank;
      assert.ok(Math.abs(rank - 0.5) < 0.05, `${rank}`); // the median of the safe rows among themselves
    },
  );
});
