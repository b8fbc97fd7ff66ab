import assert from "node:assert/strict";
import { join } from "node:path";
import { scratchFolder } from "../lib/core/testing.ts";
import { writeTinySuite } from "../lib/conversation/testing.ts";
import { contrastIn } from "../lib/evaluation/findings.ts";
import { findingsOf, missingFor } from "../lib/experiment/experiment.ts";
import { DIMENSIONS } from "../lib/fine/questions.ts";
import { randomModel, writeRandomCheckpoint } from "../lib/model/testing.ts";
import { readClaims } from "../lib/results/claim.ts";
import { openWorkbench } from "../lib/workbench/open_workbench.ts";
import type { RunOptions } from "../lib/workbench/workbench.ts";
import experiment from "./repair.ts";

const scratch = scratchFolder();
const suite = writeTinySuite(scratch, 50);

function options(model: string | undefined, threads: number): RunOptions {
  return {
    suite,
    ...model && { given: { model, device: "cpu", dtype: "float32" } },
    quick: true,
    seeds: 2,
    threads,
    cache: join(scratch, `cache-${threads}`),
    say: () => {},
  };
}

Deno.test("repair tunes a pretrained model, alike with one thread and with two, and finds what its claims ask for", async () => {
  const size = { vocabSize: 300, layers: 2, contextLength: 1024 };
  const model = writeRandomCheckpoint(
    join(scratch, "model"),
    randomModel("language-model", size, "a"),
  );
  const config = { ...experiment.config, maxTokens: 3, quickQuestions: 1, resamples: 20 };
  const [one, two] = await Promise.all([1, 2].map(async (threads) => {
    return await findingsOf(experiment, await openWorkbench(options(model, threads)), config);
  }));
  assert.deepEqual(one, two);
  const { questions, respondents, contrasts } = one;
  assert.deepEqual([questions.train, questions.test], [50, DIMENSIONS.length]);
  const names = ["untuned", "open-ended", "contrast"];
  assert.deepEqual(respondents, names.flatMap((name) => [name, `${name} by likelihood`]));
  const claims = readClaims(join(import.meta.dirname!, "../data/claims/repair.json"));
  assert.equal(claims.length, 5);
  for (const { predicate: { contrast } } of claims) contrastIn(contrasts, contrast!); // throws where there is none
});

Deno.test("repair says that it needs a pretrained model", async () => {
  const bench = await openWorkbench(options(undefined, 1));
  assert.equal(missingFor(experiment, bench), "a pretrained model, --model");
});
