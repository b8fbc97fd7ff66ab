import assert from "node:assert/strict";
import { findingsOf } from "../lib/experiment/experiment.ts";
import { join } from "node:path";
import { temporaryFolder } from "../lib/core/testing.ts";
import { writeTinySuite } from "../lib/conversation/testing.ts";
import { contrastIn } from "../lib/evaluation/findings.ts";
import { readClaims } from "../lib/results/claim.ts";
import { openWorkbench } from "../lib/workbench/open_workbench.ts";
import { DIMENSIONS } from "../lib/fine/questions.ts";
import experiment from "./fake_alignment.ts";

/** Runs the experiment on a fiftieth of the embedded suite, from an empty cache. */
async function runTiny(folder: string, threads: number) {
  const suite = writeTinySuite(folder, 50);
  const cache = join(folder, `cache-${threads}`);
  const options = { suite, quick: true, seeds: 1, threads, cache, say: () => {} };
  const bench = await openWorkbench(options);
  const quickTraining = { formatSteps: 3, tuningSteps: 2, maxTokens: 3 };
  const config = { ...experiment.config, quickTraining, quickQuestions: 1, resamples: 20 };
  return await findingsOf(experiment, bench, config);
}

Deno.test("fake_alignment gives the same findings with one thread and with two, among them what claims ask for", async () => {
  using temporary = temporaryFolder();
  const folder = temporary.path;
  const findings = await runTiny(folder, 1);
  assert.deepEqual(await runTiny(folder, 2), findings);
  const { questions, respondents, results, contrasts } = findings;
  assert.deepEqual([questions.train, questions.test], [50, DIMENSIONS.length]);
  assert.equal(respondents.length, 6);
  for (const respondent of respondents) {
    const { css, cs, safe, passed } = results[respondent].overall.metrics;
    assert.ok(css!.estimate <= Math.min(cs!.estimate, safe!.estimate, passed!.estimate));
  }
  const claims = readClaims(join(import.meta.dirname!, "../data/claims/fine.json"));
  assert.equal(claims.length, 6);
  for (const { predicate: { contrast } } of claims) contrastIn(contrasts, contrast!); // throws where there is none
});
