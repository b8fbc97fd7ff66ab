import assert from "node:assert/strict";
import { silent } from "../core/progress.ts";
import { stream } from "../core/random.ts";
import { temporaryFolder } from "../core/testing.ts";
import { type Model, modelParameters } from "../model/checkpoint.ts";
import { initialParameters } from "../model/parameters.ts";
import { readSignals } from "../signals/signals.ts";
import { epochsFor, type Lesson, trainAnswers } from "./answers.ts";

const config = {
  vocabSize: 24,
  hiddenSize: 16,
  intermediateSize: 24,
  layers: 1,
  heads: 2,
  contextLength: 32,
};
const parameters = initialParameters(modelParameters(config, "language-model"), 1, "toy answers");
const base: Model = { config, head: "language-model", parameters };

/** A prompt of noise that ends in 20 or 21; the answer is 17 or 18 and the end. Every third has a longer answer. */
const random = stream("toy lessons");
const lessons: Lesson[] = Array.from({ length: 60 }, (_, i) => {
  const noise = Array.from({ length: 3 + random.below(20) }, () => 3 + random.below(12));
  const answer = [17 + i % 2, ...i % 3 === 0 ? [19, 19] : [], 2];
  return { ids: Int32Array.of(1, ...noise, 20 + i % 2, ...answer), answerFrom: noise.length + 2 };
});

/** Tunes for 30 steps. */
async function tune(threads: number, of: readonly Lesson[] = lessons, masking = 0.2, steps = 30) {
  using folder = temporaryFolder();
  return await trainAnswers(base, of, {
    schedule: {
      epochs: epochsFor(steps, of, 256),
      tokensPerStep: 256,
      learningRate: 0.02,
      warmup: 0.1,
    },
    masking,
    name: "toy answers",
    session: { threads },
    scratch: folder.path,
    progress: silent,
  });
}

/** Mean surprise of each lesson's answer. */
async function surprise(of: readonly Lesson[]): Promise<number[]> {
  const { tokenNll } = await readSignals(base, of.map(({ ids }) => ids), { tokens: true }, {
    threads: 1,
    progress: silent,
  });
  return of.map(({ answerFrom }, i) => {
    const own = tokenNll![i].subarray(answerFrom - 1);
    return own.reduce((sum, nll) => sum + nll, 0) / own.length;
  });
}

Deno.test("trainAnswers() begins with the mean over lessons of their answers' mean surprise, prompts left out", async () => {
  const few = lessons.slice(0, 6); // one batch
  const expected = (await surprise(few)).reduce((sum, nll) => sum + nll, 0) / few.length;
  const { losses } = await tune(1, few, 0, 1);
  assert.equal(losses.length, 1);
  assert.ok(Math.abs(losses[0] - expected) < 1e-5, `${losses[0]}, ${expected}`);
});

Deno.test("trainAnswers() learns answers, in the same bytes with one thread and with two", async () => {
  const trained = await tune(1);
  const again = await tune(2);
  assert.deepEqual(again.losses, trained.losses);
  assert.deepEqual(again.parameters, trained.parameters);
  assert.ok(trained.losses.at(-1)! < trained.losses[0] / 2);
});

Deno.test("epochsFor() makes exactly as many steps, however long the lessons are", async () => {
  for (const steps of [1, 3, 7, 20]) {
    for (const some of [lessons, lessons.slice(0, 7)]) {
      assert.equal((await tune(1, some, 0.2, steps)).losses.length, steps);
    }
  }
});
