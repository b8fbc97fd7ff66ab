/** Both experiments on calibrated p-values on a suite that has no benign shifts, as MOOD's has none. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { BENIGN_DOMAINS, isDomain } from "../lib/conversation/domains.ts";
import { writeTinySuite } from "../lib/conversation/testing.ts";
import { temporaryFolder } from "../lib/core/testing.ts";
import { type Artifact, artifactOf, type Experiment } from "../lib/experiment/experiment.ts";
import { renderFigure } from "../lib/report/figure.ts";
import { renderTable } from "../lib/report/table.ts";
import { parseArtifact } from "../lib/results/artifact.ts";
import { readClaims } from "../lib/results/claim.ts";
import { judgeClaim } from "../lib/results/claims.ts";
import { openWorkbench } from "../lib/workbench/open_workbench.ts";
import alarmBudget from "./alarm_budget.ts";
import calibratedFusion from "./calibrated_fusion.ts";

/** Leaves out the benign rows of a file. */
function leaveOutBenign(path: string): void {
  const lines = Deno.readTextFileSync(path).trimEnd().split("\n").filter((line) => {
    const { domain } = JSON.parse(line);
    return isDomain(domain) && !(BENIGN_DOMAINS as readonly string[]).includes(domain);
  });
  Deno.writeTextFileSync(path, lines.join("\n") + "\n");
}

Deno.test("without benign shifts, recall is compared, and claims about false alarms are not evaluated", async (t) => {
  using temporary = temporaryFolder();
  const suite = writeTinySuite(temporary.path, 40);
  leaveOutBenign(join(suite, "test.jsonl"));
  const cache = join(temporary.path, "cache");
  const bench = await openWorkbench({ suite, quick: true, seeds: 1, threads: 1, cache, say() {} });
  const claims = readClaims(join(import.meta.dirname!, "../data/claims/ours.json"));
  const aboutAlarms = ["smallest-p-price-on-twins", "nothing-gained-at-the-worst-shift"];
  for (const experiment of [calibratedFusion, alarmBudget] as unknown as Experiment[]) {
    const { name, config } = experiment;
    await t.step(name, async () => {
      const text = await artifactOf(experiment, bench, { ...config as object, resamples: 5 });
      const artifact: Artifact = parseArtifact(name, experiment, text);
      const { table, figure, reading } = experiment.show(artifact);
      const shown = renderTable(table) + reading + await renderFigure(figure);
      assert.doesNotMatch(shown, /NaN|undefined/);
      for (const claim of claims.filter(({ predicate }) => predicate.artifact === name)) {
        assert.equal(judgeClaim(claim, artifact).missing !== null, aboutAlarms.includes(claim.id));
      }
    });
  }
});
