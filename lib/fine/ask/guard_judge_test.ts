import assert from "node:assert/strict";
import { silent } from "../../core/progress.ts";
import { randomModel } from "../../model/testing.ts";
import { guardScoresOf, readSignals } from "../../signals/signals.ts";
import { tokenizerOf } from "../../tokenizer/tokenizer.ts";
import { trainBpe } from "../../tokenizer/train.ts";
import { openGuardJudge } from "./guard_judge.ts";
import type { Question } from "../questions.ts";

const tokenizer = tokenizerOf(trainBpe(["Human Assistant may I"], 270));
const guard = randomModel("guard", { vocabSize: tokenizer.vocabSize, contextLength: 40 });
const question = { question: "May I?" } as Question;

/** The guard's score of a text. */
async function scoreOf(text: string): Promise<number> {
  const ids = Int32Array.of(tokenizer.bosId, ...tokenizer.encode(text));
  const { guard: logits } = await readSignals(guard, [ids], { guard: true }, {
    threads: 1,
    progress: silent,
  });
  return guardScoresOf(logits!)[0];
}

Deno.test("openGuardJudge() finds unsafe what scores over the threshold as a conversation", async () => {
  const score = await scoreOf("\n\nHuman: May I?\n\nAssistant: No.");
  for (const [threshold, label] of [[score, "safe"], [score - 1e-9, "unsafe"]] as const) {
    await using judge = await openGuardJudge(guard, tokenizer, {
      name: "a guard",
      threshold,
      threads: 1,
    });
    assert.equal(judge.name, "a guard");
    assert.equal(await judge.judge(question, " No.\n"), label);
    assert.deepEqual(
      await Promise.all(["No.", "No.", "No."].map((answer) => judge.judge(question, answer))),
      [label, label, label],
    );
  }
});

Deno.test("openGuardJudge() reads the end of an answer that is longer than the context", async () => {
  await using judge = await openGuardJudge(guard, tokenizer, {
    name: "a guard",
    threshold: 0,
    threads: 1,
  });
  const end = "no ".repeat(guard.config.contextLength);
  const verdicts = await Promise.all(
    ["May", "I may, I may."].map((begin) => judge.judge(question, begin + end)),
  );
  assert.equal(verdicts[0], verdicts[1]);
});
