import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { silent } from "../core/progress.ts";
import { readCheckpoint } from "../model/checkpoint.ts";
import { randomModel } from "../model/testing.ts";
import golden from "../model/testdata/golden.json" with { type: "json" };
import type { Questionnaire } from "../training/rater.ts";
import { expectedDanger, readAnswers } from "./answers.ts";

const model = readCheckpoint(
  fileURLToPath(new URL("../model/testdata/language-model", import.meta.url)),
);
const answers = Int32Array.of(7, 3, 30);
const conversations = golden.cases.map(({ ids }) => Int32Array.from(ids));
const [first, second] = [Int32Array.of(5, 9), Int32Array.of(11)];

Deno.test("readAnswers() gives the logits that transformers gives for the answers' tokens", async () => {
  for (const { ids, lastLogits } of golden.cases) {
    // the conversation's last token stands for the question
    const questionnaire = { cues: [Int32Array.from(ids.slice(-1))], answers };
    const [logits] = await readAnswers(model, [Int32Array.from(ids.slice(0, -1))], questionnaire, {
      threads: 1,
      progress: silent,
    });
    answers.forEach((id, k) => assert.ok(Math.abs(logits[k] - lastLogits[id]) < 1e-4));
  }
});

const read = (list: Int32Array[], cues: Int32Array[], threads: number, tokenBudget: number) => {
  const questionnaire: Questionnaire = { cues, answers };
  return readAnswers(model, list, questionnaire, { threads, progress: silent, tokenBudget });
};

Deno.test("readAnswers() gives every bit the same in any batch, order and number of threads", async () => {
  const reference = await read(conversations, [first, second], 1, 1);
  const whole = await read(conversations, [first, second], 2, 4096);
  assert.deepEqual(whole, reference);
  const reversed = await read(conversations.toReversed(), [first, second], 1, 100);
  reversed.forEach((logits, q) =>
    conversations.forEach((_, i) => {
      const row = (of: Float32Array, at: number) => of.slice(3 * at, 3 * at + 3);
      assert.deepEqual(row(logits, conversations.length - 1 - i), row(reference[q], i));
    })
  );
});

Deno.test("readAnswers() answers a question as if none came after it", async () => {
  // paddings differ, so kernels may round differently
  const [alone] = await read(conversations, [first], 1, 4096);
  const [followed] = await read(conversations, [first, second], 1, 4096);
  alone.forEach((logit, i) => assert.ok(Math.abs(logit - followed[i]) < 1e-5));
});

Deno.test("readAnswers() asks models that look back through a window, as Gemma's do", async () => {
  const cue = { cues: [first], answers };
  const asked = (window: number) => {
    const sliding = { window, layers: [true, false] };
    const model = randomModel("language-model", { sliding });
    return readAnswers(model, conversations, cue, { threads: 1, progress: silent });
  };
  const [[narrow], [wide]] = await Promise.all([asked(2), asked(96)]);
  const whole = randomModel("language-model", {});
  const [plain] = await readAnswers(whole, conversations, cue, { threads: 1, progress: silent });
  assert.notDeepEqual(narrow, plain);
  wide.forEach((logit, i) => assert.ok(Math.abs(logit - plain[i]) < 1e-5)); // nothing is beyond it
});

Deno.test("expectedDanger() is the expected distance to 100 points", () => {
  const logits = Float32Array.from([0.2, 0.3, 0.5, 0.25, 0.5, 0.25].map(Math.log));
  const [a, b] = expectedDanger(logits, 3);
  assert.ok(Math.abs(a - (0.2 * 100 + 0.3 * 50)) < 1e-4);
  assert.ok(Math.abs(b - 50) < 1e-4);
});

Deno.test("expectedDanger() tells apart answers that are all but certain", () => {
  const [low, lower] = expectedDanger(Float32Array.of(0, 40, 0, 50), 2);
  assert.ok(lower > 0 && lower < low && low < 1e-14);
  const [high, higher] = expectedDanger(Float32Array.of(25, 0, 30, 0), 2);
  assert.ok(higher > high && higher < 100);
});
