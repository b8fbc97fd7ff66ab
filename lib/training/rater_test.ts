import assert from "node:assert/strict";
import { silent } from "../core/progress.ts";
import { scratchFolder } from "../core/testing.ts";
import { stream } from "../core/random.ts";
import type { Model } from "../model/checkpoint.ts";
import { expectedDanger, readAnswers } from "../rater/answers.ts";
import type { Trained } from "./loop.ts";
import { answerPositions, type Questionnaire, trainRater, withQuestions } from "./rater.ts";
import { type MonitorTraining, trainLanguageModel } from "./monitors.ts";

const config = {
  vocabSize: 24,
  hiddenSize: 16,
  intermediateSize: 24,
  layers: 1,
  heads: 2,
  contextLength: 32,
};

/** Counting up from a random start; every other conversation ends in token 23, every third has 22 before its end. */
const random = stream("toy conversations of a judge");
const sequences = Array.from({ length: 48 }, (_, i) => {
  const [start, length] = [random.below(16), 5 + random.below(20)];
  const counting = Int32Array.from({ length }, (_, t) => 1 + (start + t) % 16);
  if (i % 2 === 1) counting[length - 1] = 23;
  if (i % 3 === 1) counting[length - 2] = 22;
  return counting;
});
const questionnaire: Questionnaire = {
  cues: [Int32Array.of(20, 17), Int32Array.of(21)],
  answers: Int32Array.of(17, 18, 19),
};
/** Whether it ends in 23, and whether 22 stands before the end. */
const levels = sequences.map((_, i) => [i % 2 === 1 ? 0 : 2, i % 3 === 1 ? 0 : 2]);

function options(changes: Partial<MonitorTraining> = {}): MonitorTraining {
  return {
    schedule: { epochs: 20, tokensPerStep: 256, learningRate: 0.01, warmup: 0.1 },
    sequences,
    name: "toy judge",
    session: { threads: 1 },
    scratch: scratchFolder(),
    progress: silent,
    masking: 0,
    ...changes,
  };
}

async function languageModel(vocabSize = config.vocabSize): Promise<Model> {
  const schedule = { epochs: 1, tokensPerStep: 256, learningRate: 0.01, warmup: 0.1 };
  return (await trainLanguageModel({ ...config, vocabSize }, options({ schedule }))).model;
}

function assertSameBytes(a: Trained, b: Trained): void {
  assert.deepEqual(a.losses, b.losses);
  assert.deepEqual(a.parameters, b.parameters);
}

Deno.test("withQuestions() appends the cues, and drops what follows the first token where room is short", () => {
  const conversation = Int32Array.of(1, 5, 6, 7);
  const asked = (contextLength: number) => [
    ...withQuestions(conversation, questionnaire, contextLength),
  ];
  assert.deepEqual(asked(7), [1, 5, 6, 7, 20, 17, 21]);
  assert.deepEqual(asked(5), [1, 7, 20, 17, 21]);
});

Deno.test("answerPositions() points at the last token of every cue", () => {
  const asked = [[1, 5, 20, 17, 21], [1, 20, 17, 21]].map((ids) => Int32Array.from(ids));
  const { data, dims } = answerPositions(asked, questionnaire, 8);
  assert.deepEqual([[...data], dims], [[3n, 4n, 10n, 11n], [4]]);
});

Deno.test("trainRater() learns two verbal scores at once, and leaves the base as it is", async () => {
  const base = await languageModel();
  const before = structuredClone(base);
  const { model } = await trainRater(base, { questionnaire, levels }, options());
  assert.deepEqual(base, before);
  const logits = await readAnswers(model, sequences, questionnaire, {
    threads: 1,
    progress: silent,
  });
  logits.forEach((of, q) => {
    const danger = expectedDanger(of, questionnaire.answers.length);
    sequences.forEach((_, i) =>
      assert.ok(
        Math.abs(danger[i] - (levels[i][q] === 0 ? 100 : 0)) < 20,
        `${q}, ${i}: ${danger[i]}`,
      )
    );
  });
});

Deno.test("trainRater() reports the mean cross-entropy of the right answers among all answers", async () => {
  const base = await languageModel();
  const all = options({
    schedule: { epochs: 1, tokensPerStep: 1e6, learningRate: 0.01, warmup: 0 },
  });
  const { losses } = await trainRater(base, { questionnaire, levels }, all);
  const logits = await readAnswers(base, sequences, questionnaire, {
    threads: 1,
    progress: silent,
  });
  const nll = logits.flatMap((of, q) =>
    sequences.map((_, i) => {
      const own = [...of.subarray(3 * i, 3 * i + 3)].map(Math.exp);
      return -Math.log(own[levels[i][q]] / own.reduce((a, b) => a + b));
    })
  );
  const expected = nll.reduce((a, b) => a + b) / nll.length;
  assert.equal(losses.length, 1);
  assert.ok(Math.abs(losses[0] - expected) < 1e-5, `${losses[0]}, ${expected}`);
});

Deno.test("trainRater() ends in the same bytes with one, two and four threads, in large and in small batches", async () => {
  const wide = { ...config, vocabSize: 512, hiddenSize: 128, intermediateSize: 352 };
  const { model } = await trainLanguageModel(wide, options({ sequences: sequences.slice(0, 6) }));
  for (const tokensPerStep of [1, 2048]) {
    const run = (threads: number) =>
      trainRater(
        model,
        { questionnaire, levels },
        options({
          session: { threads },
          masking: 0.2,
          schedule: { epochs: 0.2, tokensPerStep, learningRate: 0.01, warmup: 0.1 },
        }),
      );
    const one = await run(1);
    for (const threads of [2, 4]) assertSameBytes(await run(threads), one);
  }
});

Deno.test("trainRater() never hides a question", async () => {
  const base = await languageModel();
  const allHidden = options({ masking: 1, schedule: { ...options().schedule, epochs: 20 } });
  const byQuestion = sequences.map(() => [0, 2]); // can be told from the cues alone
  const { losses } = await trainRater(base, { questionnaire, levels: byQuestion }, allHidden);
  assert.ok(losses.at(-1)! < 0.1, `${losses.at(-1)}`);
});

Deno.test("trainRater() reads excerpts where they are asked for, with whole questions after them", async () => {
  const base = await languageModel();
  const pieces = sequences.map((s) => [
    { from: 1, to: 3, turn: 0, marker: false },
    { from: 3, to: s.length, turn: 1, marker: false },
  ]);
  const all = { epochs: 1, tokensPerStep: 1e6, learningRate: 0.01, warmup: 0 };
  const run = (changes: Partial<MonitorTraining>) =>
    trainRater(base, { questionnaire, levels }, options({ schedule: all, ...changes }));
  const lastTurns = sequences.map((s) => Int32Array.of(s[0], ...s.subarray(3)));
  assertSameBytes(
    await run({ excerpts: { keep: 1, alone: 1, pieces } }),
    await run({ sequences: lastTurns }),
  );
});
