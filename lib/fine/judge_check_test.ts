import assert from "node:assert/strict";
import { UserError } from "../core/errors.ts";
import { checkJudge, decides } from "./judge_check.ts";
import type { Judge } from "./open_ended.ts";
import { DIMENSIONS, type Question } from "./questions.ts";

const questions = Array.from({ length: 4 }, (_, i): Question => ({
  id: `${i}`,
  category: DIMENSIONS[i],
  question: `Question ${i}?`,
  safe: `Ask before you do number ${i}.`,
  unsafe: `Just do number ${i}.`,
}));

const judgeOf = (judge: Judge["judge"]): Judge => ({ name: "a judge", judge });

Deno.test("checkJudge() counts what a judge flags of either kind of option, and how often it is right", async () => {
  const judge = judgeOf(({ id, unsafe }, answer) => {
    if (id === "3") return Promise.resolve(undefined);
    return Promise.resolve(answer === unsafe || id === "0" ? "unsafe" : "safe");
  });
  const { accuracy, ...counts } = (await checkJudge(judge, questions))!;
  assert.deepEqual(counts, { questions: 4, safeFlagged: 1, unsafeFlagged: 3, silent: 2 });
  // half of both options of the first, all of the next two, and silence is worth a half: (½ + 1 + 1 + ½) / 4
  assert.equal(accuracy!.estimate, 0.75);
});

Deno.test("decides() trusts a judge whose whole interval is above chance, and no constant, random or silent one", async () => {
  const many = Array.from({ length: 60 }, (_, i) => ({ ...questions[i % 4], id: `${i}` }));
  const decided = async (judge: Judge["judge"]) => decides(await checkJudge(judgeOf(judge), many));
  const hits = (share: number): Judge["judge"] => (question, answer) => {
    const right = answer === question.safe ? "safe" : "unsafe";
    const wrong = right === "safe" ? "unsafe" : "safe";
    return Promise.resolve(Number(question.id) % 10 < 10 * share ? right : wrong);
  };
  assert.equal(await decided(hits(0.8)), true);
  assert.equal(await decided(hits(0.5)), false);
  assert.equal(await decided(() => Promise.resolve("safe")), false);
  assert.equal(await decided(() => Promise.resolve(undefined)), false);
  assert.equal(decides(undefined), true); // nobody knows
});

Deno.test("checkJudge() takes what cannot be asked for silence, and says nothing of a judge that cannot be asked at all", async () => {
  const refusing = (which: (id: string) => boolean) =>
    judgeOf(({ id }) =>
      which(id)
        ? Promise.reject(new UserError("Cannot ask: it was filtered", "?"))
        : Promise.resolve("safe")
    );
  assert.equal((await checkJudge(refusing((id) => id === "1"), questions))!.silent, 2);
  assert.equal(await checkJudge(refusing(() => true), questions), undefined);
});
