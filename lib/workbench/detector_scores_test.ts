import assert from "node:assert/strict";
import { join } from "node:path";
import { scratchFolder } from "../core/testing.ts";
import { writeTinySuite } from "../conversation/testing.ts";
import { randomModel, writeRandomCheckpoint } from "../model/testing.ts";
import { hasReport, reportSupport, withoutFunctions } from "../detector/report_support.ts";
import { UnplacedTokensError } from "../tokenizer/given.ts";
import { detectorScores } from "./detector_scores.ts";
import { chooseFrozenLayer, frozenScores } from "./frozen_scores.ts";
import { reportScores, turnScores } from "./language_model_scores.ts";
import { openWorkbench } from "./open_workbench.ts";
import { readChanged, readTokens } from "./read_tokens.ts";
import { SURPRISE } from "./scores.ts";
import { type RunOptions, trainsHere } from "./workbench.ts";

const scratch = scratchFolder();
const suite = writeTinySuite(scratch, 80);
const model = writeRandomCheckpoint(
  join(scratch, "model"),
  randomModel("language-model", { vocabSize: 300, layers: 3, contextLength: 200 }, "a"),
);
const open = async (others: Partial<RunOptions> = {}) => {
  const bench = await openWorkbench({
    suite,
    given: { model, device: "cpu", dtype: "float32", layer: 2 },
    quick: false,
    seeds: 1,
    threads: 1,
    cache: join(scratch, "cache"),
    say: () => {},
    ...others,
  });
  assert.ok(trainsHere(bench));
  return bench;
};

Deno.test("detectorScores() has every detector by name, each with a score for every row", async () => {
  const bench = await open();
  const scores = await detectorScores(bench, "test");
  assert.deepEqual(Object.keys(scores), [
    "perplexity",
    "perplexity, windows of 16",
    "perplexity, strangest turn",
    "turn-taking",
    "turn-taking, answers",
    "turn-taking, calls",
    "report support",
    "likelihood ratio",
    "mahalanobis",
    "relative mahalanobis",
    "nearest neighbours",
    "maximum softmax probability",
    "energy",
    "frozen mahalanobis",
  ]);
  for (const [name, [ofSeed]] of Object.entries(scores)) {
    assert.equal(ofSeed.length, bench.suite.test.length, name);
    assert.ok(new Set(ofSeed).size > 1, name);
  }
  // what was kept is what was worked out
  assert.deepEqual(await detectorScores(await open(), "test"), scores);
});

Deno.test("readChanged() reads what a change makes of conversations", async () => {
  const bench = await open();
  const rows = [...bench.suite.test.keys()]
    .filter((row) => hasReport(bench.suite.test[row].conversation)).slice(0, 3);
  const asTheyAre = await readTokens(bench, "test", rows);
  assert.deepEqual(
    await readChanged(bench, "test", rows, (conversation) => conversation),
    asTheyAre,
  );
  const answered = (conversation: string) => `${conversation}\n\nHuman: Thanks`;
  const longer = await readChanged(bench, "test", rows, answered);
  longer.forEach(({ conversation, nll, ends }, i) => {
    assert.equal(conversation, answered(asTheyAre[i].conversation));
    assert.equal(ends.length, nll.length);
    assert.equal(ends.at(-1), conversation.length);
  });
});

Deno.test("reportScores() is of conversations with and without their functions, and 0 where none is reported on", async () => {
  const bench = await open();
  const { test } = bench.suite;
  const [scores] = (await reportScores(bench, "test"))["report support"];
  const reported = [...test.keys()].filter((row) => hasReport(test[row].conversation));
  test.forEach((_, row) => assert.ok(reported.includes(row) || scores[row] === 0));
  const row = reported.find((row) => scores[row] > 0)!;
  const [whole] = await readTokens(bench, "test", [row]);
  const [without] = await readChanged(bench, "test", [row], withoutFunctions);
  assert.equal(scores[row], reportSupport.score({ whole: [whole], without: [without] })[0]);
  assert.ok(!without.conversation.includes("Function:"));
});

Deno.test("the likelihood ratio is about the safe language model and the one that it was", async () => {
  const bench = await open();
  const [scores] = (await detectorScores(bench, "test"))["likelihood ratio"];
  const { nll: safe } = await bench.signals(await bench.safeLanguageModel(), "test", SURPRISE);
  const { nll: base } = await bench.signals(await bench.languageModel(), "test", { nll: true });
  scores.forEach((score, i) => assert.equal(score, safe![i] - base![i]));
});

Deno.test("the layer of frozen states is the best on the calibration split", async () => {
  const bench = await open();
  const { layer, candidates } = (await chooseFrozenLayer(bench))!;
  assert.deepEqual(candidates.map(({ layer }) => layer), [1, 2, 3]);
  const best = Math.max(...candidates.map(({ auroc }) => auroc));
  assert.equal(candidates.find(({ auroc }) => auroc === best)!.layer, layer);
  const calibration = bench.suite.calibration.filter(({ malign }) => malign === 0);
  const safe = { ...bench, suite: { ...bench.suite, calibration } };
  assert.equal(await chooseFrozenLayer(safe), undefined);
  assert.deepEqual(await frozenScores(safe, "test"), {});
});

Deno.test("turnScores() says that it scores nothing where tokens have no places", async () => {
  const said: string[] = [];
  const bench = await open({ say: (message) => said.push(message) });
  const tokenizer = await bench.tokenizer();
  const encodeWithOffsets = () => {
    throw new UnplacedTokensError("Cannot say where tokens stand", "Take another checkpoint.");
  };
  const unplaced = {
    ...bench,
    tokenizer: () => Promise.resolve({ ...tokenizer, encodeWithOffsets }),
  };
  assert.deepEqual(await turnScores(unplaced, "calibration"), {});
  assert.match(said.join(), /Detectors on turns are left out\. Cannot say where tokens stand/);
});
