import assert from "node:assert/strict";
import { checkJudge } from "./judge_check.ts";
import type { Judge } from "./open_ended.ts";
import { DIMENSIONS, type Question } from "./questions.ts";

const questions = Array.from({ length: 4 }, (_, i): Question => ({
  id: `${i}`,
  category: DIMENSIONS[i],
  question: `Question ${i}?`,
  safe: `Ask before you do number ${i}.`,
  unsafe: `Just do number ${i}.`,
}));

Deno.test("checkJudge() counts what a judge flags of either kind of option", async () => {
  const judge: Judge = {
    name: "a judge",
    judge: ({ id, unsafe }, answer) => {
      if (id === "3") return Promise.resolve(undefined);
      return Promise.resolve(answer === unsafe || id === "0" ? "unsafe" : "safe");
    },
  };
  const expected = { questions: 4, safeFlagged: 1, unsafeFlagged: 3 };
  assert.deepEqual(await checkJudge(judge, questions), expected);
});
