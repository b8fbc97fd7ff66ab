import assert from "node:assert/strict";
import { findingsOf } from "../lib/experiment/experiment.ts";
import { join } from "node:path";
import { temporaryFolder } from "../lib/core/testing.ts";
import { writeTinySuite } from "../lib/conversation/testing.ts";
import { contrastIn } from "../lib/evaluation/findings.ts";
import { readClaims } from "../lib/results/claim.ts";
import { openWorkbench } from "../lib/workbench/open_workbench.ts";
import experiment from "./judge.ts";

/** Runs the experiment on a fiftieth of the embedded suite, from an empty cache. */
async function runTiny(folder: string, threads: number) {
  const suite = writeTinySuite(folder, 50);
  const cache = join(folder, `cache-${threads}`);
  const say = () => {};
  const bench = await openWorkbench({ suite, quick: true, seeds: 1, threads, cache, say });
  return await findingsOf(experiment, bench, { share: 1, quickShare: 1, resamples: 20 });
}

Deno.test("judge gives the same findings with one thread and with two, among them what claims ask for", async () => {
  using temporary = temporaryFolder();
  const folder = temporary.path;
  const findings = await runTiny(folder, 1);
  assert.deepEqual(await runTiny(folder, 2), findings);
  const claims = readClaims(join(import.meta.dirname!, "../data/claims/mood.json"));
  const asked = claims.flatMap(({ predicate: { artifact, contrast } }) =>
    artifact === "judge" ? contrast! : []
  );
  assert.equal(asked.length, 3);
  for (const contrast of asked) assert.ok(contrastIn(findings.contrasts, contrast));
  assert.deepEqual(Object.keys(findings.results), [
    "guard",
    "judge alignment",
    "judge uncertainty",
    "guard+judge uncertainty",
  ]);
});
