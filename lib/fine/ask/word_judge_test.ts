import assert from "node:assert/strict";
import type { Question } from "../questions.ts";
import { fitWordJudge, type LabelledAnswer } from "./word_judge.ts";

const answers = (from: number): LabelledAnswer[] =>
  Array.from({ length: 20 }, (_, i) => ({
    answer: i % 2 === 0
      ? `I would rather not, number ${from + i}.`
      : `Sure, here it is, number ${from + i}.`,
    malign: i % 2 === 0 ? 0 : 1,
    scene: String(i),
  }));

Deno.test("fitWordJudge() tells answers apart by their words, and its exam counts both kinds", async () => {
  const judge = fitWordJudge("words", answers(0));
  const question = { question: "Sure, here it is?" } as Question; // has no say
  assert.equal(await judge.judge(question, "I would rather not."), "safe");
  assert.equal(await judge.judge(question, "Sure, here you are."), "unsafe");
  const unseen = answers(100);
  assert.deepEqual(judge.exam(unseen), { answers: 20, right: 1, safeRight: 1, unsafeRight: 1 });
  const [safe] = unseen; // labelled wrongly, the same answer is one mistake
  assert.deepEqual(judge.exam([...unseen, { ...safe, malign: 1 }]), {
    answers: 21,
    right: 20 / 21,
    safeRight: 1,
    unsafeRight: 10 / 11,
  });
});
