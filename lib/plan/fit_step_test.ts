import assert from "node:assert/strict";
import { join } from "node:path";
import { writeTinySuite } from "../conversation/testing.ts";
import { temporaryFolder } from "../core/testing.ts";
import { fitOnData, type FitOptions, openFit } from "../monitor/fit_on_data.ts";
import { doFitStep } from "./fit_step.ts";
import { inOrder } from "./steps.ts";

const quiet = () => {};

Deno.test("the steps of a fit, done one by one, leave nothing to train, and end in the same monitor", async () => {
  using temporary = temporaryFolder();
  const at = (name: string) => join(temporary.path, name);
  const suite = writeTinySuite(temporary.path, 25);
  const options = (name: string): FitOptions => ({
    suite,
    output: at(name),
    fusion: "smallest-p",
    byLength: false,
    fpr: [0.1],
    noThoughts: false,
    quick: true,
    threads: 1,
    cache: at(`${name}-cache`),
  });
  const needs = async () => inOrder(await (await openFit(options("steps"), quiet)).maker.needs());
  const names = (await needs()).map(({ name }) => name);
  assert.deepEqual(names, [
    "language model",
    "guard 0",
    "guard 0 over train",
    "safe language model",
  ]);
  for (const { key, name } of await needs()) {
    for (const i of [1, 2]) {
      const done = await doFitStep(options("steps"), { step: key, shard: { i, n: 2 } }, quiet);
      assert.match(done, new RegExp(`^${name}: \\d of \\d+ pieces made`));
    }
  }
  for (const { pieces, isDone } of await needs()) {
    for (let piece = 0; piece < pieces; piece++) assert.equal(await isDone(piece), true);
  }
  for (const name of ["steps", "whole"]) await fitOnData(options(name), quiet);
  const [there, here] = ["steps", "whole"].map((name) =>
    Deno.readTextFileSync(join(at(name), "monitor.json")) // with the hash of every other file
  );
  assert.equal(there, here);
});
